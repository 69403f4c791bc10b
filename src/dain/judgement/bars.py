"""Bars at the borders of a picture: rows or columns without contrast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dain.judgement.glance import Grey
from dain.judgement.masks import Mask

Widths = tuple[int, int, int, int]
"""Of the bars at the top, the bottom, the left and the right, in pixels."""

CONTRAST = 8
"""Grey levels within a bar: what lossy coding may leave in even black."""
LARGEST = 1 / 3
"""Of the picture's side: 2.76:1 in 4:3 takes a quarter on each. What is larger is a dark scene."""
SLACK = 1
"""Rows by which a bar may seem to vary: those at a blurred edge."""
BESIDE = 16
"""Rows beside a bar in which the picture is looked at."""
LIVELY = 0.05
"""Share of them that changes beside a bar worth holding."""
_STEP = 32


def bar_widths(grey: Grey) -> Widths:
    """How far a picture has no contrast from each of its borders on."""
    rows, columns = grey, grey.T
    return _extent(rows), _extent(rows[::-1]), _extent(columns), _extent(columns[::-1])


def _extent(lines: Grey) -> int:
    """Lines without contrast from the first on; of larger bars than are held, too few but more."""
    most = int(LARGEST * len(lines)) + SLACK + 2
    count = 0
    for end in range(_STEP, most + _STEP, _STEP):  # mostly the first few lines tell
        part = lines[: min(end, most)]
        low = np.minimum.accumulate(part.min(axis=1)).astype(np.int16)
        contrast = np.maximum.accumulate(part.max(axis=1)) - low
        count = int(np.searchsorted(contrast, CONTRAST, side="right"))
        if count < len(part):
            break
    return count


def standing_bars(runs: Sequence[Sequence[Widths]], size: tuple[int, int], changes: Mask) -> Widths:
    """Bars that keep their width through one of the runs, beside a picture that changes.

    Args:
        runs: widths in consecutive frames.
        size: height and width of these.
        changes: where the picture changes, at any size.

    Returns:
        The width of each; 0 for none.
    """
    found = []
    for side in range(4):
        length, moves = (size[0], changes) if side < 2 else (size[1], changes.T)
        width = max((_kept(run, side, length) for run in runs), default=0)
        inside = width * len(moves) // length
        beside = (moves[::-1] if side % 2 else moves)[inside : inside + BESIDE]
        found.append(width if float(beside.mean()) > LIVELY else 0)
    return found[0], found[1], found[2], found[3]


def bars_of(widths: Widths, size: tuple[int, int], shape: tuple[int, int]) -> Mask:
    """Bars of some widths in a picture of a size, as a map of a shape."""
    top, bottom, left, right = widths
    down, across = shape[0] / size[0], shape[1] / size[1]
    inside = np.s_[
        round(top * down) : shape[0] - round(bottom * down),
        round(left * across) : shape[1] - round(right * across),
    ]
    bars = np.ones(shape, np.uint8)
    bars[inside] = 0
    return bars


def _kept(run: Sequence[Widths], side: int, length: int) -> int:
    widths = [each[side] for each in run]
    least = min(widths)
    return least if max(widths) - least <= SLACK and least <= LARGEST * length else 0
