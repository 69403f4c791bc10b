"""Which encoder, pixel format and options an output gets.

A choice is proved before anything is written: the encoder is opened inside a container of
the same format in memory, so that a refusal costs no output.
"""

from __future__ import annotations

import difflib
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import av.logging
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.stream import VideoStream

from dain.errors import OutputError
from dain.media.colour import tags_for
from dain.media.encoder_tables import CONTAINERS, ENCODERS, Container, Encoder
from dain.media.frame import OutputSpec
from dain.settings import EncodeSettings

_FINEST_TICKS = 10_000  # a second: movenc doubles a coarser time scale until it is at least this
_MOST_TICKS = 1_000_000_000  # a second: time scales are 32-bit numbers
_MICROSECOND = Fraction(1, 1_000_000)
_LISTED = 8  # encoders named in a message


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


def container_for(path: Path) -> Container:
    """The container that an output name asks for.

    Raises:
        OutputError: unknown extension.
    """
    found = CONTAINERS.get(path.suffix.lower())
    if found is None:
        raise OutputError(
            f"expected an output ending in {', '.join(CONTAINERS)}, found {path.name!r}"
        )
    return found


def choose(path: Path, spec: OutputSpec, settings: EncodeSettings) -> tuple[Choice, list[str]]:
    """The encoder, pixel format and options for an output, proved by opening them.

    Args:
        path: the output; its extension names the container.
        spec: what the frames will be like.
        settings: what was asked for; it overrules the tables.

    Returns:
        The choice, and messages where it is not the usual one.

    Raises:
        OutputError: unknown extension or encoder, a container that cannot hold the codec,
            or an encoder that refuses the pixel format, size or options.
    """
    container = container_for(path)
    refusals: list[str] = []
    for candidate in _candidates(path, container, spec, settings):
        refusal = prove(container, candidate, spec)
        if refusal is None:
            messages = [f"{reason}; written by {_named(candidate)}" for reason in refusals[-1:]]
            if not _keeps_aspect(container, candidate, spec):
                messages.append(
                    f"{path.suffix} with {candidate.encoder} cannot note the pixel aspect "
                    f"{spec.sample_aspect_ratio}: pixels will be shown square; "
                    "an .mp4 or libx264 in .mkv keeps it"
                )
            return candidate, messages
        refusals.append(f"{_named(candidate)} cannot write this video: {refusal}")
    raise OutputError(refusals[0] + _advice(spec, settings))


def _keeps_aspect(container: Container, choice: Choice, spec: OutputSpec) -> bool:
    """PyAV gives the aspect to the encoder and to MP4, but to no other container."""
    stored = ENCODERS.get(choice.encoder, Encoder()).aspect or container.format in ("mp4", "mov")
    return stored or spec.sample_aspect_ratio == 1


def _named(choice: Choice) -> str:
    return f"{choice.encoder} as {choice.pixel_format}"


def _advice(spec: OutputSpec, settings: EncodeSettings) -> str:
    if settings.pix_fmt is None:
        return ""
    if spec.width % 2 or spec.height % 2:
        return (
            f" (width or height of {spec.width}x{spec.height} is odd);"
            " leave --pix-fmt out, or give --pix-fmt yuv444p"
        )
    return "; leave --pix-fmt out for one that fits"


def _candidates(
    path: Path, container: Container, spec: OutputSpec, settings: EncodeSettings
) -> Iterator[Choice]:
    deep = spec.bit_depth > 8
    names = (
        (_encoder_name(settings.codec),)
        if settings.codec
        else (container.deep_encoders if deep else container.encoders)
    )
    for name in names:
        _check_held(path, container, name)
        encoder = ENCODERS.get(name, Encoder())
        usual = encoder.deep_pixel_formats if deep else encoder.pixel_formats
        for pixel_format in (settings.pix_fmt,) if settings.pix_fmt else _offered(name, usual):
            yield Choice(
                encoder=name,
                pixel_format=pixel_format,
                options=_options(encoder, settings),
                time_base=_tick(container, encoder, spec.rate),
                tag=encoder.tag if container.format in ("mp4", "mov") else None,
            )


def _encoder_name(asked: str) -> str:
    known = _video_encoders()
    try:
        codec = av.Codec(asked, "w")
    except UnknownCodecError:
        close = difflib.get_close_matches(asked, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(ENCODERS)}"
        raise OutputError(f"no video encoder is called {asked!r}; {hint}") from None
    if codec.type != "video":
        raise OutputError(f"expected a video encoder, found that {asked!r} encodes {codec.type}")
    return codec.name


def _video_encoders() -> list[str]:
    built_in = filter(_is_built_in, sorted(av.codecs_available))
    return [name for name in built_in if av.Codec(name, "w").type == "video"]


def _check_held(path: Path, container: Container, encoder: str) -> None:
    if _holds(container, encoder):
        return
    held = [name for name in ENCODERS if _is_built_in(name) and _holds(container, name)]
    fitting = [extension for extension, other in CONTAINERS.items() if _holds(other, encoder)]
    hint = f", or name an output ending in {' or '.join(fitting)}" if fitting else ""
    raise OutputError(
        f"a {path.suffix} file cannot hold {av.Codec(encoder, 'w').canonical_name}; "
        f"it can hold {', '.join(held[:_LISTED])} (--codec){hint}"
    )


def _holds(container: Container, encoder: str) -> bool:
    if container.codecs is not None:
        return av.Codec(encoder, "w").canonical_name in container.codecs
    with av.open(io.BytesIO(), "w", format=container.format) as probe:
        return encoder in probe.supported_codecs


def _is_built_in(encoder: str) -> bool:
    try:
        av.Codec(encoder, "w")
    except UnknownCodecError:
        return False
    return True


def _offered(encoder: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Of the usual pixel formats those that this build's encoder takes, else its first."""
    offered = [each.name for each in av.Codec(encoder, "w").video_formats or ()]
    if not offered:
        return usual
    return tuple(name for name in usual if name in offered) or (offered[0],)


def _options(encoder: Encoder, settings: EncodeSettings) -> dict[str, str]:
    options = dict(encoder.options)
    if settings.crf is not None:
        options["crf"] = str(settings.crf)
    options.update(settings.options)
    return options


def _tick(container: Container, encoder: Encoder, rate: Fraction) -> Fraction:
    """A time base in which a frame lasts a whole number of ticks, fine enough for offsets."""
    if container.constant_rate or encoder.coarse_time:
        return 1 / rate
    if rate.numerator > _MOST_TICKS:
        return _MICROSECOND
    ticks = rate.numerator
    while ticks < _FINEST_TICKS:
        ticks *= 2
    return Fraction(1, ticks)


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
    if container.constant_rate and "bf" not in options:
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
    if encoder.even_size and (spec.width % 2 or spec.height % 2):
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
    lines = [line.strip().rstrip(".") for line in log if line.strip()]
    return lines[0] if lines else str(getattr(error, "strerror", None) or error)
