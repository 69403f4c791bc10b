"""How the demo's scene is drawn: smooth noise, gradients, and shapes between the pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
Rgb = tuple[int, int, int]
Points = list[tuple[float, float]]  # x, y
Tone = tuple[float, ...]  # one value for each channel of the image

_SHIFT = 4  # OpenCV draws at sixteenths of a pixel


def noise(random: np.random.Generator, height: int, width: int, cell: int, octaves: int) -> Float:
    """Smooth noise from -1 to 1; the coarsest of its octaves has blobs of `cell` pixels."""
    total = np.zeros((height, width), np.float32)
    amplitude = 1.0
    for _ in range(octaves):
        grid = (max(2, width // cell + 2), max(2, height // cell + 2))
        coarse = random.uniform(-1, 1, (grid[1], grid[0])).astype(np.float32)
        total += amplitude * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        amplitude *= 0.55
        cell = max(2, cell // 2)
    return np.asarray(total / np.abs(total).max(), np.float32)


def rgb(colour: Rgb) -> Float:
    """A colour to calculate with."""
    return np.array(colour, np.float32)


def gradient(top: Rgb, bottom: Rgb, height: int, width: int) -> Float:
    """``(height, width, 3)`` from one colour at the top to another at the bottom."""
    weight = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    column = rgb(top) * (1 - weight) + rgb(bottom) * weight
    return np.ascontiguousarray(np.broadcast_to(column, (height, width, 3)))


def _fixed(points: Points) -> npt.NDArray[np.int32]:
    return np.round(np.asarray(points) * (1 << _SHIFT)).astype(np.int32)


def polygon(image: Float, points: Points, tone: Tone) -> None:
    """Fill a polygon."""
    cv2.fillPoly(image, [_fixed(points)], tone, cv2.LINE_AA, _SHIFT)


def line(image: Float, points: Points, thickness: int, tone: Tone = (1.0,)) -> None:
    """Draw a line through the points."""
    cv2.polylines(image, [_fixed(points)], False, tone, thickness, cv2.LINE_AA, _SHIFT)


def ellipse(image: Float, centre: tuple[float, float], axes: tuple[int, int], tone: Tone) -> None:
    """Fill an ellipse."""
    middle, size = _fixed([centre])[0], _fixed([axes])[0]
    cv2.ellipse(
        image,
        (int(middle[0]), int(middle[1])),
        (int(size[0]), int(size[1])),
        0,
        0,
        360,
        tone,
        -1,
        cv2.LINE_AA,
        _SHIFT,
    )
