"""Gaps between frames in which next to nothing moves: they do not tell what stands."""

from __future__ import annotations

from collections.abc import Sequence

NEAR = 3
"""Gaps on either side that a gap is compared with: there are so many between drawings on fours."""
LITTLE = 10
"""Times less than nearby. Twos of 13 clips, compressed by x264 at crf 30, under grain of 4 levels,
and both: repeats mostly below 1/20, new drawings above 1/3, frames on ones above 1/8 but where
they really stop."""
PER_PIXEL = 1 / 1000
"""Grey levels beyond noise by which a picture changes that moves at all: one at rest by 0.0002 at
crf 23 and by up to 0.002 at crf 30; signing hands before a quiet room by 0.01 and more."""


def repeats(motions: Sequence[int]) -> list[bool]:
    """For each gap, whether the frame after it repeats the one before, in a passage that moves.

    Where a picture stands for longer no gap is told from its neighbours.

    Args:
        motions: how much changes beyond noise, in consecutive gaps.
    """
    return [LITTLE * motion < _usual(motions, at) for at, motion in enumerate(motions)]


def _usual(motions: Sequence[int], at: int) -> int:
    """What moves on both sides; beside the first and the last gap, on the only one there is."""
    sides = motions[max(0, at - NEAR) : at], motions[at + 1 : at + 1 + NEAR]
    return min((max(side) for side in sides if side), default=0)
