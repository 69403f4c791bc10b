"""Frames between two frames of scene-linear light, by engines that know display values only.

An engine takes values from 0 to 1, as a display shows them. Light of a scene has no end, so it
is put through a curve first, and what comes out through its inverse: that of sRGB up to 1, and
a logarithm above. How far up (and below 0) it reaches is a power of two chosen by the pair
alone: a run that is resumed chooses the same, and where a sequence keeps its range, the
engine recognises the frames that it knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from dain.media.scene_light import Floats, finite, linear_of, srgb_of, straight

# Of all values, those up to 1 keep at least this share: motion is mostly seen there.
_DISPLAY_SHARE = 0.6
_LEAST_NEGATIVE = 2.0**-10
# Light without alpha (fire, flares) that is too dark to be worth a second run of the engine.
_FAINT = 1 / 256


class Engine(Protocol):
    """The part of an engine that is needed here."""

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        """Frames between two, one for each time."""


def frames_between(
    engine: Engine,
    frame0: npt.NDArray[Any],
    frame1: npt.NDArray[Any],
    times: Sequence[Fraction | float],
) -> list[npt.NDArray[Any]]:
    """Frames between two of any kind that readers give; float32 ones are scene-linear.

    Args:
        engine: takes frames in integers as they are, and float32 ones in [0, 1].
        frame0: ``(H, W, 3)``, or ``(H, W, 4)`` with alpha.
        frame1: the same size and type.
        times: each in (0, 1).
    """
    if frame0.dtype != np.float32:
        return engine.between(frame0, frame1, times)
    if np.array_equal(frame0, frame1):
        return [frame0.copy() for _ in times]
    pair = finite(frame0), finite(frame1)
    if frame0.shape[2] == 3:
        return _opaque_between(engine, *pair, times)
    return _covered_between(engine, *pair, times)


@dataclass(frozen=True)
class Curve:
    """Between light and [0, 1], reversible.

    Attributes:
        peak: the largest light that it takes, at least 1.
        floor: how far it goes below 0; 0 for not at all.
    """

    peak: float
    floor: float

    @staticmethod
    def of(*frames: Floats) -> Curve:
        """The curve whose ends are the next powers of two."""
        high = max(float(frame.max()) for frame in frames)
        low = max(-float(frame.min()) for frame in frames)
        return Curve(
            peak=_power_of_two(max(high, 1.0)),
            floor=_power_of_two(max(low, _LEAST_NEGATIVE)) if low > 0 else 0.0,
        )

    def encode(self, light: Floats) -> Floats:
        """Light to values in [0, 1]."""
        low, top = self._ends()
        values = np.sign(light) * self._above_0(np.abs(light))
        return cast("Floats", np.clip((values + low) / (low + top), 0, 1).astype(np.float32))

    def decode(self, values: Floats) -> Floats:
        """The inverse of `encode`."""
        low, top = self._ends()
        above = values * np.float32(low + top) - np.float32(low)
        return cast("Floats", (np.sign(above) * self._light(np.abs(above))).astype(np.float32))

    def _ends(self) -> tuple[float, float]:
        ends = np.array([self.floor, self.peak], np.float32)
        low, top = self._above_0(ends)
        return float(low), float(top)

    def _slope(self) -> float:
        """Of the logarithm: that of sRGB's curve at 1, or less to leave room for the display."""
        largest = max(self.peak, self.floor)
        if largest <= 1:
            return 0.0
        return min(1.055 / 2.4, (1 / _DISPLAY_SHARE - 1) / math.log(largest))

    def _above_0(self, light: Floats) -> Floats:
        logarithm = 1 + self._slope() * np.log(np.maximum(light, 1))
        below = srgb_of(np.minimum(light, 1))
        return cast("Floats", np.where(light > 1, logarithm, below).astype(np.float32))

    def _light(self, values: Floats) -> Floats:
        slope = self._slope()
        if slope == 0:
            return linear_of(values)
        beyond = np.exp((np.maximum(values, 1) - 1) / np.float32(slope))
        below = linear_of(np.minimum(values, 1))
        return cast("Floats", np.where(values > 1, beyond, below).astype(np.float32))


def _opaque_between(
    engine: Engine, frame0: Floats, frame1: Floats, times: Sequence[Fraction | float]
) -> list[npt.NDArray[Any]]:
    curve = Curve.of(frame0, frame1)
    made = engine.between(curve.encode(frame0), curve.encode(frame1), times)
    return [curve.decode(frame) for frame in made]


def _covered_between(
    engine: Engine, frame0: Floats, frame1: Floats, times: Sequence[Fraction | float]
) -> list[npt.NDArray[Any]]:
    """With alpha: what covers moves as one, and light that covers nothing is added to it."""
    pair = [_split(frame) for frame in (frame0, frame1)]
    (solid0, _), (solid1, _) = pair
    curve = Curve.of(solid0[..., :3], solid1[..., :3])
    encoded = [
        np.concatenate([curve.encode(solid[..., :3]), solid[..., 3:]], axis=2)
        for solid in (solid0, solid1)
    ]
    made = []
    for frame in engine.between(encoded[0], encoded[1], times):
        alpha = frame[..., 3:]
        made.append(np.concatenate([curve.decode(frame[..., :3]) * alpha, alpha], axis=2))
    glow0, glow1 = (glow for _, glow in pair)
    if max(float(np.abs(glow).max()) for glow in (glow0, glow1)) > _FAINT:
        for frame, glow in zip(made, _opaque_between(engine, glow0, glow1, times), strict=True):
            frame[..., :3] += glow
    return made


def _split(frame: Floats) -> tuple[Floats, Floats]:
    """What covers, RGBA with colours not multiplied, and the light that covers nothing, RGB."""
    solid = straight(frame)
    # Divided by hardly any alpha, noise would become the brightest of all.
    brightest = _power_of_two(max(1.0, float(np.abs(frame[..., :3]).max())))
    solid[..., :3] = np.clip(solid[..., :3], -brightest, brightest)
    return solid, frame[..., :3] - solid[..., :3] * solid[..., 3:]


def _power_of_two(value: float) -> float:
    """The smallest one that is not below a value."""
    return 2.0 ** math.ceil(math.log2(value))
