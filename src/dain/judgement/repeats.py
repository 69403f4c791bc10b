"""Which frames show the drawing of the frame before again: from looks alone, against the noise.

A repeat differs from its predecessor by noise only, wherever one looks; a new drawing differs
somewhere, be it in one small place. So a change is measured where it is largest, and is small or
large beside the changes that brought the drawing and that replaced it: grain and recompression
are on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from dain.judgement.glance import Glance, Grey

BLOCK = 16
"""Pixels. A figure of this size at 480p is one part in a thousand of the picture."""
LARGEST = 4
"""Blocks whose mean is the change: fewer and the noise's own extremes count (1.4 times its mean
at this number), more and a figure of one or two blocks drowns."""

AROUND = 6
"""Frames each way in which a frame's change is compared: as long as the longest hold."""
SURE = 0.2
"""A change at most this share of the smaller of the changes about it is a repeat by itself. The
42 clips on ones have none below 0.24; x264 at crf 35 leaves 0.15 on repeats
(`python -m benchmarks.judgement.cadence`)."""
LIKELY = 0.4
"""The same for one among others that come at a beat: noise over faint motion."""
LIKELY_EVEN = 0.6
"""The same if the change is alike all over the picture, as noise is and motion seldom is."""
EVEN = 2.4
"""The largest blocks beside the upper quartile of all: 1.3 to 1.5 for white noise, 1.6 to 2.3 for
film grain."""
AGREE = 1.3
"""Repeats whose changes are within this factor of the usual one show the noise itself."""
LEAST_AGREEING = 3
"""So many of them, and three in four of all that seem to be repeats, make it known: a shaking
camera has small changes among large ones, too, but neither even nor the same."""
LIKE_NOISE = 1.3
"""Beside the usual repeat of the shot: in a picture that stands for long nothing larger is near."""
LEAST_MOTION = 2.0
"""8-bit levels, mean of the largest blocks: fainter changes are not motion worth spreading.
Recompression of a still picture stays below it."""
COMES_BACK = 0.5
"""A picture nearer than this share to the one before the hold has turned back: a bounce or a
flash, in which nothing was lost."""
LOST = 1.5
"""The step over lost drawings beside the usual one. Block differences grow slower than steps."""


@dataclass(frozen=True)
class Change:
    """How a frame differs from the one before.

    Attributes:
        most: mean of the largest block differences, 8-bit levels; None if it cannot be told.
        evenness: `most` beside the upper quartile of all blocks, at least 1.
        small: half a thumbnail in grey, to compare frames that are further apart.
    """

    most: float | None
    evenness: float
    small: Grey

    @property
    def is_still(self) -> bool:
        """Whether nothing moves."""
        return self.most is not None and self.most <= LEAST_MOTION / 2


@dataclass(frozen=True)
class Hold:
    """A drawing and the frames that show it.

    Attributes:
        first: the frame that brings it.
        end: the frame that brings the next; one after the last looked at if there is none.
        is_open: how it ends is not known: a cut, or the window, comes before the next drawing.
        sure: repeats in it are so by themselves, not only by the beat they are part of.
        lost: the step to the next drawing is as large as if drawings in between were missing.
        comes_back: the next drawing is the one before once more.
    """

    first: int
    end: int
    is_open: bool = False
    sure: bool = True
    lost: bool = False
    comes_back: bool = False

    @property
    def length(self) -> int:
        """Frames that show it."""
        return self.end - self.first


def change(before: Glance | None, now: Glance) -> Change:
    """Measure how a frame differs from the one before."""
    height, width = now.thumb.shape[:2]
    thumb = cv2.cvtColor(now.thumb, cv2.COLOR_RGB2GRAY)
    size = (max(1, width // 2), max(1, height // 2))
    small = cv2.resize(thumb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    if before is None or before.grey.shape != now.grey.shape:
        return Change(None, 1.0, small)
    blocks = np.sort(_differences(before.grey, now.grey), axis=None)
    most = float(blocks[-LARGEST:].mean())
    quartile = float(blocks[len(blocks) * 3 // 4])
    return Change(most, most / max(quartile, most / 100, 1e-3), small)


def _differences(before: Grey, now: Grey) -> npt.NDArray[np.float32]:
    """Mean absolute difference of each block, after averaging 4 x 4 pixels against the noise."""
    halves = [_half(each) for each in (before, now)]
    difference = cv2.subtract(halves[1], halves[0], dtype=cv2.CV_32F)
    height, width = difference.shape
    quarter = cv2.resize(difference, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    size = (2 * width // BLOCK, 2 * height // BLOCK)
    blocks = cv2.resize(np.abs(quarter), size, interpolation=cv2.INTER_AREA)
    return np.asarray(blocks, np.float32)


def _half(grey: Grey) -> Grey:
    """Half the size of a picture that is filled up to whole blocks: whole factors are fast."""
    height, width = grey.shape
    fill = (-height % BLOCK, -width % BLOCK)
    whole = cv2.copyMakeBorder(grey, 0, fill[0], 0, fill[1], cv2.BORDER_REPLICATE)
    size = (whole.shape[1] // 2, whole.shape[0] // 2)
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def holds(changes: Sequence[Change]) -> list[Hold]:
    """The drawings of one shot in order; every frame belongs to one.

    A hold is of more than one frame only where all that it repeats is small beside the changes
    that brought and replaced it.
    """
    # The first tells of another shot; a frame of another size is no repeat.
    values = [0.0, *(255.0 if look.most is None else look.most for look in changes[1:])]
    measured, beside = np.array(values), _beside(values)
    even = np.array([look.evenness <= EVEN for look in changes])
    # Noise is alike in all frames, too: what is even but larger is faint motion of all there is.
    like_noise = even & (measured <= LIKELY_EVEN * beside)
    if like_noise[1:].any():
        like_noise &= measured <= AGREE * np.median(measured[1:][like_noise[1:]])
    small = like_noise | (measured <= LIKELY * beside)
    limits = np.where(like_noise, LIKELY_EVEN, LIKELY).tolist()
    if not small[1:].any():
        return [Hold(at, at + 1) for at in range(len(values))]
    seeming = [value for value, is_small in zip(values[1:], small[1:], strict=True) if is_small]
    floor = LIKE_NOISE * median(seeming)
    brought = [
        at for at, value in enumerate(values) if at == 0 or not (small[at] or value <= floor)
    ]
    alike = [values[at] for at in range(1, len(values)) if small[at] and limits[at] > LIKELY]
    noise = _noise(alike, len(seeming))
    values = [max(0.0, value - noise) for value in values]
    found: list[Hold] = []
    for first, end in zip(brought, [*brought[1:], len(values)], strict=True):
        found += _checked(changes, values, limits, first, end)
    return found


def _noise(alike: Sequence[float], seeming: int) -> float:
    """The change that noise alone makes; 0 if it is not known.

    Args:
        alike: changes that are small, and alike all over the picture.
        seeming: how many there are that are small at all.
    """
    if not alike:
        return 0.0
    usual = median(alike)
    agreeing = sum(usual / AGREE <= value <= usual * AGREE for value in alike)
    return usual if agreeing >= max(LEAST_AGREEING, seeming * 3 / 4) else 0.0


def _beside(values: Sequence[float]) -> npt.NDArray[np.float64]:
    """What each change is compared with: the second largest of those around it.

    The second, so that a single flash or an unknown cut makes nothing else look small.
    """
    padded = np.pad(np.array(values), AROUND)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1).copy()
    around[:, AROUND] = 0.0
    return np.maximum(np.partition(around, -2, axis=1)[:, -2], LEAST_MOTION)


def _checked(
    changes: Sequence[Change],
    values: Sequence[float],
    limits: Sequence[float],
    first: int,
    end: int,
) -> list[Hold]:
    """A hold, or several if what it repeats is not small beside its ends."""
    is_first, is_open = first == 0, end == len(values)
    ends = ([] if is_first else [values[first]]) + ([] if is_open else [values[end]])
    beside = min(ends, default=0.0)
    repeated = range(first + 1, end)
    if any(values[at] > max(limits[at] * beside, LEAST_MOTION / 2) for at in repeated):
        # Slow motion beside fast looks small, too. Among it, only what is quite still repeats.
        moves = [at for at in repeated if not changes[at].is_still]
        parts = zip([first, *moves], [*moves, end], strict=True)
        found = [hold for part in parts for hold in _checked(changes, values, limits, *part)]
        return [one for hold in found for one in ([hold] if hold.sure else _one_by_one(hold))]
    if not repeated:
        return [Hold(first, end, is_open=is_open)]
    largest = max(values[at] for at in repeated)
    return [
        Hold(
            first,
            end,
            is_open=is_open,
            sure=beside >= LEAST_MOTION and largest <= SURE * beside,
            lost=not is_open and values[end] >= LOST * median(_large(values, first, end)),
            comes_back=_comes_back(changes, first, end) if first > 0 and not is_open else False,
        )
    ]


def _one_by_one(hold: Hold) -> list[Hold]:
    return [Hold(at, at + 1) for at in range(hold.first, hold.end)]


def _large(values: Sequence[float], first: int, end: int) -> list[float]:
    """Changes about a hold that are no repeats."""
    near = [*values[max(1, first - AROUND) : first + 1], *values[end + 1 : end + AROUND]]
    half = max(near, default=0.0) / 2
    return [value for value in near if value >= half] or [0.0]


def _comes_back(changes: Sequence[Change], first: int, end: int) -> bool:
    then, held, next_one = (changes[at].small for at in (first - 1, first, end))
    if not then.shape == held.shape == next_one.shape:
        return False
    step = min(_apart(held, next_one), _apart(then, held))
    return _apart(then, next_one) < COMES_BACK * step


def _apart(one: Grey, other: Grey) -> float:
    return float(cv2.norm(one, other, cv2.NORM_L1)) / one.size
