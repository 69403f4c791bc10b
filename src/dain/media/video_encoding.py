"""Frames into packets, each with the exact time of its frame."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
from av.error import FFmpegError
from av.packet import Packet, PacketSideData, PktSideDataT, packet_sidedata_type_from_literal
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from dain.errors import EncodeError
from dain.media.colour import from_rgb
from dain.media.container_tables import Container
from dain.media.encoding import Choice, add_video_stream, muxer_options
from dain.media.frame import Frame, OutputSpec
from dain.media.routes import AnyPacket
from dain.media.segments import Record
from dain.media.transparency import for_encoder


@dataclass(frozen=True)
class TimedPacket:
    """An encoded packet and where its frame stands.

    Attributes:
        packet: its times are on the encoder's clock, counted from `origin`.
        origin: of that clock, in its own ticks on the output's.
        time: when its frame is shown, in seconds of the output; exact.
        duration: for how long, likewise.
    """

    packet: AnyPacket
    origin: int
    time: Fraction
    duration: Fraction

    def to_record(self) -> Record:
        """Itself, to be kept on the disk."""
        packet = self.packet
        sides = [(side.data_type, bytes(side)) for side in packet.iter_sidedata()]
        head = {
            "pts": packet.pts,
            "dts": packet.dts,
            "key": packet.is_keyframe,
            "tick": str(packet.time_base),
            "origin": self.origin,
            "time": str(self.time),
            "duration": str(self.duration),
            "sides": [kind for kind, _ in sides],
        }
        return Record(head, (bytes(packet), *(data for _, data in sides)))

    @classmethod
    def from_record(cls, record: Record) -> TimedPacket:
        """What `to_record` kept."""
        head, (data, *sides) = record.head, record.parts
        packet: AnyPacket = Packet(data)
        packet.time_base = Fraction(head["tick"])
        packet.pts, packet.dts = head["pts"], head["dts"]
        packet.is_keyframe = head["key"]
        for kind, side in zip(head["sides"], sides, strict=True):
            packet.set_sidedata(_side_data(kind, side))
        return cls(packet, head["origin"], Fraction(head["time"]), Fraction(head["duration"]))


class VideoEncoder:
    """Encodes frames with a stream's encoder; its clock starts at the first of them.

    Some bit streams count time themselves, in whole frames and from zero, so that a segment in
    the middle of a film must not begin with the film's hour.

    Args:
        stream: that was set up by `add_video_stream`.
        choice: by which it was.
        spec: likewise, with the colour as it is stored.
    """

    def __init__(self, stream: VideoStream, choice: Choice, spec: OutputSpec) -> None:
        self._stream, self._choice, self._spec = stream, choice, spec
        self._reformatter = VideoReformatter()
        self._origin: int | None = None
        self._last: int | None = None
        # Exact time and duration of each frame inside the encoder, by its ticks.
        self._times: dict[int, tuple[Fraction, Fraction]] = {}

    def encode(self, frame: Frame) -> list[TimedPacket]:
        """Take the next frame; the packets that are ready.

        Raises:
            EncodeError: it has another size than announced or does not follow the one before.
            ValueError: the encoder refused it (or an av.FFmpegError).
        """
        return self._timed(self._stream.encode(self._picture(frame)))

    def flush(self) -> list[TimedPacket]:
        """The packets that the encoder held back.

        Raises:
            ValueError: the encoder gave up (or an av.FFmpegError).
        """
        return self._timed(self._stream.encode(None))

    def _picture(self, frame: Frame) -> VideoFrame:
        """The frame as the encoder takes it, on the encoder's clock."""
        spec, tick = self._spec, self._choice.time_base
        height, width, channels = frame.pixels.shape
        if (width, height) != (spec.width, spec.height):
            raise EncodeError(
                f"expected frames of {spec.width}x{spec.height}, found {width}x{height}"
            )
        if channels != (4 if spec.alpha else 3):
            kind = "RGBA" if spec.alpha else "RGB"
            raise EncodeError(f"expected {kind} frames, found {channels} channels")
        moment = round(frame.time / tick)
        if self._last is not None and moment <= self._last:
            raise EncodeError(
                f"frame {frame.index} at {float(frame.time):.6f} s does not come after the one "
                f"before it by at least {float(tick):.6f} s"
            )
        self._last = moment
        self._origin = moment if self._origin is None else self._origin
        duration = 1 / spec.rate if frame.duration is None else frame.duration * frame.time_base
        pixels = for_encoder(frame.pixels, self._choice.encoder)
        picture = from_rgb(pixels, self._choice.pixel_format, spec.colour, self._reformatter)
        picture.pts, picture.time_base = moment - self._origin, tick
        self._times[picture.pts] = (frame.time, duration)
        return picture

    def _timed(self, packets: Sequence[AnyPacket]) -> list[TimedPacket]:
        origin, timed = self._origin or 0, []
        for packet in packets:
            usual = ((packet.pts or 0) + origin) * packet.time_base, 1 / self._spec.rate
            known = usual if packet.pts is None else self._times.pop(packet.pts, usual)
            timed.append(TimedPacket(packet, origin, *known))
        return timed


class SegmentVideoEncoder:
    """An encoder of its own for one segment, in a container that nobody reads.

    Args:
        container: what the packets are for; it decides where the encoder puts its headers.
        choice: encoder and options.
        spec: of the frames, with the colour as it is stored.

    Raises:
        EncodeError: the encoder refused to start.
    """

    def __init__(self, container: Container, choice: Choice, spec: OutputSpec) -> None:
        self._output = av.open(
            io.BytesIO(),
            "w",
            format=container.format,
            container_options=muxer_options(container, choice),
        )
        try:
            stream = add_video_stream(self._output, choice, container, spec)
            self._output.start_encoding()
        except (FFmpegError, OSError, ValueError) as error:
            self.close()
            raise _refusal(choice, error) from error
        self._choice = choice
        self._encoder = VideoEncoder(stream, choice, spec)

    def encode(self, frame: Frame) -> list[Record]:
        """Take the next frame; the packets that are ready.

        Raises:
            EncodeError: it is not as announced, or the encoder refused it.
        """
        try:
            return [each.to_record() for each in self._encoder.encode(frame)]
        except (FFmpegError, OSError, ValueError) as error:
            raise _refusal(self._choice, error) from error

    def flush(self) -> list[Record]:
        """The packets that the encoder held back.

        Raises:
            EncodeError: the encoder gave up.
        """
        try:
            return [each.to_record() for each in self._encoder.flush()]
        except (FFmpegError, OSError, ValueError) as error:
            raise _refusal(self._choice, error) from error

    def close(self) -> None:
        """Release the encoder; safe to call twice."""
        with suppress(FFmpegError, OSError, ValueError):
            self._output.close()


def _refusal(choice: Choice, error: Exception) -> EncodeError:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return EncodeError(f"{choice.encoder} cannot encode this video: {str(text).splitlines()[0]}")


def _side_data(kind: PktSideDataT, data: bytes) -> PacketSideData:
    # The constructor is not among the type hints of PyAV 17 and 18.
    made: Any = cast("Any", PacketSideData)(packet_sidedata_type_from_literal(kind), len(data))
    made.update(data)
    return cast("PacketSideData", made)
