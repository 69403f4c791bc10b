"""Interlaced H.264 whose fields are coded apart, which no encoder at hand makes.

Written bit by bit from ITU-T H.264: every macroblock holds its samples as they are (I_PCM).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

SIZE = (32, 32)
_KEYFRAME_EVERY = 12
_MACROBLOCKS = 2  # in a field: the picture is two wide and a field one high


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def put(self, count: int, value: int) -> None:
        self.text += format(value, f"0{count}b") if count else ""

    def golomb(self, value: int) -> None:
        digits = format(value + 1, "b")
        self.text += "0" * (len(digits) - 1) + digits

    def align(self) -> None:
        self.text += "0" * (-len(self.text) % 8)

    def unit(self, first_byte: int) -> bytes:
        """As a unit of the stream, with its start code and protected from false ones."""
        self.text += "1"
        self.align()
        body = int(self.text, 2).to_bytes(len(self.text) // 8, "big")
        safe, zeros = bytearray([first_byte]), 0
        for byte in body:
            if zeros >= 2 and byte <= 3:
                safe.append(3)
                zeros = 0
            safe.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes(safe)


def _parameters(rate: int, high_profile: bool) -> bytes:
    sequence = _Bits()
    sequence.put(8, 100 if high_profile else 77)
    sequence.put(16, 30)
    sequence.golomb(0)
    if high_profile:
        for value in (1, 0, 0):  # 4:2:0 of 8 bits
            sequence.golomb(value)
        sequence.put(1, 0)
        sequence.put(1, 1)  # scaling lists: the first given and short, the others not
        sequence.put(1, 1)
        for code in (1, 2, 32):  # deltas +1, -1, then -8 - 8: the rest repeats
            sequence.golomb(code)
        for _ in range(13):
            sequence.golomb(0)
        sequence.put(7, 0)
    for value in (0, 0, 4, 1):  # frame numbers of 4 bits, order counts of 8, 1 reference
        sequence.golomb(value)
    sequence.put(1, 0)
    sequence.golomb(1)
    sequence.golomb(0)
    sequence.put(9, 0b0_0_1_0_1_0000)  # fields allowed, no cropping, usability information
    sequence.put(1, 1)
    sequence.put(32, 1)
    sequence.put(32, 2 * rate)
    sequence.put(5, 0b10000)
    picture = _Bits()
    picture.golomb(0)
    picture.golomb(0)
    picture.put(2, 0)
    for _ in range(3):
        picture.golomb(0)
    picture.put(3, 0)
    for _ in range(3):
        picture.golomb(0)
    picture.put(3, 0)
    return sequence.unit(0x67) + picture.unit(0x68)


def _field(number: int, is_bottom: bool) -> bytes:
    in_group = number % _KEYFRAME_EVERY
    is_key = in_group == 0 and not is_bottom
    bits = _Bits()
    for value in (0, 7, 0):
        bits.golomb(value)
    bits.put(4, in_group)
    bits.put(2, 0b10 | is_bottom)
    if is_key:
        bits.golomb(number // _KEYFRAME_EVERY % 2)
    bits.put(8, 2 * in_group + is_bottom)
    bits.put(2 if is_key else 1, 0)
    bits.golomb(0)
    for _ in range(_MACROBLOCKS):
        bits.golomb(25)
        bits.align()
        bits.text += format(40 + 5 * number, "08b") * 256 + format(128, "08b") * 128
    return bits.unit(0x65 if is_key else 0x41)


def _fields(count: int, rate: int, high_profile: bool) -> Iterator[tuple[int, bool, bytes]]:
    for number in range(count):
        for is_bottom in (False, True):
            data = b"\0\0\0\1\x09\xf0"
            if number % _KEYFRAME_EVERY == 0 and not is_bottom:
                data += _parameters(rate, high_profile)
            yield number, is_bottom, data + _field(number, is_bottom)


def make_interlaced(
    path: Path,
    count: int = 25,
    rate: int = 25,
    whole_frames: bool = False,
    high_profile: bool = False,
) -> Path:
    """Write `count` frames, each a shade brighter, as packets of one field, or of two.

    Args:
        path: its suffix names the container; ``.h264`` is the bare stream.
        count: frames.
        rate: frames a second.
        whole_frames: both fields in one packet.
        high_profile: with a longer header.
    """
    bare = path if path.suffix == ".h264" else path.with_suffix(".bare.h264")
    bare.write_bytes(b"".join(data for _, _, data in _fields(count, rate, high_profile)))
    if bare == path:
        return path
    tick = Fraction(1, 90000)
    with av.open(str(bare)) as given, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(given.streams.video[0], opaque=True)
        held = b""
        for number, is_bottom, data in _fields(count, rate, high_profile):
            held += data
            if whole_frames and not is_bottom:
                continue
            packet = av.Packet(held)
            packet.stream, packet.time_base = stream, tick
            late = is_bottom and not whole_frames
            packet.pts = packet.dts = int(Fraction(2 * number + late, 2 * rate) / tick)
            packet.duration = int(Fraction(1, rate if whole_frames else 2 * rate) / tick)
            packet.is_keyframe = number % _KEYFRAME_EVERY == 0
            output.mux(packet)
            held = b""
    return path
