"""Transparency in pixels."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.videos import cutouts

from dain.media.frame import Colour
from dain.media.planes import rescaled
from dain.media.transparency import for_encoder, is_opaque, on_white, spread_colours

PQ, HLG = Colour(9, 16, 9, 1), Colour(9, 18, 9, 1)


@pytest.mark.parametrize(("kind", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_half_of_a_colour_is_laid_half_on_white(kind: type, top: int) -> None:
    pixels = np.array([[[0, top, top // 5, top // 5 * 2], [9, 9, 9, 0], [9, 8, 7, top]]], kind)
    laid = on_white(pixels)
    assert laid.dtype == kind
    assert laid[0, 0].tolist() == [round(top * 0.6), top, round(top * 0.68)]
    assert laid[0, 1].tolist() == [top] * 3
    assert laid[0, 2].tolist() == [9, 8, 7]


@pytest.mark.parametrize(("colour", "white"), [(PQ, 0.581), (HLG, 0.75), (Colour(1, 1, 1), 1.0)])
def test_white_under_high_dynamic_range_is_reference_white(colour: Colour, white: float) -> None:
    laid = on_white(np.zeros((1, 1, 4), np.uint16), colour)
    assert laid[0, 0].tolist() == [round(65535 * white)] * 3


def test_what_is_opaque_stays_as_it_is() -> None:
    pixels = np.full((3, 4, 4), 255, np.uint8)
    pixels[..., 0] = np.arange(12).reshape(3, 4)
    assert is_opaque(pixels)
    np.testing.assert_array_equal(on_white(pixels), pixels[..., :3])
    assert on_white(pixels).flags.c_contiguous


@pytest.mark.parametrize("deep", [False, True])
def test_colours_are_spread_under_what_cannot_be_seen(deep: bool) -> None:
    pixels = cutouts(1, 31, 21, deep)[0]
    before = pixels.copy()
    spread = spread_colours(pixels)
    np.testing.assert_array_equal(pixels, before)
    seen = pixels[..., 3] > 0
    assert 0 < seen.sum() < seen.size
    np.testing.assert_array_equal(spread[seen], pixels[seen])
    np.testing.assert_array_equal(spread[..., 3], pixels[..., 3])
    step = 257 if deep else 1
    assert np.abs(spread[..., :3] / step - np.array([229.5, 153, 51])).max() <= 2


def test_where_nothing_is_seen_or_hidden_nothing_is_spread() -> None:
    hidden = np.zeros((4, 4, 4), np.uint8)
    assert spread_colours(hidden) is hidden
    shown = np.full((4, 4, 4), 1, np.uint8)
    assert spread_colours(shown) is shown


def test_only_lossy_encoders_get_spread_colours() -> None:
    pixels = cutouts(1, 31, 21)[0]
    assert for_encoder(pixels, "ffv1") is pixels
    assert for_encoder(pixels[..., :3], "libvpx-vp9").shape == (21, 31, 3)
    assert for_encoder(pixels, "libvpx-vp9")[0, -1].any()


@pytest.mark.parametrize("depth", [8, 9, 10, 12, 14, 16])
def test_there_and_back_between_depths_is_exact(depth: int) -> None:
    values = np.arange(1 << depth, dtype=np.uint8 if depth == 8 else np.uint16)
    wide = rescaled(values, depth, 16)
    assert (int(wide[0]), int(wide[-1])) == (0, 65535)
    np.testing.assert_array_equal(rescaled(wide, 16, depth), values)
