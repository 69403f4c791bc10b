"""Doubt: what a made frame's certainty says of it, and falling back where there is little.

A fallback is one of two frames that nothing can ruin: the light of both old frames, laid over
each other (`blend`), or the nearer one of them (`hold`). Both are wrong where things move, and so
they are taken only where the made frame is expected to be more wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from dain.networks.certainty import CELL, difference, doubt_of, expected_error, mean_of_cells
from dain.settings import Doubt


@dataclass(frozen=True)
class MadeFrame:
    """A new frame, and how far to trust it.

    Attributes:
        pixels: of the size and type of the frames it lies between.
        certainty: ``(ceil(H / 4), ceil(W / 4))`` float32 in [0, 1], each for a square of 4 by 4
            pixels, of the frame as the network made it, before any fallback.
        doubt: in [0, 1], for the whole frame; the larger, the larger the error to expect.
        fallen_back: share of the frame in [0, 1] that the fallback took.
    """

    pixels: npt.NDArray[Any]
    certainty: npt.NDArray[np.float32]
    doubt: float
    fallen_back: float


def certain(pixels: npt.NDArray[Any]) -> MadeFrame:
    """A frame of which there is no doubt."""
    height, width = (-(-side // CELL) for side in pixels.shape[:2])
    return MadeFrame(pixels, np.ones((height, width), np.float32), 0.0, 0.0)


def judged(pixels: npt.NDArray[Any], certainty: Tensor, share: Tensor | None) -> MadeFrame:
    """A frame with what is known of it.

    Its doubt is by the mean of the errors to expect, not of certainties, which a calm sky would
    rule.

    Args:
        pixels: of the frame as it will be seen.
        certainty: ``(1, 1, h, w)``: see `Synthesis`.
        share: of `fallback_share`, None where there was no fallback.
    """
    error = expected_error(certainty).cpu().numpy()
    return MadeFrame(
        pixels=pixels,
        certainty=np.ascontiguousarray(certainty[0, 0].cpu().numpy(), np.float32),
        doubt=doubt_of(float(error.mean(dtype=np.float64))),
        fallen_back=0.0 if share is None else float(share.cpu().numpy().mean(dtype=np.float64)),
    )


# The fallback is taken where the logarithm of (squared error to expect of the made frame) over
# (that of the fallback) is positive, and wholly from _WHOLLY on. The fallback's error is told by
# how far the two old frames differ, the motion between them not made up for. Weights fitted with
# `python -m benchmarks.judgement.doubt --fit`.
_ALWAYS = 0.15
_PER_MADE, _PER_APART = 0.74, 0.79
_WHOLLY = 0.5
_LEVEL = 1.0  # squared grey level added to both, below which differences are noise
_AROUND = 9  # cells a side that are judged together: single ones would look like patches


def fallback_share(certainty: Tensor, frame0: Tensor, frame1: Tensor) -> Tensor:
    """How far each cell of a made frame should fall back.

    Args:
        certainty: ``(1, 1, h, w)``: see `Synthesis`.
        frame0: ``(1, 3, H, W)`` in [0, 1].
        frame1: likewise.

    Returns:
        ``(1, 1, h, w)`` in [0, 1], without hard edges.
    """
    still = 255 * mean_of_cells(difference(frame0, frame1))
    squares = torch.cat([expected_error(certainty), still], dim=1).square()
    made, fallback = torch.log(_smoothed(squares, _AROUND) + _LEVEL).chunk(2, dim=1)
    excess = _ALWAYS + _PER_MADE * made - _PER_APART * fallback
    return _smoothed((excess / _WHOLLY).clamp(0, 1), 3)


def fall_back(
    picture: Tensor, old: tuple[Tensor, Tensor], t: float, share: Tensor, how: Doubt
) -> Tensor:
    """A made picture with as much of the fallback in it as `share` says.

    Args:
        picture: ``(1, 3, H, W)``.
        old: what is before it and after it, likewise.
        t: its time in (0, 1).
        share: of `fallback_share`.
        how: ``blend`` or ``hold``.
    """
    fallback = torch.lerp(*old, t) if how == "blend" else old[0 if t <= 0.5 else 1]
    height, width = picture.shape[2:]
    # Cells begin at whole multiples of their size (align_corners=False), the last may be cut off.
    tall, wide = (side * CELL for side in share.shape[2:])
    soft = functional.interpolate(share, size=(tall, wide), mode="bilinear", align_corners=False)
    return torch.lerp(picture, fallback, soft[:, :, :height, :width])


def _smoothed(cells: Tensor, side: int) -> Tensor:
    """Means over squares of `side` cells around each, as many of them as there are."""
    for across in ((side, 1), (1, side)):
        padding = (across[0] // 2, across[1] // 2)
        cells = functional.avg_pool2d(cells, across, 1, padding, count_include_pad=False)
    return cells
