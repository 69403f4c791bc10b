"""Finds what stands still over moving pictures, such as subtitles, from many frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from dain.judgement.bars import bar_widths
from dain.judgement.bits import levels, packed
from dain.judgement.glance import Glance, Grey
from dain.judgement.standing import StandingOverlay
from dain.judgement.standing_window import OverlayLook, StandingWindow

EDGE = 24
LEAST_TOLERANCE = 5
MOST_TOLERANCE = 16
NOISE_TIMES = 3
_BLOCK = 16
_QUIETEST = 5  # per cent


class OverlayJudge:
    """A `StandingJudge`.

    A pixel stands still where it keeps its value, but for noise, over several frames. Of those
    that do, the ones are held that have an outline and stand while the picture around them
    moves: what merely is at rest is interpolated as well as anything.
    """

    behind = 24
    ahead = 12

    def look(self, before: Glance | None, now: Glance) -> OverlayLook:
        """What to keep of a frame: three bits a pixel."""
        grey = now.grey
        same, noise = None, 0
        if before is not None and before.grey.shape == grey.shape:
            difference = np.asarray(cv2.absdiff(before.grey, grey), np.uint8)
            noise = _tolerance(difference)
            same = packed(difference <= noise)
        return OverlayLook(
            shape=(grey.shape[0], grey.shape[1]),
            same=same,
            noise=noise,
            levels=levels(grey),
            across=packed(_contrast(grey, (1, 3)) > EDGE),
            down=packed(_contrast(grey, (3, 1)) > EDGE),
            bars=bar_widths(grey),
        )

    def judge(
        self, looks: Sequence[OverlayLook], at: int, cuts: Sequence[bool]
    ) -> StandingOverlay | None:
        """What stands still from frame `at` to the next; None across a cut, and for nothing."""
        if at + 1 >= len(looks) or cuts[at + 1] or looks[at + 1].same is None:
            return None
        return StandingWindow(looks, at).found()


def _contrast(grey: Grey, shape: tuple[int, int]) -> Grey:
    kernel = np.ones(shape, np.uint8)
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel), np.uint8)


def _tolerance(difference: Grey) -> int:
    """Grey levels by which a pixel at rest may change: of the noise in the quietest places."""
    height, width = difference.shape
    size = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    blocks = cv2.resize(difference, size, interpolation=cv2.INTER_AREA)
    noise = float(np.percentile(blocks, _QUIETEST))
    return round(min(max(NOISE_TIMES * noise, LEAST_TOLERANCE), MOST_TOLERANCE))
