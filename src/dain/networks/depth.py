"""Depth of a single frame: the hourglass network of MegaDepth.

Li and Snavely, CVPR 2018, with the architecture of Chen et al., NIPS 2016, section 4: inception
modules at five sizes, each size pooled from the one above, and added back to it beside a skip
branch.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


def _convolve(inputs: int, outputs: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, padding=size // 2),
        nn.BatchNorm2d(outputs, affine=False),
        nn.ReLU(inplace=True),
    )


class Inception(nn.Module):
    """Four branches of equal width side by side: 1x1, and three of a 1x1 and a wider one."""

    def __init__(self, inputs: int, outputs: int, middle: int, sizes: Sequence[int]) -> None:
        """Make a module.

        Args:
            inputs: channels in.
            outputs: channels out, a quarter from each branch.
            middle: channels within the wider branches.
            sizes: of the kernels of the wider branches.
        """
        super().__init__()
        self.point = _convolve(inputs, outputs // 4, 1)
        self.wide = nn.ModuleList(
            nn.Sequential(_convolve(inputs, middle, 1), _convolve(middle, outputs // 4, size))
            for size in sizes
        )

    def forward(self, features: Tensor) -> Tensor:
        """``(B, inputs, H, W)`` to ``(B, outputs, H, W)``."""
        return torch.cat([self.point(features), *(wide(features) for wide in self.wide)], dim=1)


class Hourglass(nn.Module):
    """One size of the hourglass: a skip branch, and all that happens at half the size."""

    def __init__(self, *, pool: nn.Module, skip: nn.Module, pooled: nn.Module) -> None:
        """Join the branches.

        Args:
            pool: halves the size.
            skip: at this size.
            pooled: at half this size, to as many channels; may hold the next hourglass.
        """
        super().__init__()
        self.pool = pool
        self.skip = skip
        self.pooled = pooled

    def forward(self, features: Tensor) -> Tensor:
        """``(B, C, H, W)``, sides even, to ``(B, D, H, W)``."""
        half = self.pooled(self.pool(features))
        grown = functional.interpolate(half, scale_factor=2, mode="nearest")
        return grown.add_(self.skip(features))


_NARROW, _BROAD = (3, 5, 7), (3, 7, 11)


def megadepth_hourglass() -> Hourglass:
    """The five sizes of MegaDepth's hourglass, built from the smallest: 128 channels to 64.

    The two larger sizes are pooled by maximum, the two smaller by mean, as published.
    """

    def wide(middle: int = 32, sizes: Sequence[int] = _NARROW) -> Inception:
        return Inception(256, 256, middle, sizes)

    sixteenth = Hourglass(
        pool=nn.AvgPool2d(2),
        skip=nn.Sequential(wide(), wide()),
        pooled=nn.Sequential(wide(), wide(), wide()),
    )
    eighth = Hourglass(
        pool=nn.AvgPool2d(2),
        skip=nn.Sequential(wide(), wide(64, _BROAD)),
        pooled=nn.Sequential(wide(), wide(), sixteenth, wide(), wide(64, _BROAD)),
    )
    quarter = Hourglass(
        pool=nn.MaxPool2d(2),
        skip=nn.Sequential(Inception(128, 128, 32, _NARROW), Inception(128, 128, 64, _BROAD)),
        pooled=nn.Sequential(
            Inception(128, 128, 32, _NARROW),
            Inception(128, 256, 32, _NARROW),
            eighth,
            wide(),
            Inception(256, 128, 32, _NARROW),
        ),
    )
    return Hourglass(
        pool=nn.MaxPool2d(2),
        skip=nn.Sequential(Inception(128, 64, 64, _BROAD)),
        pooled=nn.Sequential(
            Inception(128, 128, 32, _NARROW),
            Inception(128, 128, 32, _NARROW),
            quarter,
            Inception(128, 128, 64, _NARROW),
            Inception(128, 64, 32, _BROAD),
        ),
    )


class DepthNetwork(nn.Module):
    """Log depth of a frame.

    Attributes:
        multiple: sides of the input must be multiples of this.
    """

    multiple = 16

    def __init__(self, *, hourglass: Hourglass | None = None) -> None:
        """Make the network.

        Args:
            hourglass: 128 channels to 64; MegaDepth's if None.
        """
        super().__init__()
        self.enter = nn.Sequential(
            nn.Conv2d(3, 128, 7, padding=3), nn.BatchNorm2d(128), nn.ReLU(inplace=True)
        )
        self.hourglass = megadepth_hourglass() if hourglass is None else hourglass
        self.leave = nn.Conv2d(64, 1, 3, padding=1)

    def forward(self, frame: Tensor) -> Tensor:
        """``(B, 3, H, W)`` in [0, 1] to log depth ``(B, 1, H, W)``; larger is farther."""
        log_depth: Tensor = self.leave(self.hourglass(self.enter(frame)))
        return log_depth

    def fold(self) -> None:
        """Fold the normalisations into the convolutions before them, for evaluation only."""
        for block in self.modules():
            if not isinstance(block, nn.Sequential) or len(block) != 3:
                continue
            convolution, norm, _ = block
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                block[0] = fuse_conv_bn_eval(convolution, norm)
                block[1] = nn.Identity()
