"""Layers that several of the networks are made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dain.ops.layouts import layout_of


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


def side_by_side(parts: Sequence[Tensor], like: Tensor) -> Tensor:
    """All channels in one tensor, in the type and memory layout of `like`.

    `torch.cat` takes several times as long where the layouts of its parts differ.

    Args:
        parts: each ``(B, C, H, W)``.
        like: any tensor that has the type and layout wanted.
    """
    if torch.is_grad_enabled():  # writing into slices makes slow gradients
        layout = layout_of(like)
        return torch.cat([p.to(like.dtype).contiguous(memory_format=layout) for p in parts], dim=1)
    batch, _, height, width = parts[0].shape
    joined = empty_like(like, (batch, sum(part.shape[1] for part in parts), height, width))
    start = 0
    for part in parts:
        joined[:, start : start + part.shape[1]] = part
        start += part.shape[1]
    return joined


def empty_like(like: Tensor, shape: tuple[int, int, int, int]) -> Tensor:
    """An unset tensor of another shape, with the type, device and memory layout of `like`."""
    return torch.empty(
        shape,
        dtype=like.dtype,
        device=like.device,
        memory_format=layout_of(like),
    )
