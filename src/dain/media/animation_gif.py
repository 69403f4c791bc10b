"""The structure of a GIF file (GIF89a specification): where its frames lie and how long they stand.

Where the specification and browsers differ, this follows browsers, by which people judge a GIF:

- a delay of 0 or 1 hundredth of a second is shown for 10 hundredths;
- what is cleared becomes transparent, whatever the background colour;
- a first frame that is larger than the canvas enlarges it;
- the count in the loop extension is that of repetitions: the animation plays once more.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from dain.media.animation import ENDLESS, Animation, Disposal, Patch, read_span

HUNDREDTH = Fraction(1, 100)

_SHORTEST_DELAY = 2  # hundredths; browsers take less for a mistake,
_USUAL_DELAY = 10  # and show this instead
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
# Encoders of old wrote 4 where they meant 3 ("restore to previous").
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE, 4: Disposal.RESTORE}
_NO_CONTROL = b"\0\0\0\0"


class _Ended(Exception):  # noqa: N818 - the end of the file, met within a block
    """The file ends here."""


@dataclass
class _Screen:
    """What the header tells, and what the blocks add to it."""

    width: int
    height: int
    table: bytes  # global colours, empty if there are none
    plays: int = 1  # without a loop extension


def parse_gif(file: BinaryIO) -> Animation:
    """Find the frames of a GIF.

    Raises:
        ValueError: the header is cut short or speaks of an impossible size.
    """
    file.seek(0)
    head = file.read(13)
    if len(head) < 13:
        raise ValueError("the file ends within it")
    width, height, packed = struct.unpack_from("<HHB", head, 6)
    patches: list[Patch] = []
    screen = _Screen(width, height, b"")
    try:
        screen.table = _read_table(file, packed)
        _read_blocks(file, screen, patches)
        cut_short = False
    except _Ended:
        cut_short = True
    if patches:
        first = patches[0]
        screen.width = max(screen.width, first.x + first.width)
        screen.height = max(screen.height, first.y + first.height)
    return Animation(
        format="gif",
        width=screen.width,
        height=screen.height,
        bit_depth=8,
        plays=screen.plays,
        patches=patches,
        pixel_format="bgra",
        lost=0,
        cut_short=cut_short,
        still=_still,
    )


def _still(file: BinaryIO, patch: Patch) -> bytes:
    """A GIF of this frame alone."""
    return patch.head + read_span(file, patch.spans[0]) + bytes([_TRAILER])


def _read_blocks(file: BinaryIO, screen: _Screen, patches: list[Patch]) -> None:
    """Read up to the trailer.

    Raises:
        _Ended: there is none.
    """
    control = _NO_CONTROL
    while True:
        kind = _take(file, 1)[0]
        if kind == _TRAILER:
            return
        if kind == _EXTENSION:
            label = _take(file, 1)[0]
            blocks = _sub_blocks(file, keep=label in (_CONTROL, _APPLICATION))
            if label == _CONTROL and blocks and len(blocks[0]) >= 4:
                control = blocks[0][:4]
            elif label == _APPLICATION:
                _note_loop(blocks, screen)
        elif kind == _IMAGE:
            patches.append(_read_image(file, screen, control))
            control = _NO_CONTROL
        elif kind != 0:  # stray zeros are common, anything else is damage
            raise _Ended


def _read_image(file: BinaryIO, screen: _Screen, control: bytes) -> Patch:
    flags, hundredths, transparent = struct.unpack("<BHB", control)
    x, y, width, height, packed = struct.unpack("<HHHHB", _take(file, 9))
    local = _read_table(file, packed)
    start = file.tell()
    _take(file, 1)  # the width of the first codes
    _sub_blocks(file, keep=False)
    is_see_through = bool(flags & 1)
    return Patch(
        x=x,
        y=y,
        width=width,
        height=height,
        delay=(hundredths if hundredths >= _SHORTEST_DELAY else _USUAL_DELAY) * HUNDREDTH,
        disposal=_DISPOSALS.get(flags >> 2 & 7, Disposal.KEEP),
        over=True,
        see_through=is_see_through,
        head=_alone(width, height, packed, local or screen.table, transparent, is_see_through),
        spans=((start, file.tell() - start),),
    )


def _alone(
    width: int, height: int, packed: int, table: bytes, transparent: int, is_see_through: bool
) -> bytes:
    """What stands before a frame's data where it is the only one, its colours as global ones."""
    # A file without colours leaves them to the decoder.
    has_table = 0x80 | ((len(table) // 3).bit_length() - 2) if table else 0
    screen = struct.pack("<HHBBB", width, height, has_table, 0, 0)
    control = struct.pack("<4BHBB", _EXTENSION, _CONTROL, 4, is_see_through, 0, transparent, 0)
    interlaced = packed & 0x40
    place = struct.pack("<BHHHHB", _IMAGE, 0, 0, width, height, interlaced)
    return b"GIF89a" + screen + table + control + place


def _note_loop(blocks: list[bytes], screen: _Screen) -> None:
    if len(blocks) < 2 or blocks[0] not in _LOOPING:
        return
    if len(blocks[1]) >= 3 and blocks[1][0] & 7 == 1:
        (repeats,) = struct.unpack_from("<H", blocks[1], 1)
        screen.plays = ENDLESS if repeats == 0 else repeats + 1


def _read_table(file: BinaryIO, packed: int) -> bytes:
    return _take(file, 3 * (2 << (packed & 7))) if packed & 0x80 else b""


def _sub_blocks(file: BinaryIO, keep: bool) -> list[bytes]:
    """Read the blocks up to an empty one."""
    kept = []
    while length := _take(file, 1)[0]:
        block = _take(file, length)
        if keep:
            kept.append(block)
    return kept


def _take(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise _Ended
    return data
