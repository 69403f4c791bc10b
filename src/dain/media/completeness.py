"""Whether a file reaches as far as its own structure says, for what a decoder cannot notice.

A file cut between two frames decodes without an error. Most containers say somewhere where
they end: in the size of their outermost element, in a last mark, or in the size of packets.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

_TAIL = 1 << 17  # bytes at the end in which the last page or packet is looked for
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_SIZELESS = {0, 0xFFFFFFFF}


def is_cut_short(path: Path, format_name: str) -> bool:
    """Whether the end of a file is missing; False where its format does not tell.

    Args:
        path: of the file.
        format_name: FFmpeg's name of the container.
    """
    check = _CHECKS.get(format_name)
    if check is None:
        return False
    try:
        with path.open("rb") as file:
            return check(file, os.fstat(file.fileno()).st_size)
    except (OSError, ValueError, LookupError, struct.error):
        return False


def _boxes(file: BinaryIO, size: int) -> bool:
    """MP4 and MOV: boxes that follow each other, each with its size."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if length < 8 or not kind.strip(b"\0"):
            return False  # up to the end of the file, or padding
        position += length
    return position > size


def _matroska(file: BinaryIO, size: int) -> bool:
    """A header and a segment, each with its size in a number of variable length."""
    position = 0
    for _ in range(2):
        file.seek(position + 4)  # both names have four bytes
        data = file.read(8)
        width = 9 - data[0].bit_length()
        length = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
        if length == (1 << 7 * width) - 1:
            return False  # a recording that was never finished, or a broadcast
        position += 4 + width + length
    return position > size


def _riff(file: BinaryIO, size: int) -> bool:
    """AVI: one outermost chunk, or several in large files."""
    position = 0
    while position + 12 <= size:
        file.seek(position)
        kind, length = struct.unpack("<4sI", file.read(8))
        if kind != b"RIFF" or length in _SIZELESS:
            return False
        position += 8 + length + length % 2
    return position > size + 1  # the last padding byte is often forgotten


def _asf(file: BinaryIO, size: int) -> bool:
    """WMV: the header states the size of the file."""
    header = file.read(_TAIL)
    at = header.find(_ASF_FILE_PROPERTIES)
    if at < 0:
        return False
    (stated,) = struct.unpack_from("<Q", header, at + 40)
    (flags,) = struct.unpack_from("<I", header, at + 88)
    return not flags & 1 and int(stated) > size  # a broadcast does not know it


def _flv(file: BinaryIO, size: int) -> bool:
    """Every tag is followed by its size."""
    file.seek(size - 4)
    (length,) = struct.unpack(">I", file.read(4))
    if not 11 <= length <= size - 17:
        return True
    file.seek(size - 4 - length)
    body = int.from_bytes(file.read(4)[1:], "big")
    return body + 11 != int(length)


def _transport_stream(file: BinaryIO, size: int) -> bool:
    """Packets of one size, of 188 bytes as broadcast, of 192 on discs, or of 204."""
    data = file.read(5 * 204)
    for length, offset in ((188, 0), (192, 4), (204, 0)):
        if all(data[index : index + 1] in (b"G", b"") for index in range(offset, 1020, length)):
            return size % length != 0
    return False


def _program_stream(file: BinaryIO, size: int) -> bool:
    """The last packet, with its size; an end mark is missing from many whole files."""
    start = max(0, size - _TAIL)
    file.seek(start)
    tail = file.read()
    at = len(tail)
    while (at := tail.rfind(b"\0\0\1", 0, at)) >= 0:
        if at + 6 <= len(tail) and tail[at + 3] >= 0xBC:
            return at + 6 + int.from_bytes(tail[at + 4 : at + 6], "big") > len(tail)
    return False


def _ogg(file: BinaryIO, size: int) -> bool:
    """The last page, which is marked as such."""
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or at + 27 > len(tail):
        return True
    lengths = tail[at + 27 : at + 27 + tail[at + 26]]
    is_last = bool(tail[at + 5] & 4)
    return not is_last or at + 27 + len(lengths) + sum(lengths) > len(tail)


def _mxf(file: BinaryIO, size: int) -> bool:
    """Keys of 16 bytes, each followed by the length of its value."""
    position = 0
    while position + 17 <= size:
        file.seek(position)
        data = file.read(25)
        if data[:4] != b"\x06\x0e\x2b\x34":
            return False
        first, width = data[16], data[16] & 127
        length = int.from_bytes(data[17 : 17 + width], "big") if first & 128 else first
        position += 17 + (width if first & 128 else 0) + length
    return position > size


def _gif(file: BinaryIO, size: int) -> bool:
    """A last byte of its own; zeros may follow."""
    file.seek(max(0, size - 1024))
    return not file.read().rstrip(b"\0").endswith(b";")


def _png(file: BinaryIO, size: int) -> bool:
    """A last chunk of its own."""
    file.seek(max(0, size - _TAIL))
    return b"IEND\xae\x42\x60\x82" not in file.read()


def _dv(file: BinaryIO, size: int) -> bool:
    """Frames of one size: 120000 bytes where mains have 60 Hz, 144000 where 50."""
    file.seek(3)
    is_50_hertz = file.read(1)[0] & 0x80
    return size % (144_000 if is_50_hertz else 120_000) != 0


def _y4m(file: BinaryIO, size: int) -> bool:
    """A line that tells of the frames, which then have one size."""
    line = file.readline(1024)
    fields = {word[:1]: word[1:] for word in line.split()[1:]}
    width, height = int(fields[b"W"]), int(fields[b"H"])
    chroma = fields.get(b"C", b"420")
    across = {b"444": width, b"mon": 0}.get(chroma[:3], (width + 1) // 2)
    if chroma[:3] == b"411":
        across = (width + 3) // 4
    down = (height + 1) // 2 if chroma[:3] == b"420" else height
    samples = width * height + 2 * across * down
    if b"alpha" in chroma:
        samples += width * height
    is_deep = chroma[3:5] == b"p1" or chroma[4:6] in (b"10", b"12", b"16")
    return (size - len(line)) % (len(b"FRAME\n") + samples * (2 if is_deep else 1)) != 0


_CHECKS: Mapping[str, Callable[[BinaryIO, int], bool]] = {
    "mov,mp4,m4a,3gp,3g2,mj2": _boxes,
    "matroska,webm": _matroska,
    "avi": _riff,
    "asf": _asf,
    "flv": _flv,
    "mpegts": _transport_stream,
    "mpeg": _program_stream,
    "ogg": _ogg,
    "mxf": _mxf,
    "gif": _gif,
    "apng": _png,
    "dv": _dv,
    "yuv4mpegpipe": _y4m,
}
