"""Presentation times from the packets alone, without decoding."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction
from typing import Any, TypeAlias, cast

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from dain.media.fields import FieldPairs
from dain.media.joining import Joiner, Jump, joined_packets

VideoPacket: TypeAlias = "Packet[VideoStream]"
AnyPacket: TypeAlias = "Packet[Any]"

# Containers that may store only the coding order, from which FFmpeg then makes up `pts`.
_CODING_ORDER_FORMATS = {"avi", "mxf"}


class Clock(Enum):
    """Where the presentation times of a stream come from."""

    PTS = auto()  # every frame carries its own
    SORTED = auto()  # the set of times is right, but dealt out in coding order
    SWAPPED = auto()  # every frame carries one, but two neighbours may have each other's
    COUNTED = auto()  # there are none: a bare stream, at its nominal rate


@dataclass(frozen=True)
class Outliers:
    """Times that only damage can explain: past the promised end, and far from other frames.

    Attributes:
        after: a time safely past the promised end, in the stream's time base.
        gap: ticks that are far.
    """

    after: int
    gap: int

    def contain(self, pts: int, previous: int | None) -> bool:
        """Whether a frame cannot be at `pts`, where the latest so far is at `previous`."""
        return previous is not None and pts > self.after and pts - previous > self.gap


@dataclass(frozen=True)
class PacketTimes:
    """What one pass over the packets tells.

    Attributes:
        pts: of every frame to be shown, rising, without repeats.
        last_duration: of the last frame; None if unknown.
        keyframes: (pts, dts) of every packet at which decoding can start, rising.
        jumps: of the container's clock, which `pts` and `keyframes` are free of.
        seekable: a time names one place in the file: the clock neither jumps nor goes back.
    """

    pts: array[int]
    last_duration: int | None
    keyframes: list[tuple[int, int]]
    jumps: tuple[Jump, ...] = ()
    seekable: bool = True

    def at_or_before(self, pts: int) -> int | None:
        """The last presentation time at or before `pts`, else the first; None if empty."""
        if not self.pts:
            return None
        return self.pts[max(0, bisect_right(self.pts, pts) - 1)]

    def is_keyframe(self, pts: int) -> bool:
        """Whether decoding can start at the frame shown at `pts`."""
        at = bisect_right(self.keyframes, (pts, 1 << 63)) - 1
        return at >= 0 and self.keyframes[at][0] == pts

    def seek_points(self, pts: int) -> list[int]:
        """Times to seek to, best first, from which the frame at `pts` should be reachable.

        Containers disagree on whether they seek by pts or dts, and frames shown right after
        a keyframe may need the group before it.
        """
        latest = bisect_right(self.keyframes, (pts, 1 << 63)) - 1
        near = self.keyframes[max(0, latest - 1) : latest + 1]
        return list(dict.fromkeys(time for keyframe in reversed(near) for time in keyframe))


def choose_clock(
    first_times: Iterable[tuple[int | None, int | None]], container_format: str, reorders: bool
) -> Clock:
    """Judge by the (pts, dts) of a stream's first packets in coding order.

    Args:
        first_times: of non-empty packets.
        container_format: FFmpeg's name of it.
        reorders: whether the decoder may show frames in another order than they come.
    """
    times = list(first_times)
    if all(pts is None and dts is None for pts, dts in times):
        return Clock.COUNTED
    if all(pts is None for pts, _ in times):
        return Clock.SORTED
    delays = {pts - dts for pts, dts in times if pts is not None and dts is not None}
    if container_format in _CODING_ORDER_FORMATS and reorders and len(delays) == 1:
        return Clock.SORTED
    # FFmpeg deals two neighbours of an Xvid stream each other's time, where one is a repeat.
    return Clock.SWAPPED if container_format == "avi" and reorders else Clock.PTS


def added_delay(
    first_times: Iterable[tuple[int | None, int | None]], container_format: str, most: int
) -> int:
    """Ticks that FFmpeg adds to all times of AVI, which stores the order of decoding alone.

    The first frame shown belongs to the beginning, where the audio begins as well.

    Args:
        first_times: (pts, dts) of a stream's first packets.
        container_format: FFmpeg's name of it.
        most: beyond this the first frame was left out or stands longer.
    """
    if container_format != "avi":
        return 0
    times = list(first_times)
    shown = [pts for pts, _ in times if pts is not None]
    decoded = [dts for _, dts in times if dts is not None]
    return min(most, max(0, min(shown) - min(decoded))) if shown and decoded else 0


def undelayed(found: Iterable[AnyPacket], delay: int) -> Iterator[AnyPacket]:
    """The same packets, shown earlier by `delay` ticks."""
    for packet in found:
        if delay and packet.pts is not None:
            packet.pts -= delay
        yield packet


def is_shown(packet: VideoPacket) -> bool:
    """Whether a packet is to give a picture that is seen."""
    if packet.size == 0 or packet.is_discard:
        return False
    if packet.stream.codec_context.name in ("vp8", "libvpx"):
        return bool(memoryview(packet)[0] & 0x10)  # RFC 6386, 9.1: show_frame
    return True


def packet_time(packet: VideoPacket) -> int | None:
    """Presentation time as far as the container knows it."""
    return packet.pts if packet.pts is not None else packet.dts


def scan(
    container: InputContainer,
    stream: VideoStream,
    clock: Clock,
    step: int,
    delay: int = 0,
    promised_end: Fraction | None = None,
    outliers: Outliers | None = None,
) -> PacketTimes:
    """Read all packets of a stream; a broken end is simply the end.

    Args:
        container: freshly opened; read to its end.
        stream: one of its streams.
        clock: where times come from.
        step: nominal duration of a frame in the stream's time base, for `Clock.COUNTED`.
        delay: see `added_delay`.
        promised_end: when the container says that the stream ends, in its time base.
        outliers: times to leave out.
    """
    times = array("q")
    keyframes: list[tuple[int, int]] = []
    fields = FieldPairs(stream)
    count, newest = 0, None  # packets, and the time of the frame that came last
    last_pts, last_duration = -(1 << 63), 0
    durations: set[int] = set()
    joiner = Joiner()
    found = joined_packets(container, stream, joiner=joiner)
    for packet in _until_broken(undelayed(found, delay)):
        count += packet.size > 0
        durations.update((packet.duration or 0,) if packet.size else ())
        if not is_shown(packet):
            continue
        if fields.is_second(packet):
            last_duration += (packet.duration or 0) if newest == last_pts else 0
            continue
        pts = len(times) * step if clock is Clock.COUNTED else _listed_time(packet, clock)
        if pts is None or (outliers and times and outliers.contain(pts, last_pts)):
            continue
        times.append(pts)
        newest = pts
        if packet.is_keyframe and packet.dts is not None:
            keyframes.append((pts, packet.dts))
        if pts > last_pts:
            last_pts, last_duration = pts, packet.duration or 0
    if newest != last_pts and len(durations) > 1 and count == stream.frames:
        # MP4 stores how long packets last in coding order, which is not how long frames stand.
        left = 0 if promised_end is None else int(promised_end - last_pts)
        last_duration = left if left > 0 else last_duration
    listed = array("q", sorted(set(times)))
    jumps, in_order = tuple(joiner.jumps), sorted(keyframes)
    seekable = not jumps and in_order == keyframes
    return PacketTimes(listed, last_duration or None, in_order, jumps, seekable)


def _listed_time(packet: VideoPacket, clock: Clock) -> int | None:
    return packet_time(packet) if clock is Clock.SORTED else packet.pts


def _until_broken(found: Iterator[Packet[Stream]]) -> Iterator[VideoPacket]:
    try:
        for packet in found:
            yield cast("VideoPacket", packet)
    except (FFmpegError, OSError):
        return
