"""Film in interlaced frames: every film frame is known, and so is where its fields went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.support.fields import NTSC, flagged
from tests.support.videos import make_video

PULLDOWN = (2, 3)  # fields that each film frame gets
ADVANCED = (2, 3, 3, 2)
PROGRESSIVE = (2,)


def film(count: int, size: tuple[int, int] = (64, 48), noise: float = 0.0) -> list[np.ndarray]:
    """Textured pictures, RGB, that drift; each frame has grain of its own."""
    generator = np.random.default_rng(7)
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(float)
    made = []
    for number in range(count):
        shift = 3 * number
        grey = 120 + 50 * np.sin((x - shift) / 3) + 40 * np.sin((x + 2 * y + shift) / 7)
        grey = grey + generator.normal(0, noise, grey.shape)
        made.append(np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2))
    return made


def fields(count: int, cadence: Sequence[int], begin: int = 0) -> list[int]:
    """Number of the film frame that each of `count` fields shows; `begin` fields are cut off."""
    made: list[int] = []
    while len(made) < count + begin:
        frame = len(set(made))
        made += [frame] * cadence[frame % len(cadence)]
    return made[begin : begin + count]


def woven(images: Sequence[np.ndarray], shown: Sequence[int], top_first: bool) -> list[np.ndarray]:
    """Frames of two fields each."""
    return [weave(images[one], images[two], top_first) for one, two in _pairs(shown)]


def weave(first: np.ndarray, second: np.ndarray, top_first: bool) -> np.ndarray:
    """The lines of two pictures in one."""
    picture = first.copy()
    begin = 1 if top_first else 0
    picture[begin::2] = second[begin::2]
    return picture


def write(
    path: Path,
    images: Sequence[np.ndarray],
    top_first: bool = True,
    whole: Sequence[int] = (),
    pixel_format: str = "yuv420p",
    codec: str = "ffv1",
    rate: Fraction | int = NTSC,
    **kinds: object,
) -> Path:
    """Encode pictures as interlaced frames, but for those whose numbers are in `whole`."""
    mode = "tff" if top_first else "bff"
    frames = [
        flagged(image, "prog" if number in whole else mode, pixel_format)
        for number, image in enumerate(images)
    ]
    return make_video(path, frames=frames, codec=codec, rate=rate, **kinds)  # type: ignore[arg-type]


def _pairs(shown: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(shown[::2], shown[1::2], strict=True)
