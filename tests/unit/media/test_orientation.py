from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest
from tests.support.videos import ORIENTATIONS, display_matrix

from dain.media.orientation import (
    UPRIGHT,
    Orientation,
    from_display_matrix,
    parse_display_matrix,
)


def place_pixels(image: np.ndarray, orientation: int) -> np.ndarray:
    """Put every pixel where the matrix says, one at a time."""
    a, b, c, d = ORIENTATIONS[orientation]
    height, width = image.shape[:2]
    spots = {
        (a * x + c * y, b * x + d * y): image[y, x] for y in range(height) for x in range(width)
    }
    left = min(x for x, _ in spots)
    top = min(y for _, y in spots)
    upright = np.zeros((width, height, 3) if a == 0 else (height, width, 3), image.dtype)
    for (x, y), value in spots.items():
        upright[y - top, x - left] = value
    return upright


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_pixels_are_turned_as_the_matrix_says(orientation, kind):
    image = np.arange(4 * 6 * 3).reshape(4, 6, 3).astype(kind) * 3
    turn = from_display_matrix(display_matrix(orientation))
    upright = turn.upright(image)
    np.testing.assert_array_equal(upright, place_pixels(image, orientation))
    assert upright.flags.c_contiguous
    assert turn.size(6, 4) == (upright.shape[1], upright.shape[0])


def test_a_quarter_turn_swaps_the_shape_of_a_pixel():
    assert Orientation(transposed=True).sample_aspect_ratio(Fraction(4, 3)) == Fraction(3, 4)
    assert Orientation(mirrored=True).sample_aspect_ratio(Fraction(4, 3)) == Fraction(4, 3)


def test_nothing_is_copied_where_nothing_turns():
    image = np.zeros((4, 6, 3), np.uint8)
    assert UPRIGHT.upright(image) is image


def test_slightly_inexact_and_scaled_matrices_are_understood():
    assert from_display_matrix([3, 65535, 0, -65537, -2, 0, 0, 0, 1 << 30]) == Orientation(
        transposed=True, mirrored=True
    )
    assert from_display_matrix([1 << 17, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30]) == UPRIGHT


@pytest.mark.parametrize(
    "matrix",
    [
        [46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30],  # 45 degrees
        [0] * 9,
        [1 << 16, 0, 0, 0, 0, 0, 0, 0, 1 << 30],  # flattens to a line
    ],
)
def test_what_is_no_quarter_turn_is_none(matrix):
    assert from_display_matrix(matrix) is None


def test_side_data_is_nine_native_integers():
    numbers = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    assert parse_display_matrix(struct.pack("=9i", *numbers) + b"padding") == numbers
