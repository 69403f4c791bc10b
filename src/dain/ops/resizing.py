"""Resizing of flow fields."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def resize_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """Resize a flow and scale its vectors to the pixels of the new size.

    Convention: bilinear, ``align_corners=False``: a flow field covers its picture's area, and
    pictures are reduced by area, so cell edges (not centres) of both sizes coincide.

    Args:
        flow: ``(B, 2, h, w)`` in pixels of its own size.
        height: new height.
        width: new width.

    Returns:
        ``(B, 2, height, width)`` in pixels of the new size.
    """
    old_height, old_width = flow.shape[2:]
    if (old_height, old_width) == (height, width):
        return flow
    resized = functional.interpolate(
        flow, size=(height, width), mode="bilinear", align_corners=False
    )
    factors = flow.new_tensor([width / old_width, height / old_height])
    return resized * factors.view(1, 2, 1, 1)
