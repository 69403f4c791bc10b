"""Textures drawn from random numbers, for where there are no photographs, and beside them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

_SHIFT = 4  # OpenCV draws at sixteenths of a pixel


def draw_texture(random: np.random.Generator, side: int) -> Picture:
    """A texture of a random kind, ``(side, side, 3)`` uint8 RGB."""
    kind = _KINDS[int(random.integers(len(_KINDS)))]
    picture = kind(random, side)
    if random.random() < 0.3:  # light that falls off, and dirt
        light = 1 + 0.35 * fractal_noise(random, side, side, side // 2, 2)
        picture = to_bytes(picture.astype(np.float32) * light[..., None])
    return picture


def fractal_noise(
    random: np.random.Generator, height: int, width: int, cell: int, octaves: int
) -> Plane:
    """Smooth noise, ``(height, width)`` from -1 to 1; blobs span up to about `cell` pixels."""
    total = np.zeros((height, width), np.float32)
    amplitude, decay = 1.0, float(random.uniform(0.4, 0.75))
    for _ in range(octaves):
        rows, columns = height // cell + 4, width // cell + 4
        coarse = random.uniform(-1, 1, (rows, columns)).astype(np.float32)
        total += amplitude * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        amplitude *= decay
        cell = max(2, cell // 2)
    return np.asarray(total / max(float(np.abs(total).max()), 1e-6), np.float32)


def random_colour(random: np.random.Generator) -> npt.NDArray[np.float32]:
    """A colour, ``(3,)`` in [0, 255], more often dull than vivid, as most things are."""
    grey = random.uniform(0, 255)
    vividness = random.beta(1.2, 2.5)
    tint = random.uniform(0, 255, 3)
    return np.asarray(grey + vividness * (tint - grey), np.float32)


def to_bytes(values: npt.NDArray[np.floating]) -> Picture:
    """Rounded and clamped to uint8."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def _colour_map(random: np.random.Generator, value: Plane) -> Picture:
    """Values in [-1, 1] as colours along a line through a few random ones."""
    count = int(random.integers(2, 5))
    stops = np.stack([random_colour(random) for _ in range(count)])
    places = np.linspace(0, 255, count)
    table = np.stack([np.interp(np.arange(256), places, stops[:, c]) for c in range(3)], -1)
    return to_bytes(table)[to_bytes((value + 1) * 127.5)]


def _ramp(random: np.random.Generator, side: int) -> Plane:
    """Pixels along a random direction."""
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    return np.asarray(x * np.cos(angle) + y * np.sin(angle), np.float32)


def _square_wave(phase: Plane, sharpness: float) -> Plane:
    """A wave of period 1 between -1 and 1, with edges as steep as `sharpness` makes them."""
    return np.asarray(np.clip(np.sin(2 * np.pi * phase) * sharpness, -1, 1), np.float32)


def _noise(random: np.random.Generator, side: int) -> Picture:
    cell = int(side * np.exp(random.uniform(np.log(0.03), np.log(0.5))))
    value = fractal_noise(random, side, side, max(cell, 3), int(random.integers(2, 7)))
    if random.random() < 0.25:  # marble: veins where the noise crosses zero
        value = 1 - 2 * np.minimum(np.abs(value) * 4, 1)
    return _colour_map(random, value)


def _stripes(random: np.random.Generator, side: int) -> Picture:
    period = np.exp(random.uniform(np.log(5), np.log(side / 3)))
    phase = _ramp(random, side) / period
    if random.random() < 0.5:  # wavy
        phase = phase + random.uniform(0.2, 1.5) * fractal_noise(random, side, side, side // 3, 1)
    return _colour_map(random, _square_wave(phase, float(random.uniform(0.8, 8))))


def _checks(random: np.random.Generator, side: int) -> Picture:
    period = np.exp(random.uniform(np.log(6), np.log(side / 3)))
    x = np.arange(side, dtype=np.float32) / period
    row = _square_wave(x, 5)
    y = x / random.uniform(0.5, 1.5)
    if random.random() < 0.4:  # bricks: every other course is shifted, joints are thin
        shifted = x[None] + 0.5 * np.floor(y[:, None])
        joint = np.minimum(_sawtooth_edge(shifted), _sawtooth_edge(y[:, None] + 0 * shifted))
        tone = fractal_noise(random, side, side, max(int(period), 3), 3) * 0.4
        return _colour_map(random, np.clip(joint + tone, -1, 1))
    return _colour_map(random, row[None] * _square_wave(y, 5)[:, None])


def _sawtooth_edge(phase: npt.NDArray[np.float32]) -> Plane:
    """1 within each period, -1 at its ends."""
    fraction = phase - np.floor(phase)
    return np.asarray(np.clip(np.minimum(fraction, 1 - fraction) * 40 - 1.5, -1, 1), np.float32)


def _gradient(random: np.random.Generator, side: int) -> Picture:
    ramp = _ramp(random, side)
    value = 2 * (ramp - ramp.min()) / (ramp.max() - ramp.min()) - 1
    return _colour_map(random, np.asarray(value, np.float32))


def _cartoon(random: np.random.Generator, side: int) -> Picture:
    """Flat regions, some with dark outlines."""
    picture = np.empty((side, side, 3), np.uint8)
    picture[:] = to_bytes(random_colour(random))
    outline = int(random.integers(0, 4))
    for _ in range(int(random.integers(0, 25))):
        count = int(random.integers(3, 9))
        angles = np.sort(random.uniform(0, 2 * np.pi, count))
        radius = side * np.exp(random.uniform(np.log(0.03), np.log(0.35)))
        reach = radius * random.uniform(0.6, 1, count)
        points = random.uniform(0, side, 2) + np.stack(
            [reach * np.cos(angles), reach * np.sin(angles)], -1
        )
        corners = _fixed(points)
        cv2.fillPoly(picture, [corners], _tone(random), cv2.LINE_AA, _SHIFT)
        if outline:
            cv2.polylines(picture, [corners], True, (20, 20, 20), outline, cv2.LINE_AA, _SHIFT)
    return picture


def _drawing(random: np.random.Generator, side: int) -> Picture:
    """Lines on paper."""
    picture = np.empty((side, side, 3), np.uint8)
    picture[:] = to_bytes(random_colour(random))
    pen = _tone(random)
    for _ in range(int(random.integers(5, 40))):
        if random.random() < 0.2:
            pen = _tone(random)
        steps = random.normal(0, side * random.uniform(0.01, 0.1), (int(random.integers(2, 9)), 2))
        points = _fixed(random.uniform(0, side, 2) + np.cumsum(steps, 0))
        thickness = int(random.integers(1, 5))
        cv2.polylines(picture, [points], False, pen, thickness, cv2.LINE_AA, _SHIFT)
    return picture


def _dots(random: np.random.Generator, side: int) -> Picture:
    """Pebbles, leaves, confetti."""
    picture = np.empty((side, side, 3), np.uint8)
    picture[:] = to_bytes(random_colour(random))
    palette = [_tone(random) for _ in range(int(random.integers(1, 5)))]
    largest = side * np.exp(random.uniform(np.log(0.01), np.log(0.08)))
    count = int(min(900, 0.8 * (side / largest) ** 2))
    places = _fixed(random.uniform(0, side, (count, 2)))
    axes = _fixed(largest * random.uniform(0.3, 1, (count, 2)))
    angles = random.uniform(0, 360, count)
    for n in range(count):
        centre, size = places[n].tolist(), axes[n].tolist()
        tone = palette[n % len(palette)]
        cv2.ellipse(picture, centre, size, angles[n], 0, 360, tone, -1, cv2.LINE_AA, _SHIFT)
    return picture


def _tone(random: np.random.Generator) -> tuple[float, ...]:
    return tuple(random_colour(random).tolist())


def _fixed(points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(points * (1 << _SHIFT)), np.int32)


_KINDS: tuple[Callable[[np.random.Generator, int], Picture], ...] = (
    _noise,
    _noise,
    _noise,
    _stripes,
    _checks,
    _gradient,
    _cartoon,
    _cartoon,
    _drawing,
    _dots,
)
