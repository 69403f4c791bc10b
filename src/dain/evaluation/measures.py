"""Measures of a made frame against the true one, on 8-bit RGB as the papers compute them."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

_PEAK = 255.0


def psnr(made: Picture, true: Picture) -> float:
    """Peak signal-to-noise ratio in dB over all pixels and channels; infinite if equal."""
    difference = made.astype(np.int32) - true
    error = float(np.mean(difference * difference))
    return math.inf if error == 0 else 10 * math.log10(_PEAK**2 / error)


def mean_absolute_error(made: Picture, true: Picture) -> float:
    """Mean absolute difference over all pixels and channels, in levels of 255.

    The "interpolation error" that papers report on Middlebury.
    """
    return float(np.mean(np.abs(made.astype(np.int16) - true)))


def ssim(made: Picture, true: Picture) -> float:
    """Structural similarity, Wang et al. 2004: Gaussian window 11x11, sigma 1.5, K 0.01 and 0.03.

    Computed for each RGB channel and averaged over channels; only where the window lies wholly
    on the picture. A picture smaller than the window is measured with mirrored borders.
    """
    # One channel at a time: several float64 copies of a whole 4K frame are gigabytes.
    pairs = zip(cv2.split(made), cv2.split(true), strict=True)
    return float(np.mean([_ssim(one, two) for one, two in pairs]))


def _ssim(made: npt.NDArray[Any], true: npt.NDArray[Any]) -> float:
    one, two = made.astype(np.float64), true.astype(np.float64)
    mean1, mean2 = _smooth(one), _smooth(two)
    variance1 = _smooth(one * one) - mean1 * mean1
    variance2 = _smooth(two * two) - mean2 * mean2
    covariance = _smooth(one * two) - mean1 * mean2
    c1, c2 = (0.01 * _PEAK) ** 2, (0.03 * _PEAK) ** 2
    similarity = ((2 * mean1 * mean2 + c1) * (2 * covariance + c2)) / (
        (mean1 * mean1 + mean2 * mean2 + c1) * (variance1 + variance2 + c2)
    )
    if min(similarity.shape) > 10:
        similarity = similarity[5:-5, 5:-5]
    return float(similarity.mean())


def _smooth(picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(cv2.GaussianBlur(picture, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT_101))
