"""Small films of several shots, whose truth is known: cuts, drawings on twos, a logo."""

from __future__ import annotations

import cv2
import numpy as np

SIZE = (128, 96)  # width, height


def texture(seed: int) -> np.ndarray:
    """A picture with detail of several sizes, larger than a frame."""
    random = np.random.default_rng(seed)
    width, height = (side + 64 for side in SIZE)
    layers = []
    for cell in (4, 12, 40):
        small = random.uniform(0, 255, (height // cell + 2, width // cell + 2, 3))
        layers.append(cv2.resize(small.astype(np.float32), (width, height)))
    return np.clip(np.mean(layers, axis=0) * 1.4 - 50, 0, 255).astype(np.uint8)


def pan(picture: np.ndarray, count: int, step: float) -> list[np.ndarray]:
    """Frames of a camera that moves over a picture, `step` pixels a frame to the right."""
    moved = []
    for index in range(count):
        shift = np.float32([[1, 0, -step * index], [0, 1, -step * index / 3]])
        moved.append(cv2.warpAffine(picture, shift, SIZE, flags=cv2.INTER_LINEAR))
    return moved


def on_twos(frames: list[np.ndarray]) -> list[np.ndarray]:
    """Every second frame, each shown twice."""
    return [frames[index - index % 2] for index in range(len(frames))]


_LETTERS = (slice(8, 20), slice(92, 120))
BAR = (slice(8, 12), slice(92, 120))
"""Rows and columns of the bar above the letters of `with_logo`."""
AROUND = (slice(5, 23), slice(89, 123))
"""Those of the letters and of the pixels that may be held with them."""


def with_logo(frames: list[np.ndarray]) -> list[np.ndarray]:
    """The same with two letters in the upper right corner."""
    stamped = []
    for frame in frames:
        frame = frame.copy()
        inside = frame[_LETTERS]
        inside[:, :4] = inside[:, 12:16] = inside[:, 24:] = 255
        inside[:4] = 255
        inside[4:6, 4:12] = inside[4:6, 16:24] = 0
        stamped.append(frame)
    return stamped
