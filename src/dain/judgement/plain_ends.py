"""The first and last steps of a fade: between a plain field and a picture that hardly shows yet.

Such a field explains nothing of a picture, and so the step looks like a cut. But a cut shows its
picture whole, while a fade goes on: the same picture in more contrast, frame by frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dain.judgement.cuts import ShotLook
from dain.judgement.explaining import Floats

PLAIN = 2.0
"""Standard deviation in grey levels up to which a frame counts as a plain field."""

GROWTH = 1.1
"""Contrast of each of the next two frames over the one before, at the least: a fade over 48 frames
grows by a tenth after ten steps, when its picture is no longer taken for a cut."""

SAME = 0.7
"""Correlation of neighbouring frames of the picture, at the least: it is dim, and rounded."""


def is_plain_end(looks: Sequence[ShotLook], at: int) -> bool:
    """Whether a picture comes out of, or goes into, a plain field between `at` and the next.

    Args:
        looks: of neighbouring frames.
        at: number of the frame before the gap.
    """
    coming = [at, at + 1, at + 2, at + 3]
    going = [at + 1, at, at - 1, at - 2]
    return any(
        min(way) >= 0
        and max(way) < len(looks)
        and _emerges([looks[number].sketch.grey.astype(np.float32) for number in way])
        for way in (coming, going)
    )


def _emerges(frames: Sequence[Floats]) -> bool:
    """Whether the first is plain, and the others show one picture, more and more of it."""
    if frames[0].std() > PLAIN:
        return False
    contrasts = [float(frame.std()) for frame in frames[1:]]
    grows = all(more >= GROWTH * less for less, more in pairwise(contrasts))
    return grows and min(_likeness(frames[1], frames[2]), _likeness(frames[2], frames[3])) >= SAME


def _likeness(one: Floats, other: Floats) -> float:
    """Correlation of two pictures; 0 where one shows nothing."""
    first, second = one - one.mean(), other - other.mean()
    power = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / power if power > 0 else 0.0
