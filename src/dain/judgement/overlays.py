"""Finds what stands still over moving pictures, such as subtitles, from many frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import cv2
import numpy as np

from dain.judgement.bars import bar_widths
from dain.judgement.bits import levels, packed
from dain.judgement.glance import Glance, Grey
from dain.judgement.moving import repeats
from dain.judgement.standing import StandingOverlay
from dain.judgement.standing_window import OverlayLook, StandingWindow

LINES = 256
"""About as many rows has the picture that is judged: judging 480 takes four times as long."""
EDGE = 32
"""Grey levels between neighbours that are contrast: overlays are made to be seen."""
LEAST_TOLERANCE = 5
"""Grey levels by which a pixel at rest may change in any film, from lossy coding."""
MOST_TOLERANCE = 16
"""Grey levels by which it may change in the noisiest: beyond, soft motion would be rest."""
NOISE_TIMES = 3
"""Times the mean change by noise: a normal one stays below in 98 of 100 pixels."""
_BLOCK = 16
_QUIETEST = 5
"""Per cent of the blocks that are taken for quiet."""


class OverlayJudge:
    """A `StandingJudge`.

    A pixel stands still where it keeps its value, but for noise, over several frames. Of those
    that do, the ones are held that have an outline and stand while the picture around them
    moves: what merely is at rest is interpolated as well as anything. Gaps in which next to nothing
    moves, as between a drawing and its repeat, are no evidence of anything.
    """

    behind = 24
    ahead = 12

    def look(self, before: Glance | None, now: Glance) -> OverlayLook:
        """What to keep of a frame: three bits a pixel."""
        grey = _reduced(now.grey)
        same, noise, motion, finely = None, 0, 0, packed(np.zeros_like(now.grey))
        if before is not None and before.grey.shape == now.grey.shape:
            difference = _difference(before.grey, now.grey)
            noise = _tolerance(difference)
            same = finely = packed(difference <= noise)
            if grey is not now.grey:
                difference = _difference(_reduced(before.grey), grey)
                same = packed(difference <= noise)
            motion = _beyond(difference, noise)
        return OverlayLook(
            size=(now.grey.shape[0], now.grey.shape[1]),
            shape=(grey.shape[0], grey.shape[1]),
            same=same,
            finely=finely,
            noise=noise,
            motion=motion,
            levels=levels(grey),
            across=packed(_contrast(grey, (1, 3)) > EDGE),
            down=packed(_contrast(grey, (3, 1)) > EDGE),
            bars=bar_widths(now.grey),
        )

    def judge(
        self, looks: Sequence[OverlayLook], at: int, cuts: Sequence[bool]
    ) -> StandingOverlay | None:
        """What stands still from frame `at` to the next; None across a cut, and for nothing."""
        if at + 1 >= len(looks) or cuts[at + 1] or looks[at + 1].same is None:
            return None
        moves = [not each for each in repeats([each.motion for each in looks[1:]])]
        if not moves[at]:
            return None
        drawings = [looks[0], *compress(looks[1:], moves)]
        return StandingWindow(drawings, sum(moves[:at])).found()


def _reduced(grey: Grey) -> Grey:
    """As large as pictures are judged; itself where it is small."""
    height, width = grey.shape
    times = max(1, round(min(height, width) / LINES))
    if times == 1:
        return grey
    size = (width // times, height // times)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _difference(one: Grey, other: Grey) -> Grey:
    return np.asarray(cv2.absdiff(one, other), np.uint8)


def _beyond(difference: Grey, noise: int) -> int:
    """Grey levels of change beyond noise, of all pixels together."""
    changed = np.maximum(difference, np.uint8(noise))
    return int(cv2.sumElems(changed)[0]) - noise * difference.size


def _contrast(grey: Grey, shape: tuple[int, int]) -> Grey:
    kernel = np.ones(shape, np.uint8)
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel), np.uint8)


def _tolerance(difference: Grey) -> int:
    """Grey levels by which a pixel at rest may change: of the noise in the quietest places."""
    height, width = difference.shape
    across, down = max(1, width // _BLOCK), max(1, height // _BLOCK)
    # Whole blocks: OpenCV takes eight times as long for others.
    whole = difference[: down * _BLOCK, : across * _BLOCK]
    blocks = cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA)
    noise = float(np.percentile(blocks, _QUIETEST))
    return round(min(max(NOISE_TIMES * noise, LEAST_TOLERANCE), MOST_TOLERANCE))
