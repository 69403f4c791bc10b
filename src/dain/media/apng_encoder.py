"""Writing an animated PNG frame by frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import cv2
import numpy as np

from dain.media.animation_apng import SIGNATURE, chunk
from dain.media.animation_delays import FractionClock
from dain.media.animation_encoding import Rectangle, changes, write_at
from dain.media.frame import Pixels

DEFAULT_LEVEL = 6  # zlib's own

_RGB, _RGBA = 2, 6  # colour types
_CONTROL_AT = len(SIGNATURE) + 25  # behind the header


class ApngEncoder:
    """Frames without loss, of which only the rectangle that changes is stored.

    8 or 16 bits a component, as the first frame has. One frame is held.

    Args:
        file: to write to; its beginning is written again at the end.
        plays: how often to play in all; 0 without end.
        level: of compression, 0 to 9.
    """

    def __init__(self, file: BinaryIO, plays: int, level: int = DEFAULT_LEVEL) -> None:
        self._file, self._plays = file, plays
        self._parameters = [
            *(cv2.IMWRITE_PNG_COMPRESSION, level),
            *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT),
        ]
        self._clock = FractionClock()
        self._before: Pixels | None = None
        self._frames = 0
        self._sequence = 0

    def add(self, pixels: Pixels, following: Pixels | None, end: Fraction) -> None:
        """Write the next frame. See `AnimationEncoder`."""
        if self._before is None:
            self._begin(pixels)
        # Nothing to do still takes a pixel.
        place = changes(self._before, pixels) or Rectangle(0, 0, 1, 1)
        delay = self._clock.delay(end)
        size_and_place = (place.width, place.height, place.left, place.top)
        # Kept afterwards (0), and written over what was there (0).
        times = (delay.numerator, delay.denominator, 0, 0)
        self._put(b"fcTL", self._number(), struct.pack(">IIIIHHBB", *size_and_place, *times))
        for data in self._compressed(pixels[place.region]):
            if self._frames == 0:
                self._put(b"IDAT", data)
            else:
                self._put(b"fdAT", self._number(), data)
        self._frames += 1
        self._before = pixels

    def finish(self) -> None:
        """Write the end, and the number of frames at the beginning."""
        self._put(b"IEND")
        write_at(self._file, _CONTROL_AT, self._control())

    def _begin(self, pixels: Pixels) -> None:
        height, width, channels = pixels.shape
        kind = _RGBA if channels == 4 else _RGB
        header = struct.pack(">IIBBBBB", width, height, 8 * pixels.itemsize, kind, 0, 0, 0)
        self._file.write(SIGNATURE + chunk(b"IHDR", header) + self._control())

    def _control(self) -> bytes:
        return chunk(b"acTL", struct.pack(">II", self._frames, self._plays))

    def _number(self) -> bytes:
        """Frames and their data are counted together."""
        self._sequence += 1
        return struct.pack(">I", self._sequence - 1)

    def _put(self, kind: bytes, *parts: bytes) -> None:
        self._file.write(chunk(kind, *parts))

    def _compressed(self, pixels: Pixels) -> Iterator[bytes]:
        """The data chunks of a PNG that OpenCV writes."""
        code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        turned = cv2.cvtColor(np.ascontiguousarray(pixels), code)
        done, encoded = cv2.imencode(".png", turned, self._parameters)
        if not done:
            raise ValueError("OpenCV could not compress a frame")
        data, at = bytes(encoded), len(SIGNATURE)
        while at < len(data):
            length, kind = struct.unpack_from(">I4s", data, at)
            if kind == b"IDAT":
                yield data[at + 8 : at + 8 + length]
            at += 12 + length
