"""Small made-up shots, for tests of what is told from motion."""

from __future__ import annotations

import cv2
import numpy as np

HEIGHT, WIDTH = 48, 80


def texture(seed, height=HEIGHT, width=WIDTH):
    """Smooth colours with something to see everywhere, uint8."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    coarse, fine = cv2.GaussianBlur(noise, (0, 0), 6), cv2.GaussianBlur(noise, (0, 0), 2)
    picture = 60 * coarse / coarse.std() + 25 * fine / fine.std()
    tint = np.random.default_rng(seed + 1).uniform(70, 180, 3)
    return np.clip(picture + tint, 0, 255).astype(np.uint8)


def pan(seed, count, speed=1.0):
    """A camera that goes right by `speed` pixels in every frame."""
    wide = texture(seed, HEIGHT, WIDTH + round(abs(speed) * count) + 1)
    shots = []
    for number in range(count):
        move = np.float32([[1, 0, -speed * number], [0, 1, 0]])
        shots.append(cv2.warpAffine(wide, move, (wide.shape[1], HEIGHT))[:, :WIDTH])
    return np.stack(shots)


def dissolve(one, other):
    """From one shot to another of the same length, beginning and ending with a pure frame."""
    weights = np.linspace(0, 1, len(one))[:, None, None, None]
    return np.rint(one * (1 - weights) + other * weights).astype(np.uint8)
