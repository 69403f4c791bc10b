"""Turning pictures upright by the display matrix that phones write."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import cv2

from dain.media.frame import Pixels

_TOLERANCE = 0.01  # of the larger entry; fixed-point matrices are rarely exact


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a rectangle on itself: transpose first, then mirror.

    Attributes:
        transposed: rows become columns.
        mirrored: left and right are swapped.
        flipped: top and bottom are swapped.
    """

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height once upright."""
        return (height, width) if self.transposed else (width, height)

    def sample_aspect_ratio(self, ratio: Fraction) -> Fraction:
        """Shape of a pixel once upright."""
        return 1 / ratio if self.transposed else ratio

    def upright(self, pixels: Pixels) -> Pixels:
        """Turn ``(H, W, C)`` pixels; C-contiguous, the very array where nothing turns."""
        if self.transposed:
            pixels = cast("Pixels", cv2.transpose(pixels))
        if self.mirrored or self.flipped:
            both = self.mirrored and self.flipped
            code = -1 if both else int(self.mirrored)
            pixels = cast("Pixels", cv2.flip(pixels, code))
        return pixels


UPRIGHT = Orientation()


def parse_display_matrix(data: bytes) -> tuple[int, ...]:
    """FFmpeg's display matrix side data: nine 32-bit integers in the machine's byte order."""
    return struct.unpack("=9i", data[:36])


def from_display_matrix(matrix: Sequence[int]) -> Orientation | None:
    """The orientation a display matrix asks for.

    Args:
        matrix: nine numbers; a source pixel (x, y) is shown at
            (matrix[0] x + matrix[3] y, matrix[1] x + matrix[4] y), y downwards.

    Returns:
        None if it is no multiple of a quarter turn, mirrored or not.
    """
    x_from_x, y_from_x, x_from_y, y_from_y = matrix[0], matrix[1], matrix[3], matrix[4]
    straight = min(abs(x_from_x), abs(y_from_y))
    crossed = min(abs(y_from_x), abs(x_from_y))
    if max(abs(y_from_x), abs(x_from_y)) < _TOLERANCE * straight:
        return Orientation(False, mirrored=x_from_x < 0, flipped=y_from_y < 0)
    if max(abs(x_from_x), abs(y_from_y)) < _TOLERANCE * crossed:
        return Orientation(True, mirrored=x_from_y < 0, flipped=y_from_x < 0)
    return None
