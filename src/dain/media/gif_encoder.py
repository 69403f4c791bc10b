"""Writing a GIF frame by frame."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from dain.media.animation import ENDLESS
from dain.media.animation_delays import UnitClock
from dain.media.animation_encoding import Rectangle, bounds, whole
from dain.media.animation_gif import HUNDREDTH, parse_gif
from dain.media.frame import Pixels
from dain.media.gif_palette import Bytes, index_colours

LEAST_DELAY = 2  # hundredths of a second; browsers show less as 10

_HALF_OPAQUE = 128  # alpha from which on a pixel is drawn
_MOST_REPEATS = 65535
_KEEP, _CLEAR = 1, 2  # disposals


class GifEncoder:
    """Frames with colours of their own, of which only what changes is stored.

    A pixel is either drawn or transparent: alpha of a half and more is drawn. What is to become
    transparent again makes the frame before it be cleared, so the frame after the one to be
    written has to be known. Two frames and the state of the canvas are held.

    Args:
        file: to write to.
        width: of the canvas, in pixels, up to 65535.
        height: likewise.
        plays: how often to play in all; 0 without end.
        dither: mix colours that are missing.
    """

    def __init__(
        self, file: BinaryIO, width: int, height: int, plays: int, dither: bool = True
    ) -> None:
        self._file, self._dither = file, dither
        self._clock = UnitClock(HUNDREDTH, LEAST_DELAY)
        self._shown: Bytes = np.zeros((height, width, 3), np.uint8)
        self._there = np.zeros((height, width), np.bool_)
        self._is_first = True
        self._ready: tuple[Pixels, Bytes, npt.NDArray[np.bool_]] | None = None
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0))
        if plays != 1:
            repeats = 0 if plays == ENDLESS else min(plays - 1, _MOST_REPEATS)
            file.write(b"!\xff\x0bNETSCAPE2.0" + struct.pack("<BBHB", 3, 1, repeats, 0))

    def add(self, pixels: Pixels, following: Pixels | None, end: Fraction) -> None:
        """Write the next frame. See `AnimationEncoder`."""
        colours, opaque = self._split(pixels)
        drawn = opaque & ~(self._there & (colours == self._shown).all(axis=2))
        gone = np.zeros_like(opaque)
        if following is not None and following.shape[2] == 4:
            gone = opaque & ~self._split(following)[1]
        # Nothing to do still takes a pixel, and not all viewers begin with a transparent canvas.
        place = bounds(drawn | gone) or Rectangle(0, 0, 1, 1)
        place = whole(pixels) if self._is_first else place
        self._is_first = False
        disposal = _CLEAR if gone.any() else _KEEP
        self._write(colours, drawn, place, disposal, self._clock.delay(end))
        self._shown, self._there = colours, opaque
        if disposal == _CLEAR:
            self._there = opaque.copy()
            self._there[place.region] = False

    def finish(self) -> None:
        """Write the trailer."""
        self._file.write(b";")

    def _split(self, pixels: Pixels) -> tuple[Bytes, npt.NDArray[np.bool_]]:
        """Colours, and where they are drawn; remembered, for every frame is split twice."""
        if self._ready is None or self._ready[0] is not pixels:
            colours = np.ascontiguousarray(pixels[..., :3], np.uint8)
            if pixels.shape[2] == 4:
                opaque = pixels[..., 3] >= _HALF_OPAQUE
            else:
                opaque = np.ones(pixels.shape[:2], np.bool_)
            self._ready = pixels, colours, opaque
        return self._ready[1:]

    def _write(
        self,
        colours: Bytes,
        drawn: npt.NDArray[np.bool_],
        place: Rectangle,
        disposal: int,
        delay: int,
    ) -> None:
        # Some viewers clear to transparency only what has some.
        indices, table, transparent = index_colours(
            colours[place.region], drawn[place.region], self._dither, disposal == _CLEAR
        )
        table, size_code = _padded(table)
        flags = disposal << 2 | (transparent is not None)
        control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, delay, transparent or 0, 0)
        descriptor = struct.pack(
            "<BHHHHB", 0x2C, place.left, place.top, place.width, place.height, 0x80 | size_code
        )
        self._file.write(control + descriptor + table + _compressed(indices))


def _padded(table: bytes) -> tuple[bytes, int]:
    """A table filled up to a power of two, and the code of its size."""
    code = max(0, (len(table) // 3 - 1).bit_length() - 1)
    return table.ljust(3 * (2 << code), b"\0"), code


def _compressed(indices: Bytes) -> bytes:
    """The compressed data of a frame, cut out of a GIF that Pillow writes."""
    from PIL import Image

    image = Image.fromarray(indices)
    image.putpalette(bytes(3 * 256))
    file = io.BytesIO()
    image.save(file, "GIF", optimize=False, interlace=False)
    start, length = parse_gif(file).patches[0].spans[0]
    return file.getvalue()[start : start + length]
