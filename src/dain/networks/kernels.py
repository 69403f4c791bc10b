"""Interpolation kernels: 4x4 weights for every pixel of either frame.

Bao et al., CVPR 2019, section 3.3: a U-Net over both frames with bilinear upsampling and added
skip connections, and one head per frame (the encoder-decoder of Bao et al., MEMC-Net, TPAMI 2019).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from dain.networks.layers import dtype_of

_WIDTHS = (32, 64, 128, 256, 512)  # at full size, then halved four times


def _convolve(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True))


class Head(nn.Sequential):
    """Layers that end in kernels; the last may be of a more exact type than the others."""

    def forward(self, features: Tensor) -> Tensor:
        """``(B, 16, H, W)`` to the same, in the type of the last layer."""
        *others, last = self
        for layer in others:
            features = layer(features)
        kernels: Tensor = last(features.to(dtype_of(last)))
        return kernels


class KernelNetwork(nn.Module):
    """A shared encoder-decoder, and a head for the kernels of each frame.

    Attributes:
        multiple: sides of the input must be multiples of this.
        reach: how many pixels away a result can depend on its input, in whole multiples.
        heads: the last layers, for frame 0 and frame 1.
    """

    multiple = 2 ** len(_WIDTHS)
    # A pixel at each size for every convolution, and one of the smaller size for upsampling.
    reach = 5 * multiple

    def __init__(self) -> None:
        super().__init__()
        widths = (16, *_WIDTHS)
        self.enter = _convolve(6, 16)
        self.down = nn.ModuleList(_convolve(a, b) for a, b in pairwise(widths))
        self.bottom = _convolve(512, 512)
        self.up = nn.ModuleList(_convolve(b, a) for a, b in reversed(list(pairwise(widths))))
        self.heads = nn.ModuleList(
            Head(*_convolve(16, 16), nn.Conv2d(16, 16, 3, padding=1)) for _ in range(2)
        )

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Kernels of both frames.

        Args:
            frames: ``(B, 6, H, W)``, frame 0 and frame 1 in [0, 1].

        Returns:
            Twice ``(B, 16, H, W)``; channel ``4 * row + column`` of the 4x4 window.
        """
        features = self.enter(frames)
        skipped = []
        for layer in self.down:
            features = layer(features)
            skipped.append(features)
            features = functional.max_pool2d(features, 2)
        features = self.bottom(features)
        for layer in self.up:
            # Trained so: nn.Upsample's align_corners=False.
            features = functional.interpolate(
                features, scale_factor=2, mode="bilinear", align_corners=False
            )
            features = layer(features.add_(skipped.pop()))
        first, second = (head(features) for head in self.heads)
        return first, second

    def prepare(self, dtype: torch.dtype) -> None:
        """Convert the layers, but for those that make kernels."""
        self.to(dtype)
        for head in self.heads:
            if isinstance(head, Head):
                head[2].to(torch.float32)
