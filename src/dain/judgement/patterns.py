"""From the row of repeats to the pattern they make, and to when each drawing is due. No pictures.

Repetition that brings one rate to another (24 drawings in 30 frames, 3:2 pulldown) shows each
drawing at the first frame at or after its due time, so drawings stand for uneven times although
they are due evenly. Counted from the drawing that is late by the least, these are the even times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import xor

LONGEST = 26
"""Frames in the longest pattern looked for: 24 in 25, and one to spare."""
ROUNDS = 2
"""A row is a pattern if it comes back unchanged for so many rounds."""
LEAST_REPEATS = 3
"""Two lone repeats are always some distance apart; the same distance twice is a pattern."""
LATEST = Fraction(31, 32)
"""Of a frame: in 2:3:3:2 a drawing is due just when its repeat is shown. Whatever is found out
about that frame, it must come later."""

NAMES = {
    (1, 2): "twos",
    (1, 3): "threes",
    (1, 4): "fours",
    (2, 5): "3:2",
    (4, 10): "2:3:3:2",
    (4, 5): "24 in 30",
    (24, 25): "24 in 25",
}
"""By drawings and frames in a round; others are called `drawings in frames`."""
STUCK = "stuck"
"""A frame, or a few, in place of others that were lost."""
MIXED = "mixed"
"""Drawings on ones, twos, threes and so on, in no order that comes back."""


@dataclass(frozen=True)
class Pattern:
    """What comes back in a row of frames.

    Attributes:
        frames: in a round.
        starts: which frames of a round bring a drawing, rising; counted from the frame asked about.
    """

    frames: int
    starts: tuple[int, ...]

    @property
    def name(self) -> str:
        """Such as ``twos``; empty where each frame is a drawing."""
        drawings = len(self.starts)
        if drawings == self.frames:
            return ""
        return NAMES.get((drawings, self.frames), f"{drawings} in {self.frames}")

    def late(self) -> Fraction | None:
        """By how much the drawing of the frame asked about is due after that frame, in frames.

        Returns:
            a share in [0, 1). None if the pattern is not one of even times: some drawing would be
            due after the next frame.
        """
        step = Fraction(self.frames, len(self.starts))
        lags = [start - number * step for number, start in enumerate(self.starts)]
        latest = max(lags)
        if latest - min(lags) > 1:
            return None
        return min(latest - lags[0], LATEST)


def pattern_at(repeats: Sequence[bool], at: int) -> Pattern | None:
    """The pattern that a row of frames follows for longest around one of them.

    Args:
        repeats: whether each frame of one shot repeats the one before; the first tells nothing.
        at: number of a frame that brings a drawing.

    Returns:
        the pattern; None if the row does not come back around the frame often enough to tell.
    """
    row = bytes(repeats)
    if at == 0 or row[at] or row.count(1) < LEAST_REPEATS:
        return None
    best, pattern = 0, None
    for frames in range(2, LONGEST + 1):
        begin, end = _stretch(row, at, frames)
        is_one = end - begin >= ROUNDS * frames and row[begin:end].count(1) >= LEAST_REPEATS
        if is_one and end - begin > best:
            places = (at + ahead - frames * (at + ahead >= end) for ahead in range(frames))
            starts = tuple(ahead for ahead, place in enumerate(places) if not row[place])
            best, pattern = end - begin, Pattern(frames, starts)
    return pattern


def _stretch(row: bytes, at: int, frames: int) -> tuple[int, int]:
    """The longest part of a row around a frame that comes back after so many frames.

    Returns:
        the first frame, and the one after the last. The row's first frame does not count.
    """
    differs = bytes(map(xor, row, row[frames:]))
    best, last = (0, 0), 0
    while last < len(differs):
        begin = last + 1
        last = differs.find(1, begin)
        if last < 0:
            last = len(differs)
        end = last + frames
        if begin <= at < end and end - begin > best[1] - best[0]:
            best = (begin, end)
    return best
