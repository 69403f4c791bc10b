"""The worst frames of an evaluation, kept as small pictures for people to look at."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import cv2
import numpy as np

from dain.evaluation.measures import Picture
from dain.evaluation.run import Measured, Score

_LARGEST_WIDTH, _LARGEST_HEIGHT = 720, 720
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
    truth = _reduced(measured.truth)
    return Exhibit(
        score=measured.score,
        size=(truth.shape[1], truth.shape[0]),
        inputs=_jpeg(_reduced(overlay), _COARSE),
        truth=_jpeg(truth, _FINE),
        made=_jpeg(_reduced(measured.made), _FINE),
        difference=_jpeg(_reduced(difference(measured.made, measured.truth)), _COARSE),
    )


def difference(made: Picture, true: Picture) -> Picture:
    """Where and how much two pictures differ, ``(H, W, 3)`` RGB from black to bright yellow."""
    levels = np.abs(made.astype(np.int16) - true).mean(axis=2) * AMPLIFICATION
    shown = np.minimum(np.rint(levels), 255).astype(np.uint8)
    coloured = cv2.applyColorMap(shown, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), np.uint8)


def _reduced(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = min(_LARGEST_WIDTH / width, _LARGEST_HEIGHT / height)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(picture: Picture, quality: int) -> bytes:
    """Full chroma: a tint is among what one looks for."""
    options = [
        *(cv2.IMWRITE_JPEG_QUALITY, quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return data.tobytes()
