"""The structure of an animated WebP (RFC 9649): where its frames lie and how long they stand.

Delays are milliseconds. Browsers show a delay of 0 for a tenth of a second, and so do we; other
delays are taken as they are. What is cleared becomes transparent, as in browsers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, NamedTuple

from dain.media.animation import Animation, Disposal, Patch, read_span

MILLISECOND = Fraction(1, 1000)
ANIMATED, WITH_ALPHA = 0x02, 0x10  # flags of VP8X
DISPOSE, NO_BLEND = 0x01, 0x02  # flags of ANMF
PICTURES = (b"ALPH", b"VP8 ", b"VP8L")

_DELAY_OF_NONE = Fraction(1, 10)


class Chunk(NamedTuple):
    """A RIFF chunk: its name, and the place of its contents."""

    kind: bytes
    start: int
    length: int


def three_bytes(value: int) -> bytes:
    """A number of 24 bits, as WebP stores sizes and delays."""
    return value.to_bytes(3, "little")


def riff(*parts: bytes) -> bytes:
    """A WebP file of these chunks."""
    data = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WEBP" + data


def chunk(kind: bytes, data: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def chunks(file: BinaryIO, start: int, end: int) -> Iterator[Chunk]:
    """The chunks of a part of a file; one that reaches beyond its end is the last."""
    while start + 8 <= end:
        file.seek(start)
        kind, length = struct.unpack("<4sI", file.read(8))
        yield Chunk(kind, start + 8, length)
        start += 8 + length + length % 2


def is_animated_webp(file: BinaryIO) -> bool:
    """Whether a file is a WebP that says that it moves."""
    file.seek(0)
    head = file.read(21)
    if len(head) < 21 or head[:4] != b"RIFF" or head[8:16] != b"WEBPVP8X":
        return False
    return bool(head[20] & ANIMATED)


def parse_webp(file: BinaryIO) -> Animation:
    """Find the frames of an animated WebP.

    Raises:
        ValueError: the header is cut short.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(30)
    if len(head) < 30:
        raise ValueError("the file ends within it")
    end = 8 + struct.unpack_from("<I", head, 4)[0]
    width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    plays, lost, patches = 1, 0, []
    for found in chunks(file, 12, min(size, end)):
        if found.start + found.length > size:
            break
        if found.kind == b"ANIM" and found.length >= 6:
            file.seek(found.start + 4)
            plays = int.from_bytes(file.read(2), "little")
        elif found.kind == b"ANMF":
            patch = _patch(file, found)
            lost += patch is None
            patches += [] if patch is None else [patch]
    is_exact = all(patch.head == b"VP8L" for patch in patches)
    return Animation(
        format="webp",
        width=width,
        height=height,
        bit_depth=8,
        plays=plays,
        patches=patches,
        pixel_format="argb" if is_exact else "yuva420p",
        lost=lost,
        cut_short=end > size + 1,  # the last padding byte is often forgotten
        still=_still,
    )


def _patch(file: BinaryIO, frame: Chunk) -> Patch | None:
    """The frame in an ``ANMF`` chunk; None if there is no picture in it."""
    if frame.length < 16:
        return None
    file.seek(frame.start)
    head = file.read(16)
    x, y, width, height, delay = (
        int.from_bytes(head[at : at + 3], "little") for at in range(0, 15, 3)
    )
    end = frame.start + frame.length
    inside = {
        found.kind: found
        for found in chunks(file, frame.start + 16, end)
        if found.kind in PICTURES and found.start + found.length <= end
    }
    picture = inside.get(b"VP8L") or inside.get(b"VP8 ")
    if picture is None:
        return None
    alpha = inside.get(b"ALPH") if picture.kind == b"VP8 " else None
    return Patch(
        x=2 * x,
        y=2 * y,
        width=width + 1,
        height=height + 1,
        delay=delay * MILLISECOND or _DELAY_OF_NONE,
        disposal=Disposal.CLEAR if head[15] & DISPOSE else Disposal.KEEP,
        over=not head[15] & NO_BLEND,
        see_through=alpha is not None or _tells_of_alpha(file, picture),
        head=picture.kind,
        spans=tuple((part.start - 8, 8 + part.length) for part in (alpha, picture) if part),
    )


def _tells_of_alpha(file: BinaryIO, picture: Chunk) -> bool:
    """A lossless picture says so in the bit after its sizes."""
    file.seek(picture.start)
    data = file.read(5)
    return picture.kind == b"VP8L" and len(data) == 5 and bool(data[4] & 0x10)


def _still(file: BinaryIO, patch: Patch) -> bytes:
    """A WebP of this frame alone.

    Raises:
        DamagedPatchError: the file has become shorter.
    """
    parts = [read_span(file, span) for span in patch.spans]
    if len(parts) > 1:
        size = three_bytes(patch.width - 1) + three_bytes(patch.height - 1)
        parts.insert(0, chunk(b"VP8X", struct.pack("<I", WITH_ALPHA) + size))
    return riff(*(part + b"\0" * (len(part) % 2) for part in parts))
