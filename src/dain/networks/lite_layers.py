"""The learned parts of `dain-lite`: three small networks of 3x3 convolutions.

The last layer of `MotionRefiner` and of `FrameRefiner` starts at zero, so that the untrained
network is the classical method to which they add.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from dain.networks.layers import dtype_of, side_by_side

_HALF, _QUARTER = 24, 32  # channels of a frame's features at these sizes
_SLOPE = 0.1  # of the leaky rectifiers
_FLOW_UNIT = 16.0  # pixels; flows are given to layers in this unit


class Pyramid(NamedTuple):
    """Features of a frame.

    Attributes:
        half: ``(B, 24, H / 2, W / 2)``.
        quarter: ``(B, 32, H / 4, W / 4)``.
    """

    half: Tensor
    quarter: Tensor


class Residuals(NamedTuple):
    """What `FrameRefiner` adds to the classical frame, at full size.

    Attributes:
        flow: ``(B, 4, H, W)``, pixels: x and y to frame 0, x and y to frame 1.
        share: ``(B, 1, H, W)``, on the logit of frame 0's share of the blend.
        colour: ``(B, 3, H, W)``, on the blended frame.
    """

    flow: Tensor
    share: Tensor
    colour: Tensor


class _Layer(nn.Sequential):
    """A 3x3 convolution and a leaky rectifier.

    Attributes:
        fused: compute both in one go, on a CPU and without gradients.
    """

    fused = False

    def __init__(self, channels: int, wanted: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(channels, wanted, 3, stride=stride, padding=1)
        # He et al., ICCV 2015: features keep their size from layer to layer. PyTorch's own start
        # shrinks them until biases are all that is left, and learning takes long to begin.
        nn.init.kaiming_normal_(convolution.weight, a=_SLOPE)
        super().__init__(_without_bias(convolution), nn.LeakyReLU(_SLOPE, inplace=True))

    def forward(self, features: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, wanted, H / stride, W / stride)``."""
        if not (self.fused and features.device.type == "cpu"):
            plain: Tensor = self[1](self[0](features))
            return plain
        layer = self[0]
        fused: Tensor = torch.ops.mkldnn._convolution_pointwise(
            features,
            layer.weight,
            layer.bias,
            layer.padding,
            layer.stride,
            layer.dilation,
            layer.groups,
            "leaky_relu",
            [_SLOPE],
            "",
        )
        return fused


def fuse(network: nn.Module) -> None:
    """Let convolutions rectify what they make, where this PyTorch can; not for training."""
    for layer in network.modules():
        if isinstance(layer, _Layer):
            layer.fused = _can_fuse(dtype_of(layer))


def _can_fuse(dtype: torch.dtype) -> bool:
    """Whether oneDNN is there and, as it refuses what plain layers emulate, takes this type."""
    ask = {
        torch.float32: "_convolution_pointwise",
        torch.bfloat16: "_is_mkldnn_bf16_supported",
        torch.float16: "_is_mkldnn_fp16_supported",
    }.get(dtype)
    if ask is None or not hasattr(torch.ops.mkldnn, ask):
        return False
    return dtype == torch.float32 or bool(getattr(torch.ops.mkldnn, ask)())


def _nothing_at_first(channels: int, wanted: int) -> nn.Conv2d:
    head = nn.Conv2d(channels, wanted, 3, padding=1)
    nn.init.zeros_(head.weight)
    return _without_bias(head)


def _without_bias(convolution: nn.Conv2d) -> nn.Conv2d:
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    return convolution


def _enlarge(features: Tensor) -> Tensor:
    # Whole factors of two: cell edges coincide (align_corners=False).
    return functional.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


class FrameEncoder(nn.Module):
    """Features of one frame."""

    def __init__(self) -> None:
        super().__init__()
        self.at_half = nn.Sequential(_Layer(12, _HALF), _Layer(_HALF, _HALF))
        self.at_quarter = nn.Sequential(_Layer(_HALF, _QUARTER, 2), _Layer(_QUARTER, _QUARTER))

    def forward(self, frame: Tensor) -> Pyramid:
        """``(B, 3, H, W)``, H and W multiples of 4, to its features."""
        cells = functional.pixel_unshuffle(frame - 0.5, 2)
        half = self.at_half(cells.to(dtype_of(self), memory_format=torch.channels_last))
        return Pyramid(half, self.at_quarter(half))


class MotionRefiner(nn.Module):
    """Corrects a flow, and says which of its pixels are nearer: a U-Net at a quarter's size."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(_Layer(2 * _QUARTER + 3, 48), _Layer(48, 48))
        self.eighth = nn.Sequential(_Layer(48, 64, 2), _Layer(64, 64))
        self.sixteenth = nn.Sequential(_Layer(64, 64, 2), _Layer(64, 64))
        self.rise_eighth = _Layer(64, 64)
        self.rise_quarter = _Layer(64, 48)
        self.leave = _Layer(48, 48)
        self.head = _nothing_at_first(48, 12)

    def forward(
        self, features: Tensor, arrived: Tensor, flow: Tensor, confidence: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Look at a flow and at what it leads to.

        Args:
            features: ``(B, 32, h, w)``, where the flow starts; h and w multiples of 4.
            arrived: likewise, where it leads, looked up through it.
            flow: ``(B, 2, h, w)``, in pixels of this size.
            confidence: ``(B, 1, h, w)``, in it, as a logarithm.

        Returns:
            What to add to the flow, ``(B, 2, 2h, 2w)`` in pixels of that size, and the
            logarithm of a weight that is larger for nearer pixels, ``(B, 1, 2h, 2w)``.
        """
        quarter = self.enter(
            side_by_side([features, arrived, flow / _FLOW_UNIT, confidence], like=features)
        )
        eighth = self.eighth(quarter)
        deepest = self.sixteenth(eighth)
        eighth = eighth + _enlarge(self.rise_eighth(deepest))
        quarter = quarter + _enlarge(self.rise_quarter(eighth))
        found = functional.pixel_shuffle(self.head(self.leave(quarter)).float(), 2)
        return found[:, :2], found[:, 2:]


class FrameRefiner(nn.Module):
    """Corrects the new frame's flows, blend and colours: a U-Net from half the size down."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = _Layer(2 * _HALF + 9, 32)
        self.down = _Layer(32, 64, 2)
        self.quarter = nn.Sequential(_Layer(64 + 2 * _QUARTER, 64), _Layer(64, 64))
        self.eighth = nn.Sequential(_Layer(64, 96, 2), _Layer(96, 96), _Layer(96, 96))
        self.rise_quarter = _Layer(96, 64)
        self.merge_quarter = _Layer(64, 64)
        self.rise_half = _Layer(64, 32)
        self.leave = _Layer(32, 32)
        self.head = _nothing_at_first(32, 32)

    def forward(self, seen0: Pyramid, seen1: Pyramid, geometry: Sequence[Tensor]) -> Residuals:
        """Look at everything that was brought to the new frame.

        Args:
            seen0: features of frame 0 as the new frame sees them; their sides are multiples
                of 8 at half size.
            seen1: likewise, of frame 1.
            geometry: at half size, 9 channels in all: flows from the new frame to frames 0 and
                1 in pixels (2 each), how well it sees them (2 each), and the time (1).
        """
        flows = [flow / _FLOW_UNIT for flow in geometry[:2]]
        half = self.enter(
            side_by_side([seen0.half, seen1.half, *flows, *geometry[2:]], like=seen0.half)
        )
        quarter = self.quarter(
            side_by_side([self.down(half), seen0.quarter, seen1.quarter], like=seen0.half)
        )
        eighth = self.eighth(quarter)
        quarter = self.merge_quarter(quarter + _enlarge(self.rise_quarter(eighth)))
        half = self.leave(half + _enlarge(self.rise_half(quarter)))
        found = functional.pixel_shuffle(self.head(half).float(), 2)
        return Residuals(found[:, :4], found[:, 4:5], found[:, 5:])
