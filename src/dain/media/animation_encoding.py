"""What the encoders of animated images have in common."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from dain.media.frame import Pixels


class AnimationEncoder(Protocol):
    """Writes frames into an open file, one after the other."""

    def add(self, pixels: Pixels, following: Pixels | None, end: Fraction) -> None:
        """Write the next frame.

        Args:
            pixels: ``(H, W, 3)`` or ``(H, W, 4)``, of the canvas's size.
            following: the frame after it; None for the last one.
            end: when it ends, in seconds after the start of the first.

        Raises:
            OSError: the disk refused it.
            ValueError: the format has no room for it.
        """

    def finish(self) -> None:
        """Write what belongs at the end, and what was not known at the start."""


@dataclass(frozen=True)
class Rectangle:
    """A part of the canvas, in pixels; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def region(self) -> tuple[slice, slice]:
        """To index an array with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def bounds(mask: npt.NDArray[np.bool_]) -> Rectangle | None:
    """The smallest rectangle around all that is True, None if nothing is."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return Rectangle(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def whole(pixels: Pixels) -> Rectangle:
    """All of a frame."""
    height, width = pixels.shape[:2]
    return Rectangle(0, 0, width, height)


def changes(before: Pixels | None, after: Pixels) -> Rectangle | None:
    """Where two frames differ; everywhere if there was none before, None if nowhere."""
    return whole(after) if before is None else bounds((before != after).any(axis=2))


def write_at(file: BinaryIO, position: int, data: bytes) -> None:
    """Replace bytes that were written before, and return to the end."""
    file.seek(position)
    file.write(data)
    file.seek(0, 2)
