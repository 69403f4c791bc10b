"""What animated images have in common: patches that are painted onto a canvas, one after another.

GIF, APNG and animated WebP all work this way. A parser finds the patches in a file without
decoding them; a patch alone is a still image, which any decoder of stills takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from dain.errors import MediaError, reason_of

ENDLESS = 0  # of `Animation.plays`

# As 8192x8192. Beyond it a header is damaged or a trap: animated images are much smaller.
MOST_PIXELS = 1 << 26


class Disposal(Enum):
    """What becomes of a patch's place when its time is over."""

    KEEP = auto()
    CLEAR = auto()  # transparent, whatever background colour the file names
    RESTORE = auto()  # as it was before the patch


class DamagedPatchError(ValueError):
    """A patch's data is not what its checksum or its length promises."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One frame as it is stored: a rectangle, and how it joins what is there.

    Attributes:
        x: of its left edge on the canvas, in pixels.
        y: of its top edge.
        width: in pixels, as its own header says.
        height: likewise.
        delay: seconds until the next patch, exact, above 0.
        disposal: what becomes of its place afterwards.
        over: it is laid over what is there; else it takes its place, transparent parts too.
        see_through: parts of it may be transparent.
        head: what its data needs before it to be a still image; the parsers' own.
        spans: offset and length of its data in the file.
    """

    x: int
    y: int
    width: int
    height: int
    delay: Fraction
    disposal: Disposal
    over: bool
    see_through: bool
    head: bytes
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Animation:
    """An animated image, parsed but not decoded.

    Attributes:
        format: ``gif``, ``apng`` or ``webp``.
        width: of the canvas, in pixels.
        height: likewise.
        bit_depth: bits a component, 8 or 16.
        plays: how often it is played in all; 0 without end.
        patches: in order; one that is cut off by the end of the file is not among them.
        pixel_format: as FFmpeg would name it.
        lost: frames whose own headers are damaged, and which are not among the patches.
        cut_short: the file ends before its own end mark or promise.
        still: makes one patch a whole still image; raises `DamagedPatchError`.
    """

    format: str
    width: int
    height: int
    bit_depth: int
    plays: int
    patches: Sequence[Patch]
    pixel_format: str
    lost: int
    cut_short: bool
    still: Callable[[BinaryIO, Patch], bytes]

    def __post_init__(self) -> None:
        if not 0 < self.width * self.height <= MOST_PIXELS:
            raise ValueError(
                f"expected 1 to {MOST_PIXELS} pixels, found {self.width}x{self.height}"
            )


def animation_format(path: Path) -> str | None:
    """``gif``, ``apng`` or ``webp`` by a file's contents; None for a still or anything else.

    A GIF is always taken for an animation, a PNG or WebP only where it says that it is one.
    """
    from dain.media.animation_apng import is_apng
    from dain.media.animation_webp import is_animated_webp

    try:
        if not path.is_file():
            return None  # opening a pipe might wait for ever
        with path.open("rb") as file:
            if file.read(6) in (b"GIF87a", b"GIF89a"):
                return "gif"
            if is_apng(file):
                return "apng"
            return "webp" if is_animated_webp(file) else None
    except OSError:
        return None  # the reader of videos says what is wrong with it


def parse_animation(path: Path, image_format: str) -> Animation:
    """Find the patches of an animated image; nothing is decoded.

    Args:
        path: of the file.
        image_format: as `animation_format` tells it.

    Raises:
        MediaError: it cannot be read, or no frame is found in it.
    """
    from dain.media.animation_apng import parse_apng
    from dain.media.animation_gif import parse_gif
    from dain.media.animation_webp import parse_webp

    parse = {"gif": parse_gif, "apng": parse_apng, "webp": parse_webp}[image_format]
    try:
        with path.open("rb") as file:
            found = parse(file)
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read {path}: {reason}") from error
    except ValueError as error:
        raise MediaError(
            f"expected an animated image, found a damaged header in {path}: {error}"
        ) from error
    if not found.patches:
        raise MediaError(f"expected an animated image, found no whole frame in {path}")
    return found


def read_span(file: BinaryIO, span: tuple[int, int]) -> bytes:
    """The bytes of one span.

    Raises:
        DamagedPatchError: the file has become shorter.
    """
    offset, length = span
    file.seek(offset)
    data = file.read(length)
    if len(data) < length:
        raise DamagedPatchError("the file ends within the frame")
    return data
