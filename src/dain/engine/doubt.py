"""Doubt: what a made frame's certainty says of it, and falling back where there is little.

A fallback is one of two frames that nothing can ruin: the light of both old frames, laid over
each other (`blend`), or the nearer one of them (`hold`). Both are wrong where things move, and so
they are taken only where the made frame is expected to be more wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from dain.engine.octaves import spread
from dain.networks.certainty import (
    CELL,
    difference_in_cells,
    doubt_of,
    expected_error,
    mean_of_cells,
)
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

    Args:
        pixels: of the frame as it will be seen.
        certainty: ``(1, 1, h, w)``: see `Synthesis`.
        share: of `fallback_share`, None where there was no fallback.
    """
    return MadeFrame(
        pixels=pixels,
        certainty=np.ascontiguousarray(certainty[0, 0].cpu().numpy(), np.float32),
        doubt=doubt_of_frame(certainty),
        fallen_back=0.0 if share is None else float(share.cpu().numpy().mean(dtype=np.float64)),
    )


def doubt_of_frame(certainty: Tensor) -> float:
    """The doubt in a whole frame, in [0, 1].

    By the mean of the errors to expect, not of certainties, which a calm sky would rule.

    Args:
        certainty: ``(1, 1, h, w)``: see `Synthesis`.
    """
    return doubt_of(float(expected_error(certainty).cpu().numpy().mean(dtype=np.float64)))


class _Odds(NamedTuple):
    """Logarithm of the made frame's squared error over the fallback's, as one may expect it.

    A sum: a constant, and shares of the logarithms of what tells of either. That of the made
    frame is its expected error; that of the fallback is how far both old frames differ, the
    motion between them not made up for.
    """

    always: float
    made: float
    differ: float


# Fitted with `python -m benchmarks.judgement.doubt --fit`.
_ODDS = {"blend": _Odds(0.29, 0.64, 0.74), "hold": _Odds(0.04, 0.70, 0.78)}
# From the first odds on the fallback is taken, and wholly from the second. At odds of 0 either is
# as likely to be nearer the truth; to begin there costs one of 42 clips 0.05 dB, here 0.02 dB.
_ODDS_FROM, _ODDS_WHOLLY = 0.5, 1.0
# And it is taken only where an error can be seen: from the first of these on (grey levels of 255),
# wholly from the second. Texture that hardly moves would else lose detail and gain nothing.
_SEEN_FROM, _SEEN_WHOLLY = 6.0, 12.0
_LEVEL = 1.0  # squared grey level added to both, below which differences are noise
# Cells a side that are taken as one, and those a side of these that are judged together, 40 pixels
# in all: single cells would look like patches.
_JOINED, _AROUND = 2, 5


def fallback_share(certainty: Tensor, frame0: Tensor, frame1: Tensor, how: Doubt) -> Tensor:
    """How far each part of a made frame, 8 by 8 pixels, should fall back.

    Args:
        certainty: ``(1, 1, h, w)``: see `Synthesis`.
        frame0: ``(1, 3, H, W)`` in [0, 1].
        frame1: likewise.
        how: ``blend`` or ``hold``.

    Returns:
        ``(1, 1, ceil(h / 2), ceil(w / 2))`` in [0, 1], without hard edges.
    """
    weigh = _ODDS[how]
    made = _evidence_of(expected_error(certainty))
    expected = (made / 2).exp()
    seen = ((expected - _SEEN_FROM) / (_SEEN_WHOLLY - _SEEN_FROM)).clamp(0, 1)
    if not bool(seen.any()):  # the usual case
        return seen
    differ = _evidence_of(255 * difference_in_cells(frame0, frame1))
    odds = weigh.always + weigh.made * made - weigh.differ * differ
    likely = ((odds - _ODDS_FROM) / (_ODDS_WHOLLY - _ODDS_FROM)).clamp(0, 1)
    return _smoothed(likely * seen, 3)


def odds_evidence(certainty: Tensor, frame0: Tensor, frame1: Tensor) -> Tensor:
    """What tells of the errors of a made frame and of its fallback, for each 8 by 8 pixels.

    Arguments as of `fallback_share`.

    Returns:
        ``(1, 2, ceil(h / 2), ceil(w / 2))``, logarithms of squared grey levels.
    """
    differ = 255 * difference_in_cells(frame0, frame1)
    return torch.cat([_evidence_of(expected_error(certainty)), _evidence_of(differ)], dim=1)


def _evidence_of(error: Tensor) -> Tensor:
    return torch.log(around(error.square()) + _LEVEL)


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
    if not bool(share.any()):
        return picture
    fallback = torch.lerp(*old, t) if how == "blend" else old[0 if t <= 0.5 else 1]
    height, width = picture.shape[2:]
    # Cells begin at whole multiples of their size (align_corners=False), the last may be cut off.
    tall, wide = (side * _JOINED * CELL for side in share.shape[2:])
    soft = spread(share, (tall, wide))
    return torch.lerp(picture, fallback, soft[:, :, :height, :width])


def around(cells: Tensor) -> Tensor:
    """Means of what is judged together: ``(B, C, h, w)`` to half as many each way, rounded up."""
    return _smoothed(mean_of_cells(cells, _JOINED), _AROUND)


def _smoothed(cells: Tensor, side: int) -> Tensor:
    """Means over squares of `side` cells around each, as many of them as there are."""
    for across in ((side, 1), (1, side)):
        padding = (across[0] // 2, across[1] // 2)
        cells = functional.avg_pool2d(cells, across, 1, padding, count_include_pad=False)
    return cells
