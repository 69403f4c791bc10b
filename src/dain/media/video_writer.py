"""Frames into a video file, with the source's other streams beside them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from dain.errors import EncodeError, OutputError
from dain.media.colour import from_rgb
from dain.media.encoder_tables import Container
from dain.media.encoders import choose, container_for, stored_colour
from dain.media.encoding import Choice, add_video_stream, muxer_options
from dain.media.frame import Frame, FrameWriter, OutputSpec
from dain.media.output import StagedFile, check_file_output
from dain.media.routes import AnyPacket
from dain.media.streams import StreamCopier
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
        self._colour = stored_colour(path, self._choice, spec.colour)
        self._spec = spec = replace(spec, colour=self._colour)
        self._reformatter = VideoReformatter()
        # Exact time and duration of each frame inside the encoder, by its ticks.
        self._times: dict[int, tuple[Fraction, Fraction]] = {}
        self._last_pts: int | None = None
        self._counts_by_decoding = container.negative_times
        self._lead: int | None = None  # ticks from decoding to showing the first frame
        self._end = 0  # of the last frame, in ticks of the stream
        self._output: OutputContainer | None = None
        self._staged: StagedFile | None = None
        self._copier = StreamCopier(spec, container, path.suffix.lower(), self.messages)
        try:
            self._staged = StagedFile(path, settings.overwrite)
            self._output, self._video = self._open(self._staged.path, container, self._choice)
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
        if 1 / self._spec.rate < tick:
            raise OutputError(
                f"a {self._path.suffix} file cannot time {float(self._spec.rate):g} frames per "
                "second; lower the rate or name an .mp4"
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
        picture = self._picture(frame)
        try:
            self._mux_video([self._placed(each) for each in self._video.encode(picture)])
        except (FFmpegError, OSError, ValueError) as error:
            raise self._failure(error) from error

    def _picture(self, frame: Frame) -> VideoFrame:
        """The frame as the encoder takes it, on the encoder's clock."""
        spec, tick = self._spec, self._choice.time_base
        height, width = frame.pixels.shape[:2]
        if (width, height) != (spec.width, spec.height):
            raise EncodeError(
                f"expected frames of {spec.width}x{spec.height}, found {width}x{height}"
            )
        pts = round(frame.time / tick)
        if self._last_pts is not None and pts <= self._last_pts:
            raise EncodeError(
                f"frame {frame.index} at {float(frame.time):.6f} s does not come after the one "
                f"before it by at least {float(tick):.6f} s"
            )
        self._last_pts = pts
        duration = 1 / spec.rate if frame.duration is None else frame.duration * frame.time_base
        self._times[pts] = (frame.time, duration)
        picture = from_rgb(frame.pixels, self._choice.pixel_format, self._colour, self._reformatter)
        picture.pts, picture.time_base = pts, tick
        return picture

    def _mux_video(self, packets: list[AnyPacket]) -> None:
        """Mux packets of our own, each followed by the source's up to its time."""
        for packet in packets:
            reached = packet.dts
            self._mux(packet)
            if reached is not None:
                self._copier.copy_until(reached * self._tick(), self._mux)

    def _placed(self, packet: AnyPacket) -> AnyPacket:
        """Put a packet on the stream's clock by the frame's exact time, not by the encoder's."""
        tick, coarse = self._tick(), packet.time_base
        packet.stream = self._video
        if packet.pts is None or packet.dts is None:
            return packet
        time, duration = self._times.pop(packet.pts, (packet.pts * coarse, 1 / self._spec.rate))
        present, decode = round(time / tick), packet.dts * coarse // tick
        end = round((time + duration) / tick)
        packet.time_base = tick
        packet.dts, packet.pts = decode, max(present, decode)
        packet.duration = end - present
        self._lead = present - decode if self._lead is None else self._lead
        self._end = max(self._end, end)
        return packet

    def _stretch_to_end(self, packets: list[AnyPacket]) -> None:
        """Let the last packet in decoding order reach the end of the last frame.

        MP4 counts a stream's duration in decoding order, and where frames are reordered the
        last one decoded is not the last one shown.
        """
        if not self._counts_by_decoding:
            return
        if packets and packets[-1].dts is not None and self._lead is not None:
            missing = self._end - self._lead - packets[-1].dts
            packets[-1].duration = max(packets[-1].duration or 0, missing)

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
            rest = [self._placed(packet) for packet in self._video.encode(None)]
            self._stretch_to_end(rest)
            self._mux_video(rest)
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
        return EncodeError(f"cannot write {self._path}: {_reason(error)}; nothing was left behind")


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text).splitlines()[0]
