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
LARGEST = 1 / 3
SLACK = 1
BESIDE = 16
LIVELY = 0.05


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


def standing_bars(runs: Sequence[Sequence[Widths]], changes: Mask) -> Mask:
    """Bars that keep their width through one of the runs, beside a picture that changes.

    Args:
        runs: widths in consecutive frames.
        changes: where the picture changes.
    """
    held = np.zeros_like(changes)
    for side in range(4):
        picture, moves = (held, changes) if side < 2 else (held.T, changes.T)
        if side % 2:
            picture, moves = picture[::-1], moves[::-1]
        width = max((_kept(run, side, len(picture)) for run in runs), default=0)
        if width and float(moves[width : width + BESIDE].mean()) > LIVELY:
            picture[:width] = 1
    return held


def _kept(run: Sequence[Widths], side: int, length: int) -> int:
    widths = [each[side] for each in run]
    least = min(widths)
    return least if max(widths) - least <= SLACK and least <= LARGEST * length else 0
