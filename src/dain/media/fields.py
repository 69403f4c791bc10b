"""Interlaced H.264 whose two fields come as packets of their own: one frame, two packets.

What tells them apart lies in the first bits of a slice (ITU-T H.264, 7.3.3), behind a few
numbers of the sequence parameter set (7.3.2.1.1); no picture is decoded for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.video.stream import VideoStream

if TYPE_CHECKING:
    from dain.media.scan import VideoPacket

_SLICE, _SLICE_OF_IDR, _PARAMETERS = 1, 5, 7  # types of units
_HIGH_PROFILES = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_SLICE_START = 32  # bytes that hold all we read of a slice


@dataclass(frozen=True)
class _Sequence:
    """What a sequence parameter set says on reading slices."""

    frame_number_bits: int
    has_colour_planes: bool
    may_have_fields: bool


@dataclass(frozen=True)
class _Field:
    """One field picture, by its slice header."""

    frame_number: int
    is_bottom: bool

    def pairs_with(self, following: _Field) -> bool:
        """Whether both make one frame."""
        return (
            self.frame_number == following.frame_number
            and self.is_bottom is not following.is_bottom
        )


_NOTHING = _Field(-1, False)


class FieldPairs:
    """Tells second fields from what begins a frame; asked for every packet, in order.

    Args:
        stream: of any codec.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._sequence: _Sequence | None = None
        self._open: _Field | None = None
        self._length_size = 0  # 0: units begin with a start code
        if stream.codec_context.codec.canonical_name != "h264":
            return
        extradata = stream.codec_context.extradata or b""
        if extradata[:1] == b"\x01" and len(extradata) > 6:  # as MP4 and Matroska have it
            self._length_size = (extradata[4] & 3) + 1
            size = int.from_bytes(extradata[6:8], "big")
            self._learn(extradata[8 : 8 + size])
        else:
            for unit in _units_by_start_code(extradata):
                self._learn(unit)

    def is_second(self, packet: VideoPacket) -> bool:
        """Whether the packet only completes the frame that the one before has begun."""
        if self._sequence is None or not self._sequence.may_have_fields:
            return False
        begins, completes = False, False
        for field in self._pictures(bytes(packet)):
            if field is not None and self._open is not None and self._open.pairs_with(field):
                self._open, completes = None, True
            else:
                self._open, begins = field, True
        return completes and not begins

    def _pictures(self, data: bytes) -> Iterator[_Field | None]:
        """The fields that a packet holds, once each; None for a whole frame."""
        last: _Field | None = _NOTHING
        for unit in self._units(data):
            self._learn(unit)
            if not unit or unit[0] & 31 not in (_SLICE, _SLICE_OF_IDR):
                continue
            field = self._field(unit)
            if field != last:  # else it is one more slice of the same
                yield field
            last = field

    def _units(self, data: bytes) -> Iterator[bytes]:
        if self._length_size == 0:
            return _units_by_start_code(data)
        return _units_by_length(data, self._length_size)

    def _learn(self, unit: bytes) -> None:
        if unit and unit[0] & 31 == _PARAMETERS:
            self._sequence = _sequence(_Bits(unit[1:]))

    def _field(self, unit: bytes) -> _Field | None:
        """The field that a slice belongs to; None if it belongs to a frame."""
        assert self._sequence is not None
        bits = _Bits(unit[1:_SLICE_START])
        for _ in range(3):  # first macroblock, slice type, picture parameter set
            bits.golomb()
        if self._sequence.has_colour_planes:
            bits.take(2)
        number = bits.take(self._sequence.frame_number_bits)
        return _Field(number, bool(bits.take(1))) if bits.take(1) else None


def _sequence(bits: _Bits) -> _Sequence:
    """Read a sequence parameter set up to its last field of interest."""
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    has_planes = False
    if profile in _HIGH_PROFILES:
        has_planes = _skip_high_profile(bits)
    number_bits = bits.golomb() + 4
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    bits.golomb()
    bits.take(1)
    bits.golomb()
    bits.golomb()
    return _Sequence(number_bits, has_planes, may_have_fields=not bits.take(1))


def _skip_high_profile(bits: _Bits) -> bool:
    """Pass over the fields of high profiles; True if colour planes are coded apart."""
    chroma = bits.golomb()
    has_planes = chroma == 3 and bool(bits.take(1))
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return has_planes


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            code = bits.golomb()  # signed: odd is positive
            following = (last + ((code + 1) // 2 if code % 2 else -(code // 2))) % 256
        last = following or last


def _units_by_start_code(data: bytes) -> Iterator[bytes]:
    begin = data.find(b"\0\0\1")
    while begin >= 0:
        end = data.find(b"\0\0\1", begin + 3)
        yield data[begin + 3 : end if end >= 0 else len(data)]
        begin = end


def _units_by_length(data: bytes, size: int) -> Iterator[bytes]:
    begin = 0
    while begin + size < len(data):
        length = int.from_bytes(data[begin : begin + size], "big")
        yield data[begin + size : begin + size + length]
        begin += size + length


class _Bits:
    """Reads bits from the front; beyond the end there are zeros, and numbers stay small."""

    def __init__(self, data: bytes) -> None:
        data = data.replace(b"\0\0\3", b"\0\0")  # put in so that no start code arises
        self._left = 8 * len(data)
        self._value = int.from_bytes(data, "big")

    def take(self, count: int) -> int:
        """An unsigned number of so many bits."""
        if count > self._left:
            self._left = 0
            return 0
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned number in exponential Golomb code; signed ones are such numbers too."""
        zeros = 0
        while self._left and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
