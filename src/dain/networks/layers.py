"""Layers that several of the networks are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions without bias, added to their input, then rectified.

    He et al., CVPR 2016, section 3.3, without normalisation.
    """

    def __init__(self, channels: int, *, dilation: int = 1) -> None:
        """Make a block.

        Args:
            channels: in and out.
            dilation: of the first convolution; the second has none.
        """
        super().__init__()
        self.first = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.rectify = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """``(B, C, H, W)`` to the same."""
        changed: Tensor = self.second(self.rectify(self.first(features)))
        rectified: Tensor = self.rectify(changed.add_(features))
        return rectified


def dtype_of(network: nn.Module) -> torch.dtype:
    """The type that the first layer of `network` takes."""
    return next(network.parameters()).dtype
