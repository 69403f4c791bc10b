"""Measures against what their definitions give."""

import math

import cv2
import numpy as np
import pytest

from dain.evaluation import mean_absolute_error, psnr, ssim


def test_measures_of_equal_pictures(picture):
    one = picture(0)
    assert psnr(one, one) == math.inf
    assert mean_absolute_error(one, one) == 0
    assert ssim(one, one) == pytest.approx(1)


def test_psnr_and_error_of_a_known_difference():
    one = np.full((8, 8, 3), 100, np.uint8)
    two = one + np.uint8(5)
    assert psnr(one, two) == pytest.approx(20 * math.log10(255 / 5))
    assert mean_absolute_error(one, two) == 5


def test_the_largest_difference_does_not_wrap_around():
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    for one, two in ((black, white), (white, black)):
        assert psnr(one, two) == 0
        assert mean_absolute_error(one, two) == 255


def test_one_wrong_channel_counts_a_third():
    one = np.full((8, 8, 3), 100, np.uint8)
    two = one.copy()
    two[..., 1] += 30
    assert mean_absolute_error(one, two) == 10
    assert psnr(one, two) == pytest.approx(10 * math.log10(255**2 / 300))


def test_ssim_by_its_definition_at_one_pixel(picture):
    """At 11x11 only the middle window lies wholly on the picture: one weighted sum a channel."""
    one, two = (picture(k, 11, 11).astype(np.float64) for k in (1, 2))
    axis = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(axis, axis)[..., None] / axis.sum() ** 2
    mean1, mean2 = ((window * p).sum((0, 1)) for p in (one, two))
    variance1 = (window * one**2).sum((0, 1)) - mean1**2
    variance2 = (window * two**2).sum((0, 1)) - mean2**2
    covariance = (window * one * two).sum((0, 1)) - mean1 * mean2
    c1, c2 = 2.55**2, 7.65**2
    expected = ((2 * mean1 * mean2 + c1) * (2 * covariance + c2)) / (
        (mean1**2 + mean2**2 + c1) * (variance1 + variance2 + c2)
    )
    found = ssim(one.astype(np.uint8), two.astype(np.uint8))
    assert found == pytest.approx(expected.mean())


def test_ssim_of_flat_pictures_is_that_of_their_means():
    one, two = np.full((20, 20, 3), 100, np.uint8), np.full((20, 20, 3), 110, np.uint8)
    c1 = 2.55**2
    expected = (2 * 100 * 110 + c1) / (100**2 + 110**2 + c1)
    assert ssim(one, two) == pytest.approx(expected)


def test_ssim_falls_with_noise(picture):
    base = cv2.GaussianBlur(picture(3), (0, 0), 3)
    noisy = np.clip(base.astype(int) + picture(4) // 8 - 16, 0, 255).astype(np.uint8)
    assert ssim(base, noisy) < 0.95 < ssim(base, base)


def test_ssim_of_a_picture_smaller_than_the_window(picture):
    assert ssim(picture(0, 5, 7), picture(0, 5, 7)) == pytest.approx(1)
    assert ssim(picture(0, 5, 7), picture(1, 5, 7)) < 0.9
