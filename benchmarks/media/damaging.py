"""Ways to spoil a file, all of them repeatable."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av

Spoil = Callable[[bytes], bytes]
_MARGIN = 64


def cut(share: float) -> Spoil:
    """The beginning of a file."""
    return lambda data: data[: max(1, int(len(data) * share))]


def flipped(seed: int, count: int, first: float = 0.0) -> Spoil:
    """Some bits turned over, from a share of the file on."""

    def spoil(data: bytes) -> bytes:
        dice, spoilt = random.Random(seed), bytearray(data)
        for _ in range(count):
            spoilt[dice.randrange(int(len(data) * first), len(data))] ^= 1 << dice.randrange(8)
        return bytes(spoilt)

    return spoil


def zeroed(start: float, share: float) -> Spoil:
    """A part of the file overwritten with zeros."""

    def spoil(data: bytes) -> bytes:
        at, length = int(len(data) * start), max(1, int(len(data) * share))
        return data[:at] + bytes(min(length, len(data) - at)) + data[at + length :]

    return spoil


def without(start: float, share: float) -> Spoil:
    """A part of the file taken out, as by a lost block."""
    return lambda data: (
        data[: int(len(data) * start)] + data[int(len(data) * start) + int(len(data) * share) :]
    )


def with_junk(data: bytes) -> bytes:
    """Noise behind the end."""
    return data + random.Random(7).randbytes(4000)


def behind_junk(data: bytes) -> bytes:
    """Noise before the beginning."""
    return random.Random(8).randbytes(300) + data


def twice(data: bytes) -> bytes:
    """The same file again behind itself."""
    return data + data


def filled_box(kind: bytes, value: bytes, skip: int = 4) -> Spoil:
    """The contents of the first box or chunk of a kind, overwritten with a repeated value."""

    def spoil(data: bytes) -> bytes:
        at = data.find(kind)
        if at < 0:
            raise ValueError(f"expected {kind!r} in the file, found none")
        start = at + 4 + skip
        length = min(_MARGIN, len(data) - start) // len(value) * len(value)
        return data[:start] + value * (length // len(value)) + data[start + length :]

    return spoil


def renamed_box(kind: bytes, name: bytes = b"free") -> Spoil:
    """All boxes or chunks of a kind under a name that readers pass over."""
    return lambda data: data.replace(kind, name)


def patched(old: bytes, new: bytes) -> Spoil:
    """The first occurrence of some bytes replaced."""

    def spoil(data: bytes) -> bytes:
        if old not in data:
            raise ValueError(f"expected {old!r} in the file, found none")
        return data.replace(old, new, 1)

    return spoil


def giant_mp4(data: bytes) -> bytes:
    """An MP4 whose sample description claims 65535x65535 pixels."""
    at = data.index(b"avc1", data.index(b"stsd")) + 4 + 24
    return data[:at] + struct.pack(">HH", 65535, 65535) + data[at + 4 :]


Retime = Callable[[int, int], tuple[int, int]]


def retimed(source: Path, path: Path, change: Retime) -> Path:
    """The same packets, at other times.

    Args:
        source: a video; its first stream is copied.
        path: of the copy.
        change: from the number of a packet and its time in frames to pts and dts.
    """
    tick = Fraction(1, 90000)
    with av.open(str(source)) as given, av.open(str(path), "w") as output:
        stream = given.streams.video[0]
        target = output.add_stream_from_template(stream, opaque=True)
        packets = [packet for packet in given.demux(stream) if packet.size]
        period = round(1 / (stream.average_rate * tick))
        for number, packet in enumerate(packets):
            frame = round(packet.pts * packet.time_base / tick / period)
            pts, dts = change(number, frame)
            packet.time_base, packet.stream = tick, target
            packet.pts, packet.dts, packet.duration = pts * period, dts * period, period
            try:
                output.mux(packet)
            except (ValueError, OSError):
                continue
    return path
