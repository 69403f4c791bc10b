"""Little animated images: by Pillow where it can make them, by hand where it cannot."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageSequence

from dain.media.animation_apng import SIGNATURE, chunk

FORMATS = {".gif": "GIF", ".apng": "PNG", ".png": "PNG", ".webp": "WEBP"}


def save_animation(
    path: Path, images: Sequence[np.ndarray], milliseconds: Sequence[float] | float, loop: int = 0
) -> Path:
    """Let Pillow write frames, ``(H, W, 3)`` or ``(H, W, 4)`` uint8; WebP without loss."""
    frames = [Image.fromarray(image) for image in images]
    # Of GIF's own accord, what has become transparent would stay.
    options = {".webp": {"lossless": True}, ".gif": {"disposal": 2}}.get(path.suffix, {})
    frames[0].save(
        path,
        FORMATS[path.suffix],
        save_all=True,
        append_images=frames[1:],
        duration=milliseconds,
        loop=loop,
        **options,
    )
    return path


class Seen(NamedTuple):
    """An animated image as Pillow reads it: RGBA frames, milliseconds, and its loop count."""

    frames: list[np.ndarray]
    milliseconds: list[float]
    loop: int | None


def seen_by_pillow(path: Path) -> Seen:
    with Image.open(path) as image:
        loop = image.info.get("loop")
        frames, times = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(np.array(frame.convert("RGBA")))
            times.append(frame.info["duration"])
    return Seen(frames, times, loop)


class GifFrame(NamedTuple):
    """One frame to be written by hand: colours are 0 red, 1 green, 2 blue, 3 transparent."""

    indices: Sequence[Sequence[int]]
    place: tuple[int, int] = (0, 0)
    delay: int = 10
    disposal: int = 0


def write_gif(
    path: Path, size: tuple[int, int], frames: Sequence[GifFrame], repeats: int | None = None
) -> Path:
    """A GIF of exactly these blocks; `repeats` None leaves the loop extension out."""
    data = b"GIF89a" + struct.pack("<HHBBB", *size, 0x80 | 1, 2, 0)
    data += bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    if repeats is not None:
        data += b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", repeats, 0)
    for frame in frames:
        indices = np.array(frame.indices, np.uint8)
        control = (frame.disposal << 2 | 1, frame.delay, 3, 0)
        data += b"!\xf9\x04" + struct.pack("<BHBB", *control)
        data += b"," + struct.pack("<HHHHB", *frame.place, *indices.shape[::-1], 0)
        data += compressed(indices)
    path.write_bytes(data + b";")
    return path


def compressed(indices: np.ndarray) -> bytes:
    """The compressed data of indices, cut out of a GIF by Pillow (all of one colour table)."""
    image = Image.fromarray(indices)
    image.putpalette(bytes(768))
    whole = io.BytesIO()
    image.save(whole, "GIF", optimize=False, interlace=False)
    data = whole.getvalue()
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    return data[at + 10 : -1]


class ApngFrame(NamedTuple):
    """One frame to be written by hand, ``(H, W, 4)``."""

    pixels: np.ndarray
    place: tuple[int, int] = (0, 0)
    delay: tuple[int, int] = (1, 10)
    disposal: int = 0
    blend: int = 0


def write_apng(
    path: Path,
    size: tuple[int, int],
    frames: Sequence[ApngFrame],
    plays: int = 0,
    hidden: np.ndarray | None = None,
) -> Path:
    """An APNG of exactly these chunks; `hidden` is a picture outside the animation."""
    data = SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0))
    data += chunk(b"acTL", struct.pack(">II", len(frames), plays))
    number = 0
    if hidden is not None:
        data += chunk(b"IDAT", _idat(hidden))
    for index, frame in enumerate(frames):
        place = (*frame.pixels.shape[1::-1], *frame.place)
        numbers = (number, *place, *frame.delay, frame.disposal, frame.blend)
        data += chunk(b"fcTL", struct.pack(">IIIIIHHBB", *numbers))
        number += 1
        if index == 0 and hidden is None:
            data += chunk(b"IDAT", _idat(frame.pixels))
        else:
            data += chunk(b"fdAT", struct.pack(">I", number), _idat(frame.pixels))
            number += 1
    path.write_bytes(data + chunk(b"IEND"))
    return path


def _idat(pixels: np.ndarray) -> bytes:
    whole = io.BytesIO()
    Image.fromarray(pixels).save(whole, "PNG")
    data = whole.getvalue()
    at = data.index(b"IDAT")
    return data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")]


def drifting(count: int, size: int = 32, transparent: bool = False) -> list[np.ndarray]:
    """A square that moves over a plain ground, or over nothing: ``(H, W, 3)`` or ``(H, W, 4)``."""
    made = []
    for index in range(count):
        ground = (0, 0, 0, 0) if transparent else (40, 90, 160, 255)
        picture = np.full((size, size, 4), ground, np.uint8)
        left = 3 + 2 * index
        picture[10:22, left : left + 12] = (220, 60, 30, 255)
        picture[13:17, left + 3 : left + 7] = (250, 240, 60, 255)
        made.append(picture if transparent else picture[..., :3].copy())
    return made


def seconds(milliseconds: Sequence[float]) -> list[Fraction]:
    """Pillow's milliseconds as exact seconds of few digits."""
    return [Fraction(value).limit_denominator(10**5) / 1000 for value in milliseconds]
