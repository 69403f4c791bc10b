"""Maps of where something is: `(H, W)` uint8, 1 there and 0 elsewhere."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]


def grown(mask: Mask, by: int = 1) -> Mask:
    """With all pixels within `by` rows and columns."""
    return np.asarray(cv2.dilate(mask, _square(by)), np.uint8)


def shrunk(mask: Mask) -> Mask:
    """Without the pixels beside others; the border of the picture takes nothing."""
    return np.asarray(cv2.erode(mask, _square(1), borderType=cv2.BORDER_REPLICATE), np.uint8)


def joined(mask: Mask, by: int = 1) -> Mask:
    """With what lies between pixels that are up to twice `by` apart."""
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _square(by)), np.uint8)


def enlarged(mask: Mask, size: tuple[int, int]) -> Mask:
    """At another height and width."""
    if mask.shape == size:
        return mask
    if not mask.any():
        return np.zeros(size, np.uint8)
    return np.asarray(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def outside(mask: Mask) -> Mask:
    """The contrary."""
    return np.asarray(1 - mask, np.uint8)


def share_around(mask: Mask, radius: int) -> npt.NDArray[np.float32]:
    """Of the pixels up to `radius` rows and columns away, how many are in it; in [0, 1]."""
    side = 2 * radius + 1
    return np.asarray(cv2.boxFilter(mask, cv2.CV_32F, (side, side)), np.float32)


class Pieces:
    """The connected pieces of a mask; number 0 is all around them.

    Attributes:
        labels: the number of each pixel's piece.
    """

    def __init__(self, mask: Mask) -> None:
        self.count, labels = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
        self.labels = np.asarray(labels, np.int32)

    @cached_property
    def area(self) -> Counts:
        """Pixels of each piece."""
        return np.bincount(self.labels.reshape(-1), minlength=self.count)

    def within(self, mask: Mask) -> Counts:
        """Pixels of each piece that lie in a mask."""
        numbers = self.labels.reshape(-1)[np.flatnonzero(mask.view(np.bool_))]
        return np.bincount(numbers, minlength=self.count)

    def around(self) -> npt.NDArray[np.int32]:
        """The numbers again, each piece grown by one pixel."""
        # OpenCV grows no whole numbers of 32 bits; a float holds them exactly up to 2 ** 24.
        return np.asarray(cv2.dilate(self.labels.astype(np.float32), _square(1)), np.int32)

    def chosen(self, wanted: npt.NDArray[np.bool_]) -> Mask:
        """Those pieces for which it is true."""
        wanted = wanted.copy()
        wanted[0] = False
        if not wanted.any():
            return np.zeros(self.labels.shape, np.uint8)
        return np.take(wanted.view(np.uint8), self.labels)


def _square(by: int) -> Mask:
    return np.ones((2 * by + 1, 2 * by + 1), np.uint8)
