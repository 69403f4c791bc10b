"""What cameras and codecs do to frames: light, softness, grain and compression."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import erf
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.scene_motion import chance, log_uniform

Picture = npt.NDArray[np.uint8]
Frames = tuple[Picture, Picture, Picture]


def compress(random: np.random.Generator, frames: Frames, lowest: int = 30) -> Frames:
    """All three frames as JPEG of one quality between `lowest` and 95, and back.

    Args:
        random: chooses the quality.
        frames: first, truth and last, ``(H, W, 3)`` uint8 RGB.
        lowest: quality.
    """
    quality = int(random.integers(lowest, 96))
    return _each(frames, lambda frame: _through_jpeg(frame, quality))


def _through_jpeg(frame: Picture, quality: int) -> Picture:
    """With colour at half the size, as video has it."""
    parameters = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), parameters)
    decoded: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def add_grain(random: np.random.Generator, frames: Frames) -> Frames:
    """Noise of its own on every frame, alike in strength; mostly of light, less of colour."""
    sigma = log_uniform(random, 0.5, 7)
    coloured, coarse = chance(random, 0.4), chance(random, 0.4)
    return _each(frames, lambda frame: _grainy(random, frame, sigma, coloured, coarse))


def _grainy(
    random: np.random.Generator, frame: Picture, sigma: float, coloured: bool, coarse: bool
) -> Picture:
    shape = frame.shape if coloured else frame.shape[:2]
    table = np.asarray(_quantiles() * (sigma * (1.6 if coarse else 1.0)), np.float32)
    noise = table[random.integers(0, 256, shape, np.uint8)]
    if coarse:
        noise = cv2.GaussianBlur(noise, (3, 3), 0.6)
    if not coloured:
        noise = cv2.merge([noise, noise, noise])
    return np.asarray(cv2.add(frame, noise, dtype=cv2.CV_8U), np.uint8)


@cache
def _quantiles() -> npt.NDArray[np.float64]:
    """Of the normal distribution: what each value of a random byte stands for."""
    values = np.linspace(-4, 4, 4001)
    cumulative = np.array([(1 + erf(v / 2**0.5)) / 2 for v in values])
    return np.interp((np.arange(256) + 0.5) / 256, cumulative, values)


def change_light(random: np.random.Generator, frames: Frames, time: float) -> Frames:
    """Exposure and white balance that drift from the first frame to the last.

    Args:
        random: chooses.
        frames: first, truth and last.
        time: of the truth, in (0, 1).
    """
    exposure = random.normal(0, 0.03) + random.normal(0, 0.008, 3)
    offset = random.normal(0, 1.5)

    def at(frame: Picture, moment: float) -> Picture:
        levels = np.arange(256)[:, None]
        table = levels * np.exp(exposure * (moment - 0.5)) + offset * (moment - 0.5)
        return np.asarray(cv2.LUT(frame, _bytes(table)[None]), np.uint8)

    first, truth, last = frames
    return at(first, 0), at(truth, time), at(last, 1)


def soften(random: np.random.Generator, frames: Frames) -> Frames:
    """Smaller and large again, as footage that was scaled up."""
    height, width = frames[0].shape[:2]
    scale = float(random.uniform(0.5, 0.95))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))

    def once(frame: Picture) -> Picture:
        less = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        again = cv2.resize(less, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(again, np.uint8)

    return _each(frames, once)


def _each(frames: Frames, change: Callable[[Picture], Picture]) -> Frames:
    first, truth, last = frames
    return change(first), change(truth), change(last)


def _bytes(values: npt.NDArray[np.floating]) -> Picture:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
