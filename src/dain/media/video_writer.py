"""Frames into a video file, with the source's other streams beside them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from dain.errors import EncodeError, OutputError
from dain.media.container_tables import Container
from dain.media.encoders import choose, container_for, stored_colour
from dain.media.encoding import Choice, add_video_stream, muxer_options
from dain.media.frame import Frame, OutputSpec
from dain.media.interfaces import FrameWriter
from dain.media.output import StagedFile, check_file_output
from dain.media.routes import AnyPacket
from dain.media.segments import Record, SegmentEncoder
from dain.media.streams import StreamCopier
from dain.media.video_encoding import SegmentVideoEncoder, TimedPacket, VideoEncoder
from dain.settings import EncodeSettings


class VideoWriter(FrameWriter):
    """Writes one video stream, and copies the source's other streams into the same file.

    Everything is checked before anything is written. The file appears under its final name
    when `finish` returns; memory does not grow with its length.

    Args:
        path: the output; its extension names the container.
        spec: what the frames will be like, and what is copied from where.
        settings: encoder, pixel format and options, where not the usual ones.

    Attributes:
        messages: notes for the person who runs us: streams that could not be copied, and
            an encoder or pixel format other than the usual one.

    Raises:
        OutputError: the output exists and may not be replaced, cannot be written, or
            cannot hold what was asked.
    """

    def __init__(self, path: Path, spec: OutputSpec, settings: EncodeSettings) -> None:
        self.messages = []
        self._path, self._spec = path, spec
        container = container_for(path)
        check_file_output(path, settings.overwrite)
        if spec.width < 1 or spec.height < 1 or spec.rate <= 0:
            raise OutputError(
                f"expected a frame size and rate above 0, found {spec.width}x{spec.height} "
                f"at {spec.rate}"
            )
        self._choice, notes = choose(path, spec, settings)
        self.messages += notes
        self._spec = spec = replace(spec, colour=stored_colour(path, self._choice, spec.colour))
        self._container = container
        self._takes_frames = False  # rather than records
        self._held: AnyPacket | None = None  # the last one; it may have to be stretched
        self._last_dts: int | None = None
        self._counts_by_decoding = container.negative_times
        self._lead: int | None = None  # ticks from decoding to showing the first frame
        self._end = 0  # of the last frame, in ticks of the stream
        self._output: OutputContainer | None = None
        self._staged: StagedFile | None = None
        self._copier = StreamCopier(spec, container, path.suffix.lower(), self.messages)
        try:
            self._staged = StagedFile(path, settings.overwrite)
            self._output, self._video = self._open(self._staged.path, container, self._choice)
            self._encoder = VideoEncoder(self._video, self._choice, spec)
        except BaseException:
            self.abort()
            raise

    def _open(
        self, staged: Path, container: Container, choice: Choice
    ) -> tuple[OutputContainer, VideoStream]:
        """Open the file with all its streams and write its header."""
        # "file:" keeps FFmpeg from taking a name with a colon for a network address.
        output = av.open(
            f"file:{staged}",
            "w",
            format=container.format,
            container_options=muxer_options(container, choice),
        )
        self._output = output  # for `abort`, should the header fail
        try:
            video = add_video_stream(output, choice, container, self._spec)
            self._copier.attach(output, video)
            output.start_encoding()
        except (FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot begin {self._path}: {_reason(error)}") from error
        tick = video.time_base or choice.time_base
        if self._spec.shortest < tick:
            found = f"{float(self._spec.rate):g} frames per second"
            if self._spec.varying is not None:
                found = f"frames that are {float(1000 * self._spec.shortest):.3g} ms apart"
            raise OutputError(
                f"a {self._path.suffix} file cannot time {found}; lower the rate or name an .mp4"
            )
        return output, video

    def write(self, frame: Frame) -> None:
        """Take the next frame; `pts` must rise.

        Raises:
            EncodeError: the frame has another size than announced or does not follow the
                one before, or the encoder or the disk refused it.
        """
        if self._output is None:
            raise EncodeError(f"{self._path} is finished; it takes no more frames")
        try:
            self._takes_frames = True
            self._mux_video(self._encoder.encode(frame))
        except (FFmpegError, OSError, ValueError) as error:
            raise self._failure(error) from error

    def segment_encoder(self) -> SegmentEncoder:
        """An encoder for one segment, set up as this output's own."""
        return SegmentVideoEncoder(self._container, self._choice, self._spec)

    def put(self, record: Record) -> None:
        """Take the next record that such an encoder made, instead of a frame.

        Raises:
            EncodeError: the disk refused it.
        """
        try:
            self._mux_video([TimedPacket.from_record(record)])
        except (FFmpegError, OSError, ValueError) as error:
            raise self._failure(error) from error

    def _mux_video(self, packets: list[TimedPacket]) -> None:
        """Mux packets of our own; each is followed by the source's up to its time."""
        for packet in packets:
            self._mux_held()
            self._held = self._placed(packet)

    def _placed(self, timed: TimedPacket) -> AnyPacket:
        """Put a packet on the stream's clock by the frame's exact time, not by the encoder's."""
        tick, packet = self._tick(), timed.packet
        packet.stream = self._video
        if packet.pts is None or packet.dts is None:
            return packet
        present = round(timed.time / tick)
        decode = (packet.dts + timed.origin) * packet.time_base // tick
        if self._last_dts is not None:  # a segment may begin to decode before the last one ends
            decode = max(decode, self._last_dts + 1)
        end = round((timed.time + timed.duration) / tick)
        packet.time_base = tick
        packet.dts, packet.pts = decode, max(present, decode)
        packet.duration = end - present
        self._last_dts = decode
        self._lead = present - decode if self._lead is None else self._lead
        self._end = max(self._end, end)
        return packet

    def _mux_held(self) -> None:
        """Mux the packet that waited for the next one."""
        packet, self._held = self._held, None
        if packet is None:
            return
        reached = packet.dts
        self._mux(packet)
        if reached is not None:
            self._copier.copy_until(reached * self._tick(), self._mux)

    def _stretch_to_end(self) -> None:
        """Let the last packet in decoding order reach the end of the last frame.

        MP4 counts a stream's duration in decoding order, and where frames are reordered the
        last one decoded is not the last one shown.
        """
        packet = self._held
        if packet is None or packet.dts is None or self._lead is None:
            return
        if self._counts_by_decoding:
            missing = self._end - self._lead - packet.dts
            packet.duration = max(packet.duration or 0, missing)

    def _tick(self) -> Fraction:
        return self._video.time_base or self._choice.time_base

    def _mux(self, packet: AnyPacket) -> None:
        assert self._output is not None
        self._output.mux_one(packet)

    def finish(self) -> None:
        """Flush, close, and move the output to its final name.

        Raises:
            EncodeError: the encoder or the disk refused; what was written is removed.
        """
        if self._output is None or self._staged is None:
            return
        try:
            if self._takes_frames:
                self._mux_video(self._encoder.flush())
            self._stretch_to_end()
            self._mux_held()
            self._copier.finish(self._mux)
            output, self._output = self._output, None
            output.close()
        except (FFmpegError, OSError, ValueError) as error:
            raise self._failure(error) from error
        self._copier.close()  # before the move: the source may be what is replaced
        self._staged.commit()

    def abort(self) -> None:
        """Close and remove what was written; the final name is untouched. Safe to call twice."""
        output, self._output = self._output, None
        if output is not None:
            with suppress(FFmpegError, OSError, ValueError):
                output.close()
        self._copier.close()
        if self._staged is not None:
            self._staged.discard()

    def _failure(self, error: Exception) -> EncodeError:
        """Clean up, and say in one line what went wrong."""
        self.abort()
        return EncodeError(
            f"cannot write {self._path}: {_reason(error)}; what was written is removed"
        )


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
