"""The structure of an animated PNG (PNG specification, third edition): where its frames lie.

A delay is a rational number of seconds; a denominator of 0 means 100. Browsers show a delay of 0
for a tenth of a second, and so do we; other delays are taken as they are.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

from dain.media.animation import Animation, DamagedPatchError, Disposal, Patch, read_span

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DELAY_OF_NONE = Fraction(1, 10)

_DISPOSALS = {1: Disposal.CLEAR, 2: Disposal.RESTORE}
_BLEND_OVER = 1
_WITH_ALPHA = (4, 6)  # colour types
_SMALL = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL")
_PIXEL_FORMATS = {0: "gray", 2: "rgb24", 3: "pal8", 4: "ya8", 6: "rgba"}
_DEEP_PIXEL_FORMATS = {0: "gray16be", 2: "rgb48be", 4: "ya16be", 6: "rgba64be"}
_LARGEST_CHUNK = 1 << 31


@dataclass
class _Control:
    """An ``fcTL`` chunk, and the data chunks that have followed it so far."""

    data: bytes
    spans: list[tuple[int, int]] = field(default_factory=list)


def chunk(kind: bytes, *parts: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    data = b"".join(parts)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def is_apng(file: BinaryIO) -> bool:
    """Whether a file is a PNG that says before its picture that it moves."""
    file.seek(0)
    if file.read(8) != SIGNATURE:
        return False
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if kind == b"acTL":
            return True
        if kind in (b"IDAT", b"IEND") or length >= _LARGEST_CHUNK:
            return False
        file.seek(length + 4, 1)
    return False


def parse_apng(file: BinaryIO) -> Animation:
    """Find the frames of an animated PNG. A picture for those who know no APNG is passed over.

    Raises:
        ValueError: the header is missing, damaged or impossible.
    """
    size = file.seek(0, 2)
    file.seek(8)
    heads: dict[bytes, bytes] = {}
    controls: list[_Control] = []
    is_complete, lost, is_broken = False, 0, False
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        start = file.tell()
        if start + length + 4 > size:
            break
        if kind in _SMALL:
            data = file.read(length)
            is_broken = file.read(4) != struct.pack(">I", zlib.crc32(kind + data))
            if kind == b"fcTL":
                is_broken = is_broken or length < 26
                lost += is_broken
                controls.append(_Control(b"" if is_broken else data))
            elif not is_broken:
                heads.setdefault(kind, data)
        elif kind in (b"IDAT", b"fdAT") and controls:
            controls[-1].spans.append((start - 4, length + 8))
        elif kind == b"IEND":
            is_complete = True
            break
        file.seek(start + length + 4)
    if not is_complete and controls:
        controls[-1].spans.clear()  # the frame that the end of the file cuts off
    return _assembled(heads, controls, lost, cut_short=not is_complete)


def _assembled(
    heads: dict[bytes, bytes], controls: list[_Control], lost: int, cut_short: bool
) -> Animation:
    if len(heads.get(b"IHDR", b"")) != 13:
        raise ValueError("no sound IHDR chunk")
    width, height, depth, colour = struct.unpack_from(">IIBB", heads[b"IHDR"])
    frames, plays = struct.unpack(">II", heads.get(b"acTL", b"").ljust(8, b"\0")[:8])
    is_see_through = colour in _WITH_ALPHA or b"tRNS" in heads
    shared = heads[b"IHDR"][8:] + b"".join(
        chunk(kind, heads[kind]) for kind in (b"PLTE", b"tRNS") if kind in heads
    )
    found = [
        _patch(control, is_see_through, shared)
        for control in controls
        if control.data and control.spans
    ]
    formats = _DEEP_PIXEL_FORMATS if depth == 16 else _PIXEL_FORMATS
    return Animation(
        format="apng",
        width=width,
        height=height,
        bit_depth=16 if depth == 16 else 8,
        plays=plays,
        patches=found,
        pixel_format=formats.get(colour, "rgba"),
        lost=lost,
        cut_short=cut_short or len(controls) < frames,
        still=_still,
    )


def _patch(control: _Control, is_see_through: bool, shared: bytes) -> Patch:
    width, height, x, y, part, whole, disposal, blend = struct.unpack_from(
        ">IIIIHHBB", control.data, 4
    )
    return Patch(
        x=x,
        y=y,
        width=width,
        height=height,
        delay=Fraction(part, whole or 100) or DELAY_OF_NONE,
        disposal=_DISPOSALS.get(disposal, Disposal.KEEP),
        over=blend == _BLEND_OVER,
        see_through=is_see_through,
        head=shared,
        spans=tuple(control.spans),
    )


def _still(file: BinaryIO, patch: Patch) -> bytes:
    """A PNG of this frame alone.

    Raises:
        DamagedPatchError: a checksum is wrong.
    """
    parts = []
    for span in patch.spans:
        data = read_span(file, span)
        kind, body = data[:4], data[4:-4]
        if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "big"):
            raise DamagedPatchError("a checksum is wrong")
        parts.append(body[4:] if kind == b"fdAT" else body)
    kept, tables = patch.head[:5], patch.head[5:]
    header = chunk(b"IHDR", struct.pack(">II", patch.width, patch.height), kept)
    return SIGNATURE + header + tables + chunk(b"IDAT", *parts) + chunk(b"IEND")
