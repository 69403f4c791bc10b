"""What cameras and codecs do to frames: light, softness, grain and compression."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import erf
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.scene_motion import chance, log_uniform

Picture = npt.NDArray[np.uint8]
Frames = tuple[Picture, Picture, Picture]

COARSENESS = 0.6  # pixels, sigma of the blur of coarse grain over 3x3 of them


@dataclass(frozen=True)
class Light:
    """Exposure and white balance that drift from the first frame to the last.

    Attributes:
        exposure: natural logarithm of what red, green and blue grow by.
        offset: levels of 255 that are added on the way.
    """

    exposure: tuple[float, float, float]
    offset: float

    def on(self, frames: Frames, time: float) -> Frames:
        """First, truth and last as this light shows them.

        Args:
            frames: see `Spoiling.on`.
            time: of the truth, in (0, 1).
        """
        first, truth, last = frames
        return self._at(first, 0), self._at(truth, time), self._at(last, 1)

    def _at(self, frame: Picture, moment: float) -> Picture:
        levels = np.arange(256)[:, None]
        growth = np.exp(np.array(self.exposure) * (moment - 0.5))
        table = levels * growth + self.offset * (moment - 0.5)
        return np.asarray(cv2.LUT(frame, _bytes(table)[None]), np.uint8)


@dataclass(frozen=True)
class Grain:
    """Noise of its own on every frame, alike in strength; mostly of light, less of colour.

    Attributes:
        sigma: of the noise, in levels of 255.
        coloured: red, green and blue differ.
        coarse: it is blurred a little.
        state: of the generator that draws it.
    """

    sigma: float
    coloured: bool
    coarse: bool
    state: Mapping[str, Any]

    @property
    def strength(self) -> float:
        """Sigma before the blur of coarse noise, which takes some of it away."""
        return self.sigma * (1.6 if self.coarse else 1.0)

    def on(self, frames: Frames) -> Frames:
        """The frames with this noise, which is the same each time."""
        random = np.random.default_rng()
        random.bit_generator.state = self.state
        table = np.asarray(normal_quantiles() * self.strength, np.float32)

        def once(frame: Picture) -> Picture:
            noise: npt.NDArray[Any] = table[_random_bytes(random, self.coloured, frame.shape)]
            if self.coarse:
                noise = cv2.GaussianBlur(noise, (3, 3), COARSENESS)
            if not self.coloured:
                noise = cv2.merge([noise, noise, noise])
            return np.asarray(cv2.add(frame, noise, dtype=cv2.CV_8U), np.uint8)

        return _each(frames, once)


@dataclass(frozen=True, kw_only=True)
class Spoiling:
    """What befalls the frames of one sample; None where nothing does.

    Attributes:
        light: that drifts.
        scale: size to which footage was made smaller, and then large again; in (0, 1).
        grain: noise.
        quality: of JPEG, from 1 to 100.
    """

    light: Light | None = None
    scale: float | None = None
    grain: Grain | None = None
    quality: int | None = None

    def on(self, frames: Frames, time: float) -> Frames:
        """The frames as delivered: light, scaling, grain and codec, in the order of a camera.

        Args:
            frames: first, truth and last, ``(H, W, 3)`` uint8 RGB.
            time: of the truth, in (0, 1).
        """
        if self.light is not None:
            frames = self.light.on(frames, time)
        if self.scale is not None:
            frames = _soft(frames, self.scale)
        if self.grain is not None:
            frames = self.grain.on(frames)
        quality = self.quality
        return frames if quality is None else _each(frames, lambda f: _through_jpeg(f, quality))


def random_light(random: np.random.Generator) -> Light:
    """A drift, mostly a slight one."""
    red, green, blue = (random.normal(0, 0.03) + random.normal(0, 0.008, 3)).tolist()
    return Light((red, green, blue), float(random.normal(0, 1.5)))


def random_scale(random: np.random.Generator) -> float:
    """Of footage that is made smaller, and then large again."""
    return float(random.uniform(0.5, 0.95))


def random_grain(random: np.random.Generator, shape: tuple[int, ...]) -> Grain:
    """Noise of a random strength.

    Args:
        random: chooses; left where drawing the noise leaves it, for what is drawn after.
        shape: of a frame, ``(H, W, 3)``.
    """
    sigma = log_uniform(random, 0.5, 7)
    coloured, coarse = chance(random, 0.4), chance(random, 0.4)
    grain = Grain(sigma, coloured, coarse, random.bit_generator.state)
    for _ in range(3):
        _random_bytes(random, coloured, shape)
    return grain


def random_quality(random: np.random.Generator, lowest: int = 30) -> int:
    """Of JPEG, between `lowest` and 95."""
    return int(random.integers(lowest, 96))


@cache
def normal_quantiles() -> npt.NDArray[np.float64]:
    """What each value of a random byte stands for in a normal distribution, ``(256,)``."""
    values = np.linspace(-4, 4, 4001)
    cumulative = np.array([(1 + erf(v / 2**0.5)) / 2 for v in values])
    return np.interp((np.arange(256) + 0.5) / 256, cumulative, values)


def smaller(side: int, scale: float) -> int:
    """The side of a frame that was made smaller, in pixels."""
    return max(1, round(side * scale))


def _soft(frames: Frames, scale: float) -> Frames:
    height, width = frames[0].shape[:2]
    small = (smaller(width, scale), smaller(height, scale))

    def once(frame: Picture) -> Picture:
        less = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        again = cv2.resize(less, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(again, np.uint8)

    return _each(frames, once)


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


def _random_bytes(
    random: np.random.Generator, coloured: bool, shape: tuple[int, ...]
) -> npt.NDArray[np.uint8]:
    return random.integers(0, 256, shape if coloured else shape[:2], np.uint8)


def _each(frames: Frames, change: Callable[[Picture], Picture]) -> Frames:
    first, truth, last = frames
    return change(first), change(truth), change(last)


def _bytes(values: npt.NDArray[np.floating]) -> Picture:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
