"""Frames from Y4M on standard input: they come once, in order, and nobody knows how many."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from dain.errors import MediaError
from dain.media.colour import colour_of, to_rgb
from dain.media.containers import reason
from dain.media.damage import DamageLog
from dain.media.frame import Colour, Frame, Timestamps, VideoInfo
from dain.media.interfaces import FrameReader
from dain.media.pipes import PIPE, STDIN, Interrupted, PipeInput
from dain.media.pixel_formats import has_alpha, working_depth
from dain.media.y4m_header import (
    LONGEST_LINE,
    MAGIC,
    interlacing,
    states_rate,
    without_comments,
)

UNKNOWN_COUNT = 10**12
"""Frames that a stream is taken to have until it ends: more than any will ever have."""

_NAME = Path("standard input")  # in messages
_ADVICE = (
    "write it with: ffmpeg -i IN -f yuv4mpegpipe -strict -1 - | dain interpolate - -o OUT --fps 60"
)
_SHOWN_BYTES = 12
_FALLBACK_RATE = Fraction(25)  # FFmpeg's own for streams that tell none


class Y4MReader(FrameReader):
    """Reads Y4M as it arrives: each frame is handed on as soon as it is whole.

    Args:
        descriptor: to read from.

    Raises:
        MediaError: it is a terminal, ends at once, or brings something else than Y4M.
    """

    def __init__(self, descriptor: int = STDIN) -> None:
        if os.isatty(descriptor):
            raise MediaError(f"expected Y4M on standard input, found a terminal; {_ADVICE}")
        try:
            self._pipe = PipeInput(descriptor)
        except OSError as error:
            raise MediaError(f"cannot read {_NAME}: {reason(error).lower()}") from error
        self._log = DamageLog(_NAME)
        self.damage = self._log.damage
        self.messages = []
        self._was_read = False
        self._frames_open: Generator[Frame, None, None] | None = None
        line = self._read_line()
        # FFmpeg's demuxer is given the line that we have read, and then reads by itself.
        self._source = _Continued(without_comments(line), self._pipe)
        self._container = self._open(line)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "NONE"
        self.info = self._describe(line)

    def frames(self, from_pts: int | None = None) -> Iterator[Frame]:
        """Decode what comes, from the last frame at or before `from_pts`; works once.

        Raises:
            MediaError: it was called before, or no whole frame has come.
        """
        if self._was_read:
            raise MediaError("a pipe can be read only once; name a file instead of -")
        self._was_read = True
        self._frames_open = self._frames(from_pts)
        return self._frames_open

    def timestamps(self) -> Timestamps:
        """Times of more frames than there can be, one tick after another."""
        return Timestamps(range(UNKNOWN_COUNT), self.info.time_base, 1)

    def interrupt(self) -> None:
        """Let a read that waits for the other side end."""
        self._pipe.interrupt()

    def close(self) -> None:
        """Stop reading; the descriptor stays open. Safe to call twice."""
        self._pipe.interrupt()
        if self._frames_open is not None:
            self._frames_open.close()
        self._container.close()

    def _read_line(self) -> bytes:
        """The header, and not a byte more: the rest is FFmpeg's to read."""
        data = b""
        while b"\n" not in data and len(data) < LONGEST_LINE:
            try:
                piece = self._pipe.read(1 if data.startswith(MAGIC) else len(MAGIC) - len(data))
            except OSError as error:
                raise MediaError(f"cannot read {_NAME}: {reason(error).lower()}") from error
            data += piece
            if not piece or not MAGIC.startswith(data[: len(MAGIC)]):
                break
        if not data.startswith(MAGIC) or not data.endswith(b"\n"):
            raise MediaError(f"expected Y4M on standard input, found {_shown(data)}; {_ADVICE}")
        return data

    def _open(self, line: bytes) -> InputContainer:
        try:
            return av.open(self._source, "r", format="yuv4mpegpipe")
        except (FFmpegError, OSError, ValueError) as error:
            told = line.decode("ascii", "replace").strip()
            raise MediaError(
                f"expected Y4M that FFmpeg can read on standard input, found {told!r} "
                f"({reason(error)})"
            ) from error

    def _describe(self, line: bytes) -> VideoInfo:
        context = self._stream.codec_context
        pixel_format = VideoFormat(str(context.pix_fmt))
        rate = self._stream.average_rate or _FALLBACK_RATE
        if not states_rate(line):
            self.messages.append(f"{_NAME} states no frame rate: {rate} a second is taken")
        scan = interlacing(line)
        if scan is not None:
            self.messages.append(
                f"{_NAME} is interlaced ({scan}) and is read as if it were not; "
                "put -vf bwdif into the ffmpeg that writes it"
            )
        if has_alpha(pixel_format):
            self.messages.append(f"{_NAME}: transparency is dropped")
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        return VideoInfo(
            path=PIPE,
            width=context.width,
            height=context.height,
            bit_depth=working_depth(pixel_format),
            time_base=1 / rate,
            rates=(rate,),
            frame_count=None,
            duration=None,
            colour=Colour(range=int(context.color_range)),
            sample_aspect_ratio=aspect if aspect > 0 else Fraction(1),
            codec="rawvideo",
            pixel_format=pixel_format.name,
            live=True,
        )

    def _frames(self, from_pts: int | None) -> Generator[Frame, None, None]:
        reformatter = VideoReformatter()
        first, count = from_pts or 0, 0
        for pts, native in enumerate(self._natives()):
            count += 1
            if pts >= first:
                yield self._frame(pts, native, reformatter)
        if count == 0:
            raise MediaError(f"expected a video, found no whole frame on {_NAME}; {_ADVICE}")
        if count <= first:
            raise MediaError(
                f"expected --start or --start-frame inside the video, found that {_NAME} ended "
                f"after {count} frames"
            )

    def _natives(self) -> Iterator[VideoFrame]:
        end = None
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    end = (packet.pos or 0) + packet.size
                    yield from packet.decode()
        except Interrupted:
            return
        except (FFmpegError, OSError) as error:
            self._log.breaks_off(reason(error).lower())
            return
        if end is not None and self._source.count > end:
            self._log.breaks_off("it ends in the middle of a frame")

    def _frame(self, pts: int, native: VideoFrame, reformatter: VideoReformatter) -> Frame:
        colour = colour_of(native, self.info.colour)
        pixels = to_rgb(native, colour, reformatter=reformatter)
        return Frame(pixels, pts, self.info.time_base, 1, pts)


class _Continued:
    """A file for PyAV: a line that was read already, and what follows it.

    Attributes:
        count: of bytes given so far.
    """

    def __init__(self, line: bytes, pipe: PipeInput) -> None:
        self._line = line
        self._pipe = pipe
        self.count = 0

    def read(self, size: int) -> bytes:
        data, self._line = self._line[:size], self._line[size:]
        data = data or self._pipe.read(size)
        self.count += len(data)
        return data


def _shown(data: bytes) -> str:
    """The beginning of what came, to be shown."""
    if not data:
        return "nothing"
    text = data[:_SHOWN_BYTES]
    if text.isascii() and text.decode().isprintable():
        return f"data that begin with {text.decode()!r}"
    return f"data that begin with the bytes {text.hex(' ')}"
