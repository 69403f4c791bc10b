"""What `dain-lite` knows without learning: a flow prior, how far to trust it, what is seen."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dain.ops import ClassicalFlow, backward_warp, resize_flow

# Above this many pixels flow is searched on frames of two thirds of the size. Measured on the
# DAVIS triplets: half the size costs 0.04 dB, the whole one more than twice the work for nothing.
_FULL_SEARCH_PIXELS = 200_000
_USUAL_SEARCH = Fraction(2, 3)

# Confidence is exp(-(a * photometric error in grey levels of 255 + b * forward-backward error
# in pixels)). Chosen on the DAVIS triplets; the result moves by less than 0.03 dB for values
# twice or half as large.
_PER_GREY_LEVEL = 0.03
_PER_PIXEL = 0.1
_WORST_DISAGREEMENT = 20.0  # pixels; beyond it all disagreements are alike

_LEAST_VISIBILITY = 0.05  # of a pixel that was covered in one frame
_OUTSIDE = 0.01  # factor on the visibility of a pixel that lies outside one frame


def search_size(height: int, width: int, scale: Fraction | None = None) -> tuple[int, int]:
    """Size at which flow is searched for a frame of this size.

    Args:
        height: of the frame.
        width: of the frame.
        scale: share of its sides; None to go by how large it is.
    """
    if scale is None:
        scale = _USUAL_SEARCH if height * width > _FULL_SEARCH_PIXELS else Fraction(1)
    return math.ceil(height * scale), math.ceil(width * scale)


def search_both(
    flow: ClassicalFlow,
    grey0: npt.NDArray[np.uint8],
    grey1: npt.NDArray[np.uint8],
    size: tuple[int, int],
    device: torch.device,
) -> Tensor:
    """Flow between grey pictures.

    Args:
        flow: searches it.
        grey0: ``(B, h, w)``.
        grey1: likewise.
        size: height and width of the result.
        device: of the result.

    Returns:
        ``(2 * B, 2, *size)`` in pixels of that size: all F01, then all F10.
    """
    found = [flow.both(one, two) for one, two in zip(grey0, grey1, strict=True)]
    both = np.stack([pair[k] for k in range(2) for pair in found])
    flows = torch.from_numpy(both).permute(0, 3, 1, 2).contiguous().to(device)
    return resize_flow(flows, *size)


def log_confidence(flow: Tensor, luma: Tensor) -> Tensor:
    """How far each pixel of `flow` can be trusted: colours and the way back should agree.

    Args:
        flow: ``(2 * B, 2, h, w)``, both directions: see `search_both`.
        luma: ``(2 * B, 1, h, w)``, 0 to 1, of the pictures on which they start.

    Returns:
        ``(2 * B, 1, h, w)``, at most 0, where both agree wholly.
    """
    back, arrival = flow.roll(len(flow) // 2, 0), luma.roll(len(luma) // 2, 0)
    arrived = backward_warp(torch.cat([arrival, back], dim=1), flow)
    photometric = 255 * (luma - arrived[:, :1]).abs()
    gap = flow + arrived[:, 1:]
    disagreement = (gap.square().sum(1, keepdim=True) + 1e-6).sqrt()
    return -(
        _PER_GREY_LEVEL * photometric + _PER_PIXEL * disagreement.clamp(max=_WORST_DISAGREEMENT)
    )


def visibility(flow: Tensor, seen: Tensor) -> Tensor:
    """How well a pixel of the new frame is seen on a source frame.

    Args:
        flow: ``(B, 2, h, w)`` from the new frame back to the source.
        seen: ``(B, 1, h, w)``, the confidence found there, 0 where nothing led.

    Returns:
        ``(B, 1, h, w)``, above 0.
    """
    return (seen + _LEAST_VISIBILITY) * torch.where(_inside(flow), 1.0, _OUTSIDE)


def _inside(flow: Tensor) -> Tensor:
    """Whether ``p + flow(p)`` lies on the picture, by more than half a pixel: ``(B, 1, h, w)``."""
    height, width = flow.shape[2:]
    x = torch.arange(width, device=flow.device).view(1, 1, width) + flow[:, 0]
    y = torch.arange(height, device=flow.device).view(1, height, 1) + flow[:, 1]
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return inside[:, None]
