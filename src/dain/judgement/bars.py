"""Bars at the borders of a picture: rows or columns without contrast."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

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


def bar_widths(grey: Grey) -> Widths:
    """How far a picture has no contrast from each of its borders on."""
    found: list[int] = []
    for axis in (1, 0):  # rows, then columns
        low = np.asarray(cv2.reduce(grey, axis, cv2.REDUCE_MIN), np.int16).reshape(-1)
        high = np.asarray(cv2.reduce(grey, axis, cv2.REDUCE_MAX), np.int16).reshape(-1)
        found += [_extent(low, high), _extent(low[::-1], high[::-1])]
    return found[0], found[1], found[2], found[3]


def _extent(low: npt.NDArray[np.int16], high: npt.NDArray[np.int16]) -> int:
    contrast = np.maximum.accumulate(high) - np.minimum.accumulate(low)
    return int(np.searchsorted(contrast, CONTRAST, side="right"))


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
