"""Writing an animated WebP frame by frame."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import numpy as np

from dain.media.animation_delays import UnitClock
from dain.media.animation_encoding import Rectangle, changes, write_at
from dain.media.animation_webp import (
    ANIMATED,
    MILLISECOND,
    NO_BLEND,
    PICTURES,
    WITH_ALPHA,
    chunk,
    chunks,
    riff,
    three_bytes,
)
from dain.media.frame import Pixels

_MOST_PLAYS = 65535
_MOST_BYTES = 2**32 - 2  # RIFF counts in 32 bits


@dataclass(frozen=True)
class WebpQuality:
    """How pictures are compressed.

    Attributes:
        lossless: keep every pixel.
        quality: of lossy pictures, 0 to 100; alpha is kept whatever it is. Of lossless ones,
            how hard to look for a small form.
        effort: likewise, of both; 0 (fast) to 6 (small).
    """

    lossless: bool
    quality: int
    effort: int = 4


class WebpEncoder:
    """Frames of which only the rectangle that changes is stored. One frame is held.

    Args:
        file: to write to; its beginning is written again at the end.
        width: of the canvas, in pixels, up to 16383.
        height: likewise.
        plays: how often to play in all; 0 without end.
        quality: how pictures are compressed.
    """

    def __init__(
        self, file: BinaryIO, width: int, height: int, plays: int, quality: WebpQuality
    ) -> None:
        self._file, self._quality = file, quality
        self._size = three_bytes(width - 1) + three_bytes(height - 1)
        self._clock = UnitClock(MILLISECOND)
        self._before: Pixels | None = None
        self._has_alpha = False
        self._bytes = 0
        animation = struct.pack("<IH", 0, min(plays, _MOST_PLAYS))
        self._head = len(self._header())
        self._write(self._header() + chunk(b"ANIM", animation))

    def add(self, pixels: Pixels, following: Pixels | None, end: Fraction) -> None:
        """Write the next frame. See `AnimationEncoder`."""
        place = changes(self._before, pixels)
        delay = self._clock.delay(end)
        self._before = pixels
        if place is None:
            # Nothing changes: a transparent pixel, laid over the others.
            self._has_alpha = True
            nothing = np.zeros((1, 1, 4), np.uint8)
            self._frame(Rectangle(0, 0, 1, 1), delay, 0, _compressed(nothing, WebpQuality(True, 0)))
            return
        # Places are stored in halves.
        place = Rectangle(place.left & ~1, place.top & ~1, place.right, place.bottom)
        self._has_alpha = self._has_alpha or pixels.shape[2] == 4
        self._frame(place, delay, NO_BLEND, _compressed(pixels[place.region], self._quality))

    def finish(self) -> None:
        """Write the size and the kind at the beginning."""
        write_at(self._file, 0, self._header())

    def _header(self) -> bytes:
        flags = struct.pack("<I", ANIMATED | (WITH_ALPHA if self._has_alpha else 0))
        head = riff(chunk(b"VP8X", flags + self._size))
        return head[:4] + struct.pack("<I", max(self._bytes, len(head)) - 8) + head[8:]

    def _frame(self, place: Rectangle, delay: int, flags: int, data: bytes) -> None:
        numbers = (place.left // 2, place.top // 2, place.width - 1, place.height - 1, delay)
        head = b"".join(map(three_bytes, numbers)) + bytes([flags])
        self._write(chunk(b"ANMF", head + data))

    def _write(self, data: bytes) -> None:
        self._bytes += len(data)
        if self._bytes > _MOST_BYTES:
            raise ValueError("a WebP file holds no more than 4 GB")
        self._file.write(data)


def _compressed(pixels: Pixels, quality: WebpQuality) -> bytes:
    """The picture chunks of a WebP that Pillow writes."""
    from PIL import Image

    whole = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(
        whole,
        "WEBP",
        lossless=quality.lossless,
        quality=quality.quality,
        alpha_quality=100,
        method=quality.effort,
    )
    data = whole.getvalue()
    return b"".join(
        chunk(found.kind, data[found.start : found.start + found.length])
        for found in chunks(whole, 12, len(data))
        if found.kind in PICTURES
    )
