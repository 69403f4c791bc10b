"""The worst frames of an evaluation, kept as small pictures for people to look at."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import cv2
import numpy as np

from dain.evaluation.measures import Picture
from dain.evaluation.run import Measured, Score
from dain.media.thumbnails import heat, jpeg, reduced

_LARGEST = 720  # side of a picture in pixels
_FINE, _COARSE = 86, 75  # JPEG's quality of what is looked at closely, and of the rest

# A difference of 255 / 4 levels and more has the brightest colour.
AMPLIFICATION = 4


@dataclass(frozen=True)
class Exhibit:
    """A made frame and what it should have been, as JPEG files of one size.

    Attributes:
        score: its measures, of the full size.
        size: width and height of the pictures, reduced where the frames are large.
        inputs: both frames that it was made from, one laid half transparent over the other.
        truth: the true frame.
        made: the made frame.
        difference: absolute difference of the two, amplified and coloured.
    """

    score: Score
    size: tuple[int, int]
    inputs: bytes
    truth: bytes
    made: bytes
    difference: bytes


@dataclass(order=True)
class _Kept:
    """A place in the heap, whose top is the best of the worst."""

    rank: tuple[float, int]
    exhibit: Exhibit = field(compare=False)


class Worst:
    """Keeps the frames of lowest PSNR; of equal ones, those that came first.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._seen = 0
        self._heap: list[_Kept] = []

    def add(self, measured: Measured) -> None:
        """Keep a frame if it is among the worst so far."""
        self._seen += 1
        rank = (-measured.score.psnr, -self._seen)
        if len(self._heap) < self._count:
            heapq.heappush(self._heap, _Kept(rank, exhibit_of(measured)))
        elif self._heap and rank > self._heap[0].rank:
            heapq.heapreplace(self._heap, _Kept(rank, exhibit_of(measured)))

    @property
    def exhibits(self) -> list[Exhibit]:
        """What was kept, the worst first."""
        return [kept.exhibit for kept in sorted(self._heap, reverse=True)]


def exhibit_of(measured: Measured) -> Exhibit:
    """The pictures of a made frame."""
    overlay = np.asarray(cv2.addWeighted(measured.first, 0.5, measured.last, 0.5, 0), np.uint8)
    truth = reduced(measured.truth, _LARGEST)
    return Exhibit(
        score=measured.score,
        size=(truth.shape[1], truth.shape[0]),
        inputs=jpeg(reduced(overlay, _LARGEST), _COARSE),
        truth=jpeg(truth, _FINE),
        made=jpeg(reduced(measured.made, _LARGEST), _FINE),
        difference=jpeg(reduced(difference(measured.made, measured.truth), _LARGEST), _COARSE),
    )


def difference(made: Picture, true: Picture) -> Picture:
    """Where and how much two pictures differ, ``(H, W, 3)`` RGB from black to bright yellow."""
    levels = np.abs(made.astype(np.int16) - true).mean(axis=2) * AMPLIFICATION
    shown = np.minimum(np.rint(levels), 255).astype(np.uint8)
    return heat(shown)
