"""Optical flow: PWC-Net with dense decoders and a dilated context network.

Sun et al., CVPR 2018: a feature pyramid (section 3), and from coarse to fine at each level a
warp by the flow so far, a cost volume, and a densely connected decoder; the context network
refines the last one. Flows inside are in units of 20 pixels of the input.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dain.ops import Backend, correlation

UNIT = 20.0  # pixels of the input for each 1 in a raw flow, "div_flow" in the published code

_PYRAMID = (16, 32, 64, 96, 128, 196)  # channels at 1/2, 1/4, ... 1/64
_DENSE = (128, 128, 96, 64, 32)
_DISPLACEMENT = 4
_COSTS = (2 * _DISPLACEMENT + 1) ** 2
_CONTEXT = ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1))  # channels and dilations
_COVERED = 0.9999  # bilinear weight that must lie on the picture, as published


def _convolve(inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=dilation, dilation=dilation),
        nn.LeakyReLU(0.1, inplace=True),
    )


class FeaturePyramid(nn.Module):
    """Features of one frame at 1/2 to 1/64 of its size."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, *_PYRAMID)
        self.levels = nn.ModuleList(
            nn.Sequential(_convolve(a, b, stride=2), _convolve(b, b), _convolve(b, b))
            for a, b in pairwise(widths)
        )

    def forward(self, frame: Tensor) -> tuple[Tensor, ...]:
        """``(B, 3, H, W)`` in [0, 1], sides multiples of 64, to the features at 1/4 to 1/64."""
        features = []
        for level in self.levels:
            frame = level(frame)
            features.append(frame)
        return tuple(features[1:])  # flow is found down to 1/4


class Estimate(NamedTuple):
    """What a decoder hands on.

    Attributes:
        flow: ``(B, 2, h, w)`` float32, units of 20 pixels.
        features: ``(B, C, h, w)``, what the flow was read from.
    """

    flow: Tensor
    features: Tensor


class FlowDecoder(nn.Module):
    """Flow at one level, from a cost volume and from what the coarser level found.

    Attributes:
        backend: of the cost volume. The reference sums in the order of the published network, on
            which the last bits of flow depend.
        predict: reads the flow from the features.
    """

    backend: Backend = "reference"

    def __init__(self, level: int, *, upsamples_features: bool = True) -> None:
        """Make the decoder of a level.

        Args:
            level: 2 for 1/4 of the size to 6 for 1/64.
            upsamples_features: whether a finer level follows.
        """
        super().__init__()
        channels = _COSTS if level == 6 else _COSTS + _PYRAMID[level - 1] + 4
        dense = []
        for width in _DENSE:
            dense.append(_convolve(channels, width))
            channels += width
        self.channels = channels
        self.level = level
        self.dense = nn.ModuleList(dense)
        self.predict = nn.Conv2d(channels, 2, 3, padding=1)
        # The finest level has the first of these in the published weights too, and no use for it.
        self.upsample_flow = nn.ConvTranspose2d(2, 2, 4, 2, 1)
        self.upsample_features = (
            nn.ConvTranspose2d(channels, 2, 4, 2, 1) if upsamples_features else None
        )

    def __call__(self, first: Tensor, second: Tensor, coarse: Tensor | None) -> Estimate:
        """See `forward`."""
        estimate: Estimate = super().__call__(first, second, coarse)
        return estimate

    def forward(self, first: Tensor, second: Tensor, coarse: Tensor | None) -> Estimate:
        """Flow from `first` to `second`.

        Args:
            first: ``(B, C, h, w)`` features of the frame that flow starts on.
            second: those of the other.
            coarse: ``(B, 4, h, w)`` float32, the coarser level's flow and features upsampled.
        """
        parts = []
        if coarse is not None:
            # Raw flow is in units of the input's pixels; this level's are 2**level times as large.
            second = _warp(second, coarse[:, :2] * (UNIT / 2**self.level))
            parts = [first, coarse.to(first.dtype)]
        costs = correlation(first, second, displacement=_DISPLACEMENT, backend=self.backend)
        features = torch.cat([functional.leaky_relu(costs, 0.1), *parts], dim=1)
        for layer in self.dense:
            features = torch.cat([layer(features), features], dim=1)
        return Estimate(self.predict(features.to(self.predict.weight.dtype)), features)

    def upsample(self, estimate: Estimate) -> Tensor:
        """Flow and two channels of features for the next finer level, in float32."""
        if self.upsample_features is None:
            raise RuntimeError("the finest level has nothing to upsample for")
        features = self.upsample_features(estimate.features).to(estimate.flow.dtype)
        return torch.cat([self.upsample_flow(estimate.flow), features], dim=1)


def _warp(features: Tensor, flow: Tensor) -> Tensor:
    """Look up where `flow` points; 0 where that is not on the picture.

    By `grid_sample` and its unit coordinates, with ``align_corners=True``, as trained: a flow that
    differs in its last bits is splatted to other pixels.
    """
    height, width = features.shape[2:]
    x = torch.arange(width, device=flow.device).view(1, 1, width) + flow[:, 0]
    y = torch.arange(height, device=flow.device).view(1, height, 1) + flow[:, 1]
    grid = torch.stack([2 * x / max(width - 1, 1) - 1, 2 * y / max(height - 1, 1) - 1], dim=3)
    warped = functional.grid_sample(features.to(flow.dtype), grid, align_corners=True)
    covered = _coverage(x, width) * _coverage(y, height) >= _COVERED
    return torch.where(covered[:, None], warped, 0.0).to(features.dtype)


def _coverage(place: Tensor, length: int) -> Tensor:
    """Share of a bilinear lookup that lies on ``0 ... length - 1``, along one axis."""
    outside = (-place).clamp(min=0) + (place - (length - 1)).clamp(min=0)
    return 1 - outside


class FlowNetwork(nn.Module):
    """Flow at a quarter of the size, in units of 20 pixels.

    Attributes:
        multiple: sides of the input must be multiples of this.
        pyramid: features of a frame, once per frame.
    """

    multiple = 2 ** len(_PYRAMID)

    def __init__(self) -> None:
        super().__init__()
        self.pyramid = FeaturePyramid()
        decoders = [FlowDecoder(level, upsamples_features=level > 2) for level in (6, 5, 4, 3, 2)]
        self.decoders = nn.ModuleList(decoders)
        layers: list[nn.Module] = []
        channels = decoders[-1].channels
        for width, dilation in _CONTEXT:
            layers.append(_convolve(channels, width, dilation=dilation))
            channels = width
        self.context = nn.Sequential(*layers)
        self.refine = nn.Conv2d(channels, 2, 3, padding=1)
        self._batched = False

    def forward(self, first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> Tensor:
        """Flow from one frame to the other.

        Args:
            first: the pyramid of the frame that flow starts on, finest first.
            second: that of the other.

        Returns:
            ``(B, 2, H/4, W/4)`` float32, in units of 20 pixels of the input.
        """
        coarse: Tensor | None = None
        for decoder, one, other in zip(
            self._decoders(), reversed(first), reversed(second), strict=True
        ):
            estimate = decoder(one, other, coarse)
            if decoder.upsample_features is not None:
                coarse = decoder.upsample(estimate)
        context = self.context(estimate.features)
        refined: Tensor = estimate.flow + self.refine(context.to(self.refine.weight.dtype))
        return refined

    def both(
        self, features0: tuple[Tensor, ...], features1: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Flow from frame 0 to frame 1, and back; see `forward`.

        As one batch once prepared, else one after the other: a batch changes last bits.
        """
        if not self._batched:
            return self(features0, features1), self(features1, features0)
        levels = list(zip(features0, features1, strict=True))
        flow = self(
            tuple(torch.cat([zero, one]) for zero, one in levels),
            tuple(torch.cat([one, zero]) for zero, one in levels),
        )
        batch = features0[0].shape[0]
        return flow[:batch], flow[batch:]

    def prepare(self, dtype: torch.dtype) -> None:
        """Convert the layers, but for those that make flows, and take the fast kernels."""
        self._batched = True
        self.to(dtype)
        self.refine.to(torch.float32)
        for decoder in self._decoders():
            decoder.backend = "auto"
            decoder.predict.to(torch.float32)
            decoder.upsample_flow.to(torch.float32)

    def _decoders(self) -> list[FlowDecoder]:
        return [decoder for decoder in self.decoders if isinstance(decoder, FlowDecoder)]
