"""How packets of one source stream reach the output: as they are, or transcoded.

All routes place packets by the same `Window`: source time `t` becomes `t + shift`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

AnyPacket: TypeAlias = "Packet[Any]"


@dataclass(frozen=True)
class Window:
    """Which part of the source is copied, and to where.

    Attributes:
        start: source time in seconds before which nothing is copied; None for all.
        end: source time from which on nothing is copied; None for all.
        shift: output time minus source time.
        negative: packets before output time 0 may be kept (they prime decoders and are
            hidden by an edit list); elsewhere they would delay the whole file.
        silence: the container has no times for audio: a late start is filled with silence.
        strict: decoding times of a stream must rise, not merely not fall.
    """

    start: Fraction | None
    end: Fraction | None
    shift: Fraction
    negative: bool
    strict: bool
    silence: bool = False

    def holds(self, start: Fraction, duration: Fraction) -> bool:
        """Whether something of this source time is copied."""
        if self.start is not None and start < self.start:
            # The last packet before the cut is kept where its end is still heard.
            if not self.negative or start + duration <= self.start:
                return False
        elif not self.negative and start + self.shift < 0:
            return False
        return self.end is None or start < self.end

    def is_past(self, packet: AnyPacket) -> bool:
        """Whether the packet, and so all later ones of its stream, lies after the window."""
        if self.end is None or packet.dts is None:
            return False
        return packet.dts * packet.time_base >= self.end


class Route(Protocol):
    """Takes the packets of one source stream and gives those of one output stream."""

    bad: int

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Packets for the output, ready to be muxed."""

    def flush(self) -> Iterator[AnyPacket]:
        """What is left at the end."""


class _Placer:
    """Puts packets on the clock of an output stream, decoding times rising."""

    def __init__(self, target: Stream, window: Window) -> None:
        self._target = target
        self._window = window
        self._last: int | None = None

    def place(
        self, packet: AnyPacket, pts: Fraction, dts: Fraction, duration: Fraction
    ) -> AnyPacket:
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
        self._placer = _Placer(target, window)
        # A picture stream cut in the middle begins at the next picture that stands alone.
        self._waits_for_key = source.type == "video" and window.start is not None
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
        primes = self._keeps_priming and self._window.start is None and start < 0
        if not primes and not self._window.holds(start, duration):
            return
        if self._waits_for_key and not packet.is_keyframe:
            return
        self._waits_for_key = False
        shift = self._window.shift
        yield self._placer.place(packet, start + shift, dts * tick + shift, duration)

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


class AudioRoute:
    """Decoded and encoded anew, for audio that the container cannot hold.

    Args:
        source: the stream that the packets come from.
        target: the output stream, with its encoder.
        window: times.
    """

    def __init__(self, source: AudioStream, target: AudioStream, window: Window) -> None:
        self.bad = 0
        self._source, self._target = source, target
        self._window = window
        self._placer = _Placer(target, window)
        self._has_begun = False

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Packets that the encoder gave up after this one."""
        yield from self._encode(self._decode(packet))

    def flush(self) -> Iterator[AnyPacket]:
        """What decoder and encoder still held."""
        yield from self._encode(self._decode(None))
        yield from self._placed(self._target.encode(None))

    def _decode(self, packet: AnyPacket | None) -> list[AudioFrame]:
        try:
            return self._source.codec_context.decode(packet)
        except FFmpegError:
            self.bad += 1
            return []

    def _encode(self, frames: list[AudioFrame]) -> Iterator[AnyPacket]:
        for frame in frames:
            if frame.pts is None or frame.time_base is None:
                continue
            start = frame.pts * frame.time_base
            if not self._window.holds(start, Fraction(frame.samples, frame.sample_rate)):
                continue
            frame.pts = round((start + self._window.shift) * frame.sample_rate)
            frame.time_base = Fraction(1, frame.sample_rate)
            if self._window.silence and not self._has_begun and frame.pts > 0:
                yield from self._placed(self._target.encode(_silence(frame)))
            self._has_begun = True
            yield from self._placed(self._target.encode(frame))

    def _placed(self, packets: list[AnyPacket]) -> Iterator[AnyPacket]:
        for packet in packets:
            if packet.pts is None:
                continue
            start = packet.pts * packet.time_base
            duration = (packet.duration or 0) * packet.time_base
            if self._window.silence and start + duration / 2 < 0:
                continue  # an encoder's run-up, which would delay the whole file
            start = max(start, Fraction(0)) if self._window.silence else start
            yield self._placer.place(packet, start, start, duration)


def _silence(frame: AudioFrame) -> AudioFrame:
    """Silence from time 0 to the frame, like it in all else."""
    made = AudioFrame(frame.format.name, frame.layout.name, frame.pts or 0)
    for plane in made.planes:
        plane.update(bytes(plane.buffer_size))
    made.sample_rate, made.time_base, made.pts = frame.sample_rate, frame.time_base, 0
    return made


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
        self._placer = _Placer(target, window)

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The line in the other notation, clipped to the window; nothing for an empty one."""
        if packet.pts is None:
            return
        start = packet.pts * packet.time_base
        duration = (packet.duration or 0) * packet.time_base
        if not self._window.holds(start, duration):
            return
        try:
            subtitles = self._source.codec_context.decode2(packet)
            if subtitles is None:
                return
            encoded = self._target.codec_context.encode_subtitle(subtitles)
        except (FFmpegError, ValueError):
            self.bad += 1
            return
        start += self._window.shift
        yield self._placer.place(encoded, start, start, duration)

    def flush(self) -> Iterator[AnyPacket]:
        """Nothing is ever held back."""
        return iter(())
