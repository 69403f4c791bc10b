"""Little pictures and datasets in the layouts of the field."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest


def random_picture(seed: int, height: int = 40, width: int = 48) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return noise.astype(np.uint8)


@pytest.fixture
def picture() -> Callable[..., np.ndarray]:
    """A picture of noise by its seed, height and width."""
    return random_picture


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a picture below the test's folder: given pixels, or noise by a seed."""

    def to(name: str, pixels: np.ndarray | int = 0, height: int = 40, width: int = 48) -> Path:
        if isinstance(pixels, int):
            pixels = random_picture(pixels, height, width)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), pixels[..., ::-1])
        return path

    return to


class Averaging:
    """The mean of both frames, and what was asked of it."""

    def __init__(self) -> None:
        self.times: list[Fraction] = []

    def between(self, frame0, frame1, times):
        self.times += times
        return [((frame0.astype(np.uint16) + frame1) // 2).astype(np.uint8) for _ in times]


@pytest.fixture
def averaging() -> Averaging:
    return Averaging()
