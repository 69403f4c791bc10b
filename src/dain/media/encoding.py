"""Opening a chosen encoder in a container: for the output, and before that on trial.

A choice is proved before anything is written: the encoder is opened inside a container of
the same format in memory, so that a refusal costs no output.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error
import av.logging
from av.container import OutputContainer
from av.video.stream import VideoStream

from dain.errors import OutputError
from dain.media.colour import tags_for
from dain.media.container_tables import Container
from dain.media.encoder import Encoder
from dain.media.encoder_tables import ENCODERS
from dain.media.frame import OutputSpec
from dain.media.pixel_formats import halves_chroma


@dataclass(frozen=True)
class Choice:
    """An encoder that was proved to take the frames.

    Attributes:
        encoder: FFmpeg's name.
        pixel_format: FFmpeg's name.
        options: of the encoder, complete.
        time_base: seconds per tick of the encoder's clock.
        tag: four-character code, or None for the muxer's own.
    """

    encoder: str
    pixel_format: str
    options: Mapping[str, str]
    time_base: Fraction
    tag: str | None


def add_video_stream(
    output: OutputContainer, choice: Choice, container: Container, spec: OutputSpec
) -> VideoStream:
    """Add the stream that the choice describes, with colour tags and pixel aspect.

    Raises:
        ValueError: the container does not take the codec (or an av.FFmpegError).
    """
    options = dict(choice.options)
    stream = output.add_stream(choice.encoder, rate=spec.rate, options=options)
    if not isinstance(stream, VideoStream):
        raise ValueError(f"{choice.encoder} is no video encoder")
    context = stream.codec_context
    context.width, context.height = spec.width, spec.height
    context.pix_fmt = choice.pixel_format
    context.time_base = choice.time_base
    context.sample_aspect_ratio = spec.sample_aspect_ratio
    colour = tags_for(spec.colour, choice.pixel_format, spec.width, spec.height)
    context.color_primaries, context.color_trc = colour.primaries, colour.transfer
    context.colorspace, context.color_range = colour.matrix, colour.range
    if not container.reorders and "bf" not in options:
        context.max_b_frames = 0
    if choice.tag:
        context.codec_tag = choice.tag
    return stream


def prove(container: Container, choice: Choice, spec: OutputSpec) -> str | None:
    """Open the encoder and write a header in memory.

    Returns:
        None, or why it was refused.

    Raises:
        OutputError: an option that the encoder does not know.
    """
    encoder = ENCODERS.get(choice.encoder, Encoder())
    if min(spec.width, spec.height) < encoder.least_size:
        return f"frames must be at least {encoder.least_size} pixels wide and high"
    even = encoder.even_size or (encoder.whole_chroma and halves_chroma(choice.pixel_format))
    if even and (spec.width % 2 or spec.height % 2):
        return f"width and height must be even, found {spec.width}x{spec.height}"
    with _logged() as log:
        try:
            left = _open_in_memory(container, choice, spec)
        except (av.error.FFmpegError, ValueError) as error:
            return _reason(error, [line for _, _, line in log])
    if left:
        name = sorted(left)[0]
        asked = "--crf" if name == "crf" else f"option {name!r}"
        raise OutputError(f"encoder {choice.encoder} has no {asked}; leave it out")
    return None


def muxer_options(container: Container, choice: Choice) -> dict[str, str]:
    """Options of the muxer for an output of this choice."""
    options = dict(container.options)
    options["fflags"] = "+bitexact"  # no random numbers: Matroska and Ogg name streams by such
    if container.format not in ("mp4", "mov"):
        return options
    options["movflags"] = "+faststart"  # the index first: a player need not have it all
    if choice.time_base.numerator == 1:
        # Edit lists, which hold start offsets, are counted in these ticks (1 ms by default).
        options["movie_timescale"] = str(choice.time_base.denominator)
    return options


@contextmanager
def _logged() -> Iterator[list[tuple[int, str, str]]]:
    """FFmpeg's errors as lines, for its exceptions do not say what is wrong."""
    os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 greets on standard error
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)  # or an older message is told in place of ours
    try:
        with av.logging.Capture() as lines:
            yield lines
    finally:
        av.logging.set_skip_repeated(skips)
        av.logging.set_level(level)


def _open_in_memory(container: Container, choice: Choice, spec: OutputSpec) -> set[str]:
    """Names of the options that the encoder left over."""
    options = muxer_options(container, choice)
    output = av.open(io.BytesIO(), "w", format=container.format, container_options=options)
    try:
        stream = add_video_stream(output, choice, container, spec)
        output.start_encoding()
        return set(stream.codec_context.options)
    finally:
        with suppress(av.error.FFmpegError):
            output.close()


def _reason(error: Exception, log: list[str]) -> str:
    lines = [line.strip().rstrip(".") for text in log for line in text.splitlines()]
    lines = [line for line in lines if line]
    return lines[0] if lines else str(getattr(error, "strerror", None) or error)
