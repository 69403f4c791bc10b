"""Frames as Y4M to standard output, for players and encoders that read a pipe.

Written here rather than by FFmpeg's muxer, to which PyAV does not hand the pixel aspect.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.reformatter import VideoReformatter

from dain.errors import EncodeError, OutputError, PipeClosedError
from dain.media.colour import FULL, LIMITED, from_rgb
from dain.media.containers import reason
from dain.media.frame import Colour, Frame, OutputSpec
from dain.media.interfaces import FrameWriter
from dain.media.left_behind import kinds_left_behind, profile_note
from dain.media.losses import is_wide
from dain.media.pipes import STDOUT, PipeOutput
from dain.media.y4m_header import CHROMA_TAGS, format_header
from dain.settings import EncodeSettings

_FRAME = b"FRAME\n"
_NAME = "standard output"


class Y4MWriter(FrameWriter):
    """Writes each frame the moment it is given; what was written cannot be taken back.

    Args:
        spec: what the frames will be like.
        settings: only a pixel format is of use.
        descriptor: to write to.
        name: of it, for messages.

    Attributes:
        messages: notes for the person who runs us.

    Raises:
        OutputError: it is a terminal, or Y4M cannot hold what was asked.
    """

    def __init__(
        self,
        spec: OutputSpec,
        settings: EncodeSettings,
        descriptor: int = STDOUT,
        name: str = _NAME,
    ) -> None:
        self._name = name
        if os.isatty(descriptor):
            raise OutputError(
                f"expected a pipe or file as {name}, found a terminal; "
                "add | mpv - or | ffmpeg -i - OUT"
            )
        self._pixel_format = _pixel_format(spec, settings, name)
        self._colour, self.messages = _colour(spec)
        kinds = kinds_left_behind(spec.source)
        if kinds:
            self.messages.append(f"Y4M carries pictures only; the source's {kinds} is left behind")
        self.messages += profile_note(spec.profile)
        if spec.varying is not None:
            self.messages.append("Y4M has no times; those that --keep-timing keeps are lost")
        self._spec = spec
        self._reformatter = VideoReformatter()
        self._count = 0
        self._has_header = False
        self._is_open = True
        try:
            self._pipe = PipeOutput(descriptor)
        except OSError as error:
            raise OutputError(f"cannot write to {self._name}: {reason(error).lower()}") from error

    def write(self, frame: Frame) -> None:
        """Take the next frame.

        Raises:
            EncodeError: it has another size than announced, or the system refused it.
            PipeClosedError: the reader has gone.
        """
        if not self._is_open:
            raise EncodeError(f"{self._name} is finished; it takes no more frames")
        height, width = frame.pixels.shape[:2]
        if (width, height) != (self._spec.width, self._spec.height):
            expected = f"{self._spec.width}x{self._spec.height}"
            raise EncodeError(f"expected frames of {expected}, found {width}x{height}")
        native = from_rgb(frame.pixels, self._pixel_format, self._colour, self._reformatter)
        try:
            self._write_header()
            self._pipe.write(_FRAME)
            for plane in native.planes:
                self._pipe.write(_rows(native, plane).data)
        except PipeClosedError as error:
            self._is_open = False  # a frame may lie half in the pipe
            raise PipeClosedError(f"{error}; frames written before: {self._count}") from error
        except OSError as error:
            self._is_open = False
            raise EncodeError(f"cannot write to {self._name}: {reason(error).lower()}") from error
        self._count += 1

    def finish(self) -> None:
        """Nothing is left to write."""
        self._is_open = False

    def abort(self) -> None:
        """Write no more."""
        self._is_open = False

    def interrupt(self) -> None:
        """Let a write that waits for the reader end."""
        self._pipe.interrupt()

    def _write_header(self) -> None:
        if self._has_header:
            return
        spec, self._has_header = self._spec, True
        self._pipe.write(
            format_header(
                spec.width,
                spec.height,
                spec.rate,
                spec.sample_aspect_ratio,
                self._pixel_format,
                full=self._colour.range == FULL,
            )
        )


def _pixel_format(spec: OutputSpec, settings: EncodeSettings, target: str) -> str:
    """As asked, else the source's own, else 4:2:0 in its depth."""
    unfit = [
        name
        for name, value in (
            ("--codec", settings.codec),
            ("--crf", settings.crf),
            ("--encoder-option", settings.options),
        )
        if value
    ]
    if unfit or settings.crf == 0:
        names = " and ".join(unfit) or "--crf"
        raise OutputError(
            f"{names} cannot apply to {target}, which carries uncompressed Y4M; "
            "give it to the program that reads it"
        )
    if settings.pix_fmt is None:
        if spec.pixel_format in CHROMA_TAGS:
            return spec.pixel_format
        depth = next(depth for depth in (8, 10, 12, 14, 16) if depth >= min(spec.bit_depth, 16))
        return "yuv420p" if depth == 8 else f"yuv420p{depth}le"
    for name in (settings.pix_fmt, f"{settings.pix_fmt}le"):
        if name in CHROMA_TAGS:
            return name
    raise OutputError(
        f"Y4M cannot hold --pix-fmt {settings.pix_fmt}; it can hold gray, yuv420p, yuv422p, "
        "yuv444p, and these with 9 to 16 bits, such as yuv420p10le"
    )


def _colour(spec: OutputSpec) -> tuple[Colour, list[str]]:
    """By what to convert: Y4M notes the range alone, so the rest is what players will assume."""
    value_range = FULL if spec.colour.range == FULL else LIMITED
    if not is_wide(spec.colour):
        return Colour(range=value_range), []
    # Whoever wants these colours names them to the reader, as for a pipe from ffmpeg.
    colour = replace(spec.colour, range=value_range)
    return colour, [
        "Y4M cannot note the source's wide or high dynamic range colour: tell the program that "
        f"reads the pipe of primaries {colour.primaries}, transfer {colour.transfer} and matrix "
        f"{colour.matrix} (numbers of ITU-T H.273)"
    ]


def _rows(frame: VideoFrame, plane: VideoPlane) -> npt.NDArray[np.uint8]:
    """The bytes of a plane without the padding at the ends of its lines."""
    width = plane.width * (2 if frame.format.components[0].bits > 8 else 1)
    shape, strides = (plane.height, width), (plane.line_size, 1)
    lines = np.ndarray(shape, np.uint8, cast("Any", plane), strides=strides)
    return np.ascontiguousarray(lines)
