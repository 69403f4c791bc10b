"""Pieces of a picture, for work whose results do not depend on how it is divided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Region:
    """A rectangle of pixels; `bottom` and `right` are the first row and column beyond it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.height * self.width

    def of(self, picture: Tensor) -> Tensor:
        """This part of ``(B, C, H, W)``, as a view."""
        return picture[:, :, self.top : self.bottom, self.left : self.right]

    def grown(self, by: int, whole: Region) -> Region:
        """With `by` more pixels on every side, as far as `whole` has them."""
        return Region(
            max(self.top - by, whole.top),
            max(self.left - by, whole.left),
            min(self.bottom + by, whole.bottom),
            min(self.right + by, whole.right),
        )

    def seen_from(self, outer: Region) -> Region:
        """The same pixels, counted from the corner of a region that holds them."""
        return Region(
            self.top - outer.top,
            self.left - outer.left,
            self.bottom - outer.top,
            self.right - outer.left,
        )

    def divided(self, side: int) -> Iterator[Region]:
        """Regions of at most `side` x `side` that cover this one without overlap, row by row."""
        for top in range(self.top, self.bottom, side):
            for left in range(self.left, self.right, side):
                yield Region(top, left, min(top + side, self.bottom), min(left + side, self.right))


def whole(picture: Tensor) -> Region:
    """All of ``(B, C, H, W)``."""
    return Region(0, 0, *picture.shape[2:])
