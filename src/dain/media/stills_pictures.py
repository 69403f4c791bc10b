"""Stills made for the eye (PNG, JPEG, TIFF, WebP) as frames that are all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from dain.errors import MediaError
from dain.media.frame import Pixels, full_scale
from dain.media.still_traits import StillTraits, decode_alpha, traits_of
from dain.media.stills_codec import decode_still, stored_size, to_depth
from dain.media.stills_names import format_of
from dain.media.stills_sources import StillsSource
from dain.media.transparency import is_opaque, on_white

_HEAD_BYTES = 65536  # enough to hold the size, behind any thumbnail but the largest
# By grey and alpha, of 8 and of 16 bits.
_PIXEL_FORMATS = {
    (True, False): ("gray", "gray16le"),
    (True, True): ("ya8", "ya16le"),
    (False, False): ("rgb24", "rgb48le"),
    (False, True): ("rgba", "rgba64le"),
}


@dataclass(frozen=True)
class StillsFormat:
    """What all frames of a sequence of stills share; see `VideoInfo` for the words.

    `rate` is that which the stills themselves tell; None if they tell none.
    """

    width: int
    height: int
    bit_depth: int
    codec: str
    pixel_format: str
    alpha: bool
    sample_aspect_ratio: Fraction = Fraction(1)
    profile: bytes = b""
    rate: Fraction | None = None


class StillsDecoder(Protocol):
    """Makes frames of one size, type and number of components out of stills.

    Attributes:
        format: of all frames.
        messages: one line each, fit to be shown.
    """

    format: StillsFormat
    messages: list[str]

    def decode(self, name: str) -> Pixels | None:
        """The frame of a still; None if it is damaged.

        Raises:
            MediaError: it differs in size from the first.
        """


class PictureDecoder:
    """PNG, JPEG, TIFF and WebP, shaped as the first one that can be decoded.

    Args:
        path: of the stills as the user named it, for messages.
        source: where they lie.
        alpha: frames are RGBA if the first still has alpha; else transparency is laid on white.

    Raises:
        MediaError: none can be decoded, or their headers tell differing sizes.
    """

    def __init__(self, path: Path, source: StillsSource, alpha: bool) -> None:
        self.messages: list[str] = []
        self._source = source
        self._noted: set[str] = set()
        names = [name for _, name in source.stills]
        check_sizes(names, lambda name: stored_size(source.read(name, _HEAD_BYTES)))
        self._first, pixels, traits = self._find_first(path, names)
        self._dtype = pixels.dtype
        height, width = pixels.shape[:2]
        self._keeps_alpha = alpha and traits.alpha
        if traits.cmyk:
            self.messages.append(f"{self._first}: its colours of print (CMYK) are read as RGB")
        self.format = StillsFormat(
            width=width,
            height=height,
            bit_depth=8 * pixels.dtype.itemsize,
            codec=format_of(self._first) or "png",
            pixel_format=_pixel_format(traits, pixels.dtype.itemsize),
            alpha=self._keeps_alpha,
            profile=traits.profile,
        )

    def decode(self, name: str) -> Pixels | None:
        """One still as the first one is shaped; None if it is damaged."""
        data = self._source.read(name)
        pixels = decode_picture(data)
        if pixels is None:
            return None
        size, expected = (pixels.shape[1], pixels.shape[0]), (self.format.width, self.format.height)
        if size != expected:
            raise differing(self._first, expected, name, size)
        if pixels.dtype != self._dtype:
            self._note(
                "depth",
                f"{name} has {8 * pixels.dtype.itemsize} bits a component and "
                f"{self._first} has {self.format.bit_depth}; all are read as the latter",
            )
        pixels = self._with_alpha(name, pixels)
        return cast("Pixels", np.ascontiguousarray(to_depth(pixels, self._dtype)))

    def _with_alpha(self, name: str, pixels: Pixels) -> Pixels:
        """RGBA if that is kept, else RGB."""
        if self._keeps_alpha:
            return pixels if pixels.shape[2] == 4 else opaque(pixels)
        if pixels.shape[2] == 3:
            return pixels
        if not is_opaque(pixels):
            self._note("alpha", f"{name} is transparent in places; transparency is laid on white")
        return on_white(pixels)

    def _note(self, kind: str, message: str) -> None:
        """Say something once a sequence."""
        if kind not in self._noted:
            self._noted.add(kind)
            self.messages.append(message)

    def _find_first(self, path: Path, names: Sequence[str]) -> tuple[str, Pixels, StillTraits]:
        for name in names:
            data = self._source.read(name)
            pixels = decode_picture(data)
            if pixels is not None:
                return name, pixels, traits_of(data)
        raise MediaError(f"expected images at {path}, found none that can be decoded")


def decode_picture(data: bytes) -> Pixels | None:
    """Decode a still as it is: ``(H, W, 3)`` RGB, or ``(H, W, 4)`` RGBA if it has alpha.

    Returns:
        uint8 or uint16, upright, alpha not multiplied into the colours; None if the data is
        damaged, cut short or no image of these depths.
    """
    traits = StillTraits() if data.startswith(b"\xff\xd8") else traits_of(data)  # JPEG has none
    return decode_alpha(data, traits) if traits.alpha else decode_still(data)


def opaque(pixels: Pixels) -> Pixels:
    """``(H, W, 4)`` of ``(H, W, 3)`` in integers: nothing shines through."""
    cover = np.full(pixels.shape[:2], full_scale(pixels), pixels.dtype)
    return cast("Pixels", np.dstack([pixels, cover]))


def check_sizes(names: Sequence[str], size_of: Callable[[str], tuple[int, int] | None]) -> None:
    """Refuse differing sizes before any work is done, where the headers tell.

    Raises:
        MediaError: two differ.
    """
    known: tuple[str, tuple[int, int]] | None = None
    for name in names:
        size = size_of(name)
        if size is None:
            continue
        known = known or (name, size)
        # Width and height may be exchanged by a rotation that the header does not show.
        if sorted(size) != sorted(known[1]):
            raise differing(known[0], known[1], name, size)


def differing(
    first: str, first_size: tuple[int, int], name: str, size: tuple[int, int]
) -> MediaError:
    """The error of two sizes in one sequence."""
    return MediaError(
        f"expected stills of one size, found {first} with {first_size[0]}x{first_size[1]} "
        f"and {name} with {size[0]}x{size[1]} pixels"
    )


def _pixel_format(traits: StillTraits, itemsize: int) -> str:
    """As FFmpeg names it."""
    return _PIXEL_FORMATS[traits.grey, traits.alpha][itemsize - 1]
