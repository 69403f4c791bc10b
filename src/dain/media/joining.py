"""Clocks that jump in their course, as those of transport streams may, made one.

A recording that was spliced, a programme that changed, or a counter of 33 bits that ran over:
the times of all streams of a programme leave off here and go on there. Players go on without
a pause, and so do we: the frame after the jump follows the one before at the usual distance,
and all other streams move by the same amount, so that sound and pictures stay in step.

Every pass over a file reads the packets of all streams from its beginning, and so comes to the
same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Stream

from dain.media.containers import packets

AnyPacket: TypeAlias = "Packet[Any]"

_FAR = Fraction(10)  # seconds, as in players
_BACK = Fraction(1, 2)  # seconds that decoding times of a stream never go back by themselves
_UNUSUAL = 20  # times the usual distance: where pictures change once a minute, a minute is none
_LEADING = frozenset({"video", "audio"})  # text may well be sent long before it is due


@dataclass(frozen=True)
class Jump:
    """Where a clock went on elsewhere.

    Attributes:
        time: of the first frame after it, in seconds, on the joined clock.
        by: seconds too many (or, below 0, too few) that the container's clock counts.
    """

    time: Fraction
    by: Fraction


@dataclass
class _Clock:
    """That of one programme.

    Attributes:
        now: the newest joined time.
        offsets: what was added to the container's times, jump after jump.
    """

    now: Fraction
    offsets: list[Fraction] = field(default_factory=lambda: [Fraction(0)])


@dataclass
class _Place:
    """How far a stream has come.

    Attributes:
        clock: its programme's.
        last: time of its newest packet, joined.
        step: from one packet to the next.
        epoch: which of the clock's offsets holds for it; no stream goes back to one before.
        delay: ticks from decoding to being shown, of the newest packet.
    """

    clock: _Clock
    last: Fraction
    step: Fraction = Fraction(0)
    epoch: int = 0
    delay: int = 0


def may_jump(container: InputContainer) -> bool:
    """Whether the clock of such a container may jump."""
    return bool(Flags(container.format.flags) & Flags.ts_discont)


def joined_packets(
    container: InputContainer, *streams: Stream, joiner: Joiner | None = None
) -> Iterator[AnyPacket]:
    """All packets of the streams (of every stream if none is named) with joined times.

    Args:
        container: at its beginning.
        streams: those wanted.
        joiner: to know of the jumps, or to go on after an error.

    Raises:
        FFmpegError: reading stopped before the end of the file.
    """
    if not may_jump(container):
        yield from packets(container, *streams)
        return
    wanted = {stream.index for stream in streams}
    joiner = joiner or Joiner()
    for packet in joiner.join(packets(container)):
        if not wanted or packet.stream_index in wanted:
            yield packet


class Joiner:
    """Moves packets of all streams of a file onto clocks that do not jump.

    Attributes:
        jumps: those found so far.
    """

    def __init__(self) -> None:
        self.jumps: list[Jump] = []
        self._clocks: list[_Clock] = []
        self._places: dict[int, _Place] = {}

    def join(self, found: Iterable[AnyPacket]) -> Iterator[AnyPacket]:
        """The same packets, their times changed; in the order of the file."""
        for packet in found:
            stamp = packet.pts if packet.dts is None else packet.dts
            if stamp is not None and packet.time_base:
                ticks = round(self._offset(packet, stamp * packet.time_base) / packet.time_base)
                self._mend(packet)
                if ticks:
                    packet.pts = None if packet.pts is None else packet.pts + ticks
                    packet.dts = None if packet.dts is None else packet.dts + ticks
            yield packet

    def _mend(self, packet: AnyPacket) -> None:
        """Undo what FFmpeg does at a jump: a decoding time before it, with one shown after."""
        if packet.pts is None or packet.dts is None:
            return
        place = self._places[packet.stream_index]
        if abs(packet.pts - packet.dts) * packet.time_base > _FAR:
            packet.pts = packet.dts + place.delay
        place.delay = packet.pts - packet.dts

    def _offset(self, packet: AnyPacket, time: Fraction) -> Fraction:
        """What to add to a packet whose time is `time` by the container, in seconds."""
        place = self._places.get(packet.stream_index)
        if place is None:
            place = self._places[packet.stream_index] = self._begin(time)
        clock, leads = place.clock, packet.stream.type in _LEADING
        usual = _UNUSUAL * place.step
        far, back = max(_FAR, usual), max(_BACK, usual)
        for epoch in range(place.epoch, len(clock.offsets)):
            moved = time + clock.offsets[epoch]
            near = min(abs(moved - each) for each in (clock.now, place.last))
            if near <= far and not (leads and moved < place.last - back):
                if epoch > place.epoch and packet.stream.type == "video":
                    _align(place, epoch, time)
                place.epoch = epoch
                break
        else:
            if not leads:
                return clock.now - time  # nobody can say when it is due but now
            self._jump(place, packet, time)
        joined = time + clock.offsets[place.epoch]
        duration = (packet.duration or 0) * packet.time_base
        place.step = duration or max(joined - place.last, Fraction(0)) or place.step
        place.last = joined
        if leads:
            clock.now = joined
        return clock.offsets[place.epoch]

    def _begin(self, time: Fraction) -> _Place:
        """The place of a stream that is new: on a clock that fits it, else on one of its own."""
        for clock in self._clocks:
            for epoch in reversed(range(len(clock.offsets))):
                if abs(time + clock.offsets[epoch] - clock.now) <= _FAR:
                    return _Place(clock, time + clock.offsets[epoch], epoch=epoch)
        clock = _Clock(time)
        self._clocks.append(clock)
        return _Place(clock, time)

    def _jump(self, place: _Place, packet: AnyPacket, time: Fraction) -> None:
        """Let a packet follow its stream's last one at the usual distance, whatever its time."""
        due, before = place.last + place.step, place.clock.offsets[-1]
        place.clock.offsets.append(due - time)
        place.epoch = len(place.clock.offsets) - 1
        # What the caller judges by is the decoding time where there is one.
        delay = Fraction(0) if packet.pts is None else packet.pts * packet.time_base - time
        self.jumps.append(Jump(due + delay, time + before - due))


def _align(place: _Place, epoch: int, time: Fraction) -> None:
    """Where sound came first after a jump, let pictures keep their distance all the same."""
    slip = place.last + place.step - (time + place.clock.offsets[epoch])
    if abs(slip) <= place.step:
        place.clock.offsets[epoch] += slip


def describe_jumps(name: str, jumps: Iterable[Jump], begins: Fraction) -> list[str]:
    """What to say of a file's jumps: one line, or none.

    Args:
        name: of the file.
        jumps: in order.
        begins: when the video begins, in seconds.
    """
    found = list(jumps)
    if not found:
        return []
    largest = max(found, key=lambda jump: abs(jump.by))
    where = f"by {_clock_time(largest.by)} at {float(largest.time - begins):.1f} s"
    if len(found) > 1:
        return [f"{name}: its clock jumps {len(found)} times, the furthest {where}; joined"]
    return [f"{name}: its clock jumps {where}; joined"]


def _clock_time(seconds: Fraction) -> str:
    """Hours, minutes and seconds, such as ``-3:00:00``."""
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 else ""
    return f"{sign}{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
