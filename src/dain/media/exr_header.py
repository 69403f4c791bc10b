"""The head of an OpenEXR file, read from its first bytes: windows, and whether all of it is there.

OpenEXR itself wants the whole file, and complains on standard error of what is cut short.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAGIC = b"v/1\x01"
_TILED_OR_DEEP = 0x200 | 0x800
_MULTIPART = 0x1000
# Scan lines a chunk, by the number of the compression.
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
_WINDOWS = (b"dataWindow", b"displayWindow")


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels, both corners included, as OpenEXR counts them."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top + 1

    def joined(self, other: Window) -> Window:
        """The smallest window that holds both."""
        return Window(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True)
class ExrHead:
    """What the first header of a file tells.

    Attributes:
        data: window of the pixels that are stored.
        display: window of the picture.
        compression: by its number.
        chunks_at: where the table of chunks begins; None where it is not simple.
    """

    data: Window
    display: Window
    compression: int
    chunks_at: int | None


def read_head(data: bytes) -> ExrHead | None:
    """The first header; None if these are not the first bytes of an EXR, or too few."""
    if not data.startswith(_MAGIC) or len(data) < 8:
        return None
    (flags,) = struct.unpack("<I", data[4:8])
    position, found = 8, {}
    try:
        while data[position] != 0:
            name_end = data.index(b"\0", position)
            kind_end = data.index(b"\0", name_end + 1)
            (size,) = struct.unpack_from("<i", data, kind_end + 1)
            start = kind_end + 5
            if size < 0:
                return None
            found[data[position:name_end]] = data[start : start + size]
            position = start + size
        windows = [Window(*struct.unpack("<4i", found[name])) for name in _WINDOWS]
        compression = found[b"compression"][0]
    except (IndexError, ValueError, KeyError, struct.error):
        return None
    if any(window.width < 1 or window.height < 1 for window in windows):
        return None
    is_simple = not flags & (_TILED_OR_DEEP | _MULTIPART) and compression in _LINES
    return ExrHead(windows[0], windows[1], compression, position + 1 if is_simple else None)


def is_whole(data: bytes, head: ExrHead) -> bool:
    """Whether every chunk lies within the file; True where that cannot be told."""
    if head.chunks_at is None:
        return True
    count = -(-head.data.height // _LINES[head.compression])
    end = head.chunks_at + 8 * count
    if end > len(data):
        return False
    for offset in struct.unpack_from(f"<{count}Q", data, head.chunks_at):
        if not end <= offset <= len(data) - 8:
            return False
        _, size = struct.unpack_from("<ii", data, offset)
        if size < 0 or offset + 8 + size > len(data):
            return False
    return True
