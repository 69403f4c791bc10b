"""How packets of one source stream reach the output: as they are, or transcoded.

All routes place packets by the same `Window`. Audio that is decoded goes by `audio_routes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from dain.media.window import Window

AnyPacket: TypeAlias = "Packet[Any]"

_EMPTY_TEXT = 2  # bytes: a length of zero


class Route(Protocol):
    """Takes the packets of one source stream and gives those of one output stream."""

    bad: int

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Packets for the output, ready to be muxed."""

    def flush(self) -> Iterator[AnyPacket]:
        """What is left at the end."""


class Placer:
    """Puts packets on the clock of an output stream, decoding times rising.

    Args:
        target: the output stream.
        window: says whether they must rise strictly.
    """

    def __init__(self, target: Stream, window: Window) -> None:
        self._target = target
        self._window = window
        self._last: int | None = None

    def place(
        self, packet: AnyPacket, pts: Fraction, dts: Fraction, duration: Fraction
    ) -> AnyPacket:
        """The packet at these output times, in seconds."""
        tick = self._target.time_base or Fraction(1, 1000)
        decode, present = round(dts / tick), round(pts / tick)
        if self._last is not None:
            decode = max(decode, self._last + (1 if self._window.strict else 0))
        self._last = decode
        packet.time_base = tick
        packet.dts, packet.pts = decode, max(decode, present)
        packet.duration = round((pts + duration) / tick) - round(pts / tick)
        packet.stream = self._target
        return packet


class CopyRoute:
    """AnyPacket for packet, side data included.

    Args:
        source: the stream that the packets come from.
        target: the output stream.
        window: times.
    """

    def __init__(self, source: Stream, target: Stream, window: Window) -> None:
        self.bad = 0
        self._window = window
        self._placer = Placer(target, window)
        # A picture stream cut in the middle begins at the next picture that stands alone.
        self._waits_for_key = source.type == "video" and window.start is not None
        # What is heard from time 0 on may begin before; AVI would delay all pictures for it.
        self._keeps_straddling = source.type == "audio" and not window.silence
        # Opus declares its priming, which Matroska subtracts again: keep it everywhere.
        self._keeps_priming = source.type == "audio" and source.codec.name.endswith("opus")

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet on the output's clock, or nothing if it lies outside the window."""
        pts, dts = packet.pts, packet.dts
        pts, dts = (dts if pts is None else pts), (pts if dts is None else dts)
        tick = packet.time_base
        if pts is None or dts is None:
            self.bad += 1
            return
        duration = (packet.duration or 0) * tick
        start = pts * tick
        keeps = self._keeps_priming or (self._keeps_straddling and start + duration > 0)
        primes = keeps and self._window.start is None and start < 0
        if not primes and not self._window.holds(start, duration):
            return
        if self._waits_for_key and not packet.is_keyframe:
            return
        self._waits_for_key = False
        times = self._window.times
        yield self._placer.place(packet, times(start), times(dts * tick), duration * times.stretch)

    def flush(self) -> Iterator[AnyPacket]:
        """Nothing is ever held back."""
        return iter(())


class PictureRoute:
    """A cover picture: one packet outside time.

    Args:
        target: the output stream.
    """

    def __init__(self, target: Stream) -> None:
        self.bad = 0
        self._target = target
        self._is_done = False

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The first packet, at time 0."""
        if not self._is_done:
            self._is_done = True
            packet.pts = packet.dts = 0
            packet.stream = self._target
            yield packet

    def flush(self) -> Iterator[AnyPacket]:
        """Nothing is ever held back."""
        return iter(())


class SubtitleCopyRoute:
    """Subtitles as they are, clipped to the window: a line that is on when it begins stays on.

    Args:
        target: the output stream.
        window: times.
    """

    def __init__(self, target: Stream, window: Window) -> None:
        self.bad = 0
        self._window = window
        self._placer = Placer(target, window)
        # Pictures of text have no duration but stand until the next; the last before the window.
        self._standing: AnyPacket | None = None

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packet on the output's clock, or nothing if it lies outside the window."""
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None:
            self.bad += 1
            return
        if packet.size == _EMPTY_TEXT and packet.stream.codec_context.name == "mov_text":
            return  # MP4 fills gaps between lines, and the muxer will do so again
        start = stamp * packet.time_base
        duration = self._window.standing(start, (packet.duration or 0) * packet.time_base)
        if start < self._window.first and not duration:
            self._standing = packet
            return
        yield from self.flush()
        clipped = self._window.clip(start, duration)
        if clipped is not None:
            yield place_subtitle(self._placer, self._window, packet, *clipped)

    def flush(self) -> Iterator[AnyPacket]:
        """What has stood since before the window."""
        packet, self._standing = self._standing, None
        if packet is not None:
            first = self._window.first
            yield place_subtitle(self._placer, self._window, packet, first, Fraction(0))


def place_subtitle(
    placer: Placer, window: Window, packet: AnyPacket, start: Fraction, duration: Fraction
) -> AnyPacket:
    """The packet at this source time, on the output's clock."""
    start = window.times(start)
    return placer.place(packet, start, start, duration * window.times.stretch)


class SubtitleRoute:
    """Text subtitles, decoded and written in another notation.

    Args:
        source: the stream that the packets come from.
        target: the output stream, with its encoder.
        window: times.
    """

    def __init__(self, source: SubtitleStream, target: SubtitleStream, window: Window) -> None:
        self.bad = 0
        self._source, self._target = source, target
        self._window = window
        self._placer = Placer(target, window)

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The line in the other notation, clipped to the window; nothing for an empty one."""
        if packet.pts is None:
            return
        start = packet.pts * packet.time_base
        duration = self._window.standing(start, (packet.duration or 0) * packet.time_base)
        clipped = self._window.clip(start, duration)
        if clipped is None:
            return
        try:
            subtitles = self._source.codec_context.decode2(packet)
            if subtitles is None:
                return
            encoded = self._target.codec_context.encode_subtitle(subtitles)
        except (FFmpegError, ValueError):
            self.bad += 1
            return
        yield place_subtitle(self._placer, self._window, encoded, *clipped)

    def flush(self) -> Iterator[AnyPacket]:
        """Nothing is ever held back."""
        return iter(())
