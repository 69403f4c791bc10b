"""Every kind of frame is seen in 8 bits."""

import numpy as np
import pytest

from dain.judgement import glance_at


def test_grey_is_luma_at_full_size_and_the_thumbnail_is_an_average():
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:, ::2] = (0, 200, 0)
    seen = glance_at(pixels)
    assert seen.grey.shape == (480, 640)
    assert seen.grey[0, 0] == 117  # 0.587 * 200
    height, width = seen.thumb.shape[:2]
    assert height * width == pytest.approx(160 * 90, rel=0.05)
    assert abs(height / width - 480 / 640) < 0.01
    assert np.abs(seen.thumb[..., 1].astype(int) - 100).max() <= 34
    assert abs(seen.thumb[..., 1].mean() - 100) < 1


def test_a_small_frame_is_its_own_thumbnail():
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(glance_at(pixels).thumb, pixels)


def test_16_bits_are_seen_by_their_upper_half():
    pixels = np.full((4, 4, 3), 0x80FF, np.uint16)
    assert glance_at(pixels).grey[0, 0] == 0x80


def test_light_is_seen_about_as_a_display_shows_it():
    pixels = np.full((4, 4, 3), 0.25, np.float32)
    pixels[0, 0] = np.nan, np.inf, -1
    seen = glance_at(pixels)
    assert seen.grey[2, 2] == 127
    assert seen.thumb[0, 0].tolist() == [0, 255, 0]


def test_transparent_places_are_black_whatever_colour_they_hide():
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[0, 0, 3] = 0
    pixels[1, 1, 3] = 128
    seen = glance_at(pixels)
    assert [seen.grey[0, 0], seen.grey[1, 1], seen.grey[2, 2]] == [0, 128, 255]


def test_an_opaque_alpha_changes_nothing():
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[..., 3] = 255
    assert np.array_equal(glance_at(pixels).thumb, pixels[..., :3])
