"""Padding to the sizes that a network can take, and back."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def pad(picture: Tensor, multiple: int) -> Tensor:
    """Repeat the last column and row until both sides are multiples of `multiple`.

    Args:
        picture: ``(B, C, H, W)``, any size from 1x1.
        multiple: of the sides of the result.

    Returns:
        The picture at the top left of a larger one, or itself where it fits already.
    """
    height, width = picture.shape[2:]
    below, right = -height % multiple, -width % multiple
    if not below and not right:
        return picture
    return functional.pad(picture, (0, right, 0, below), mode="replicate")


def crop(picture: Tensor, height: int, width: int) -> Tensor:
    """The top left ``height`` x ``width`` of ``(B, C, H, W)``: what `pad` was given."""
    return picture[:, :, :height, :width]
