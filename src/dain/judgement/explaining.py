"""How much of a picture its neighbour explains, by a small motion search: cuts leave nothing.

Both pictures are reduced to some 64x36 pixels. Dense inverse search (Kroeger et al., ECCV 2016)
finds where each piece of one lies in the other, once from standing still and, where much is left
over, once more from the shift that phase correlation tells, as a fast pan needs. What is still
different after that, and after a change of exposure, is compared with how much there was to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

PIXELS = 64 * 36
"""Half the time of 80x45, and cuts stand out as well (tune half of `benchmarks.judgement.cuts`)."""

SHORTEST_SIDE = 16
"""Pixels; the search needs patches of 8."""

REST_WINDOW = (7, 7)
CONTRAST_WINDOW = (9, 9)

NOISE = 3.0
"""Grey levels of difference that mean nothing: grain and compression at this size."""

PLAIN = 12.0
DULL = 0.5
"""Grey levels: weight of a place in which there is nothing to see."""

EXPLAINED_BELOW, UNEXPLAINED_ABOVE = 0.15, 0.7
"""Difference over contrast. The search leaves 0.1 to 0.3 in moving shots and 0.6 to 1 across cuts
(the clips beside the checkout)."""

ALIKE = 0.65
"""Correlation from which it may be the same picture in other light. Below, flashes are missed or
search finds pictures alike that are not (0.5 to 0.8 tried on the tune half)."""

STRONGEST = 6.0
"""Gain up to which a change of light is looked at: a flash that dies away, a lamp that goes out."""

SEARCH_AGAIN_ABOVE = 0.3
"""The second search takes as long as the first, and ordinary motion has no need of it."""


SAME_COLOURS, OTHER_COLOURS = 0.05, 0.15
"""Share of pixels with colours that were not there: at most 0.09 where very fast motion is not
found, at least 0.13 across cuts (the same)."""

REARRANGED = 0.4
"""How much it explains that all colours are still there."""


@dataclass(frozen=True)
class Sketch:
    """A small picture, ready to be compared with others of its size.

    Attributes:
        colours: ``(h, w, 3)`` uint8 RGB.
        grey: ``(h, w)`` uint8 luma.
    """

    colours: npt.NDArray[np.uint8]
    grey: npt.NDArray[np.uint8]


def sketch_of(thumb: npt.NDArray[np.uint8]) -> Sketch:
    """A thumbnail, reduced further.

    Args:
        thumb: ``(H, W, 3)`` uint8 RGB.
    """
    height, width = thumb.shape[:2]
    share = (PIXELS / (height * width)) ** 0.5
    size = (max(SHORTEST_SIDE, round(width * share)), max(SHORTEST_SIDE, round(height * share)))
    colours = cv2.resize(thumb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return Sketch(colours, cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False))


def unexplained(one: Sketch, other: Sketch) -> float:
    """How much of two pictures shows nothing of the other: 0 for motion, 1 for different shots.

    The smaller one of both directions: something that comes into the picture, or leaves it, is no
    other shot.
    """
    comparison = _Comparison(one, other)
    share = min(comparison.share_of_rest(0), comparison.share_of_rest(1))
    if share <= SEARCH_AGAIN_ABOVE:
        return share
    other_colours = (palette_change(one, other) - SAME_COLOURS) / (OTHER_COLOURS - SAME_COLOURS)
    return share * (1 - REARRANGED * (1 - min(max(other_colours, 0.0), 1.0)))


def palette_change(one: Sketch, other: Sketch) -> float:
    """Share of the pixels whose colours are not in the other picture, wherever they are: 0 to 1."""
    first, second = (cv2.cvtColor(each.colours, cv2.COLOR_RGB2YCrCb) for each in (one, other))
    return max(
        _change_of_counts(first, second, [0], [16], [0, 256]),
        _change_of_counts(first, second, [1, 2], [16, 16], [64, 192, 64, 192]),
    )


def difference(one: Sketch, other: Sketch) -> float:
    """Mean absolute difference in grey levels."""
    return float(cv2.norm(one.colours, other.colours, cv2.NORM_L1)) / one.colours.size


def halfway(one: Sketch, other: Sketch) -> Floats:
    """The colours between two pictures, along the motion that is found; ``(h, w, 3)``."""
    search = _search()
    right, down = _places(*one.grey.shape)
    between = np.zeros(one.colours.shape, np.float32)
    for start, end in ((one, other), (other, one)):
        flow = search.calc(start.grey, end.grey, np.zeros((*one.grey.shape, 2), np.float32))
        half = np.asarray(flow / 2, np.float32)
        places = right - half[..., 0], down - half[..., 1]
        between += _looked_up(start.colours.astype(np.float32), *places) / 2
    return between


def moved(one: Sketch, other: Sketch) -> Floats:
    """The colours of the first picture where they are found in the other; ``(h, w, 3)``."""
    flow = _search().calc(other.grey, one.grey, np.zeros((*one.grey.shape, 2), np.float32))
    right, down = _places(*one.grey.shape)
    return _looked_up(one.colours.astype(np.float32), right + flow[..., 0], down + flow[..., 1])


class _Comparison:
    """Two pictures, and what is worked out about each of them once."""

    def __init__(self, one: Sketch, other: Sketch) -> None:
        self._greys = (one.grey, other.grey)
        self._colours = (one.colours.astype(np.float32), other.colours.astype(np.float32))
        self._contrasts = (_contrast(one.grey), _contrast(other.grey))
        self._search = _search()

    def share_of_rest(self, number: int) -> float:
        """What of picture `number` (0 or 1) the other does not explain."""
        share = _share(*self._searched(number, (0.0, 0.0)))
        if share > SEARCH_AGAIN_ABOVE:
            share = min(share, _share(*self._searched(number, self._whole_shift(number))))
        return share

    def _whole_shift(self, number: int) -> tuple[float, float]:
        """Right and down, from a place in picture `number` to the same in the other."""
        one, other = (each.astype(np.float32) for each in self._greys)
        window = cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F)
        (right, down), _ = cv2.phaseCorrelate(one, other, window)
        return (right, down) if number == 0 else (-right, -down)

    def _searched(self, number: int, shift: tuple[float, float]) -> tuple[Floats, Floats]:
        """What a search that begins at `shift` leaves at each place, and the contrast there."""
        start = np.full((*self._greys[0].shape, 2), shift, np.float32)
        flow = self._search.calc(self._greys[number], self._greys[1 - number], start)
        right, down = _places(*self._greys[0].shape)
        places = right + flow[..., 0], down + flow[..., 1]
        moved = _looked_up(self._colours[1 - number], *places)
        moved_contrast = _looked_up(self._contrasts[1 - number], *places)
        contrast = np.maximum(self._contrasts[number], moved_contrast)
        return _rest(self._colours[number], moved), contrast


def _change_of_counts(
    one: npt.NDArray[Any],
    other: npt.NDArray[Any],
    channels: list[int],
    cells: list[int],
    ranges: list[float],
) -> float:
    """Half the difference of two histograms, smoothed so that a cell's edge does not count."""
    first, second = (
        cv2.GaussianBlur(cv2.calcHist([each], channels, None, cells, ranges), (3, 3), 0)
        for each in (one, other)
    )
    pixels: int = one.shape[0] * one.shape[1]
    return float(cv2.norm(first, second, cv2.NORM_L1)) / (2 * pixels)


def _share(rest: Floats, contrast: Floats) -> float:
    """The part of what there is to see that is left over."""
    part = (np.maximum(rest - NOISE, 0) / (contrast + 1e-3) - EXPLAINED_BELOW) / (
        UNEXPLAINED_ABOVE - EXPLAINED_BELOW
    )
    weight = np.minimum(contrast + rest, PLAIN) + DULL
    return float((np.clip(part, 0, 1) * weight).sum() / weight.sum())


def _rest(picture: Floats, moved: Floats) -> Floats:
    """Root mean square of what is different around each place, as it is or in other light."""
    rest = _energy(picture - moved)
    middle, moved_middle = picture.mean((0, 1)), moved.mean((0, 1))
    around, moved_around = picture - middle, moved - moved_middle
    spread, moved_spread = (float(np.vdot(each, each)) for each in (around, moved_around))
    together = float(np.vdot(moved_around, around))
    if together <= ALIKE * (spread * moved_spread) ** 0.5:
        return np.sqrt(np.maximum(rest, 0))
    gain = min(max(together / moved_spread, 1 / STRONGEST), STRONGEST)
    relit = (middle + gain * moved_around).astype(np.float32)
    rest_of_relit = _energy(picture - relit)
    least = rest if rest.sum() < rest_of_relit.sum() else rest_of_relit
    return np.sqrt(np.maximum(least, 0))


def _energy(rest: Floats) -> Floats:
    mean_of_channels = np.full((1, 3), 1 / 3, np.float32)
    return cv2.blur(cv2.transform(rest * rest, mean_of_channels), REST_WINDOW).astype(np.float32)


def _contrast(grey: npt.NDArray[np.uint8]) -> Floats:
    """Standard deviation around each place."""
    values = grey.astype(np.float32)
    mean = cv2.blur(values, CONTRAST_WINDOW)
    return np.sqrt(np.maximum(cv2.blur(values * values, CONTRAST_WINDOW) - mean * mean, 0))


def _looked_up(picture: Floats, across: Floats, down: Floats) -> Floats:
    found = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


@cache
def _places(height: int, width: int) -> tuple[Floats, Floats]:
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    return across.astype(np.float32), down.astype(np.float32)


def _search() -> cv2.DISOpticalFlow:
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    search.setFinestScale(0)
    return search
