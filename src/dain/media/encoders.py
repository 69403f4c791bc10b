"""Which encoder, pixel format and options an output gets."""

from __future__ import annotations

import difflib
import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.codec.codec import UnknownCodecError

from dain.errors import OutputError
from dain.media.animation_options import SUFFIXES
from dain.media.colour import FULL, LIMITED
from dain.media.container_tables import CONTAINERS, Container
from dain.media.encoder import Encoder
from dain.media.encoder_options import encoder_options
from dain.media.encoder_tables import ENCODERS
from dain.media.encoding import Choice, prove
from dain.media.frame import Colour, OutputSpec
from dain.media.hardware_encoders import software_for
from dain.media.hdr import is_hdr
from dain.media.losses import losses, missing_bits
from dain.media.pixel_formats import alpha_is_stored
from dain.media.transparency import KEPT_BY
from dain.settings import EncodeSettings

_FINEST_TICKS = 10_000  # a second: movenc doubles a coarser time scale until it is at least this
_MOST_TICKS = 1_000_000_000  # a second: time scales are 32-bit numbers
_MICROSECOND = Fraction(1, 1_000_000)
_LISTED = 8  # encoders named in a message


def container_for(path: Path) -> Container:
    """The container that an output name asks for.

    Raises:
        OutputError: unknown extension.
    """
    found = CONTAINERS.get(path.suffix.lower())
    if found is None:
        known = ", ".join((*CONTAINERS, ".y4m", *SUFFIXES))
        raise OutputError(
            f"expected an output ending in {known} (or stills: a folder, or a pattern such as "
            f"frames/%05d.png), found {path.name!r}"
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
    candidates = _candidates(path, container, spec, settings)
    for candidate in candidates:
        refusal = prove(container, candidate, spec)
        if refusal is None:
            messages = [f"{reason}; written by {_named(candidate)}" for reason in refusals[-1:]]
            stored = stored_colour(path, candidate, spec.colour)
            return candidate, messages + losses(path, container, candidate, spec, stored)
        refusals.append(f"{_named(candidate)} cannot write this video: {refusal}")
    raise OutputError(refusals[0] + _advice(candidates[-1].encoder, spec, settings))


def stored_colour(path: Path, choice: Choice, colour: Colour) -> Colour:
    """The colour description by which to write: what cannot be stored is unspecified.

    Players then assume the usual, and some decoders know one matrix and range alone; frames
    must be what they take them for.
    """
    encoder, container = ENCODERS.get(choice.encoder, Encoder()), container_for(path)
    if not encoder.colour:
        if not container.colour:
            colour = Colour()
        elif not container.range:
            colour = replace(colour, range=LIMITED if colour.range == FULL else colour.range)
    return replace(
        colour,
        matrix=colour.matrix if encoder.matrix is None else encoder.matrix,
        range=colour.range if encoder.range is None else encoder.range,
    )


def _named(choice: Choice) -> str:
    return f"{choice.encoder} as {choice.pixel_format}"


def _advice(encoder: str, spec: OutputSpec, settings: EncodeSettings) -> str:
    software = software_for(encoder)
    if software:
        return f"; it needs its device and driver; --codec {software} does the same in software"
    if settings.pix_fmt is None:
        return "" if settings.codec else "; name an .mp4, which takes any rate and size"
    if spec.width % 2 or spec.height % 2:
        return (
            f" (width or height of {spec.width}x{spec.height} is odd);"
            " leave --pix-fmt out, or give --pix-fmt yuv444p"
        )
    return "; leave --pix-fmt out for one that fits"


def video_keeps_alpha(path: Path, settings: EncodeSettings) -> bool:
    """Whether a video output is written with transparency where the frames have it."""
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        return False
    try:
        names = (_encoder_name(settings.codec),) if settings.codec else container.alpha_encoders
    except OutputError:
        return False  # told when the writer is opened
    return any(_stores_alpha(name, settings) for name in names if _is_built_in(name))


def _stores_alpha(name: str, settings: EncodeSettings) -> bool:
    encoder = ENCODERS.get(name, Encoder())
    if not encoder.alpha_pixel_formats:
        return False  # some take such formats, and drop what they mean
    for option, values in encoder.alpha_values.items():
        if option in settings.options and settings.options[option] not in values:
            return False
    offered = [each.name for each in av.Codec(name, "w").video_formats or ()]
    wanted = (settings.pix_fmt,) if settings.pix_fmt else encoder.alpha_pixel_formats
    return any(each in offered and alpha_is_stored(each) for each in wanted)


def _candidates(
    path: Path, container: Container, spec: OutputSpec, settings: EncodeSettings
) -> list[Choice]:
    """What may be tried, best first: in the order of the tables what holds all bits of the source.

    Where nothing does, as for stills of 16 bits, something is lost anyway, and the order of
    the tables is that of what players can play.
    """
    if spec.alpha and not video_keeps_alpha(path, settings):
        raise OutputError(f"a {path.suffix} file cannot hold transparency; {KEPT_BY}")
    choices = []
    for name in _encoder_names(container, spec, settings):
        _check_held(path, container, name)
        encoder = ENCODERS.get(name, Encoder())
        if spec.varying is not None:
            _check_timed(path, container, name, encoder)
        usual = _usual_formats(encoder, spec)
        for pixel_format in (settings.pix_fmt,) if settings.pix_fmt else _offered(name, usual):
            choice = Choice(
                encoder=name,
                pixel_format=pixel_format,
                options=encoder_options(name, pixel_format, spec, settings),
                time_base=_tick(container, encoder, spec),
                tag=encoder.tag if container.format in ("mp4", "mov") else None,
            )
            choices.append(choice)
    lost = {each.pixel_format: missing_bits(each.pixel_format, spec.bit_depth) for each in choices}
    if min(lost.values(), default=0) > 0:
        return choices
    return sorted(choices, key=lambda choice: lost[choice.pixel_format])


def _encoder_names(
    container: Container, spec: OutputSpec, settings: EncodeSettings
) -> tuple[str, ...]:
    if settings.codec:
        return (_encoder_name(settings.codec),)
    if spec.alpha:
        names = container.alpha_encoders
    elif spec.bit_depth <= 8:
        names = container.encoders
    else:
        wide = container.hdr_encoders if is_hdr(spec.colour.transfer) else ()
        names = wide or container.deep_encoders
    return tuple(name for name in names if _is_built_in(name)) or names


def _usual_formats(encoder: Encoder, spec: OutputSpec) -> tuple[str, ...]:
    if spec.alpha:
        return encoder.alpha_pixel_formats
    return encoder.deep_pixel_formats if spec.bit_depth > 8 else encoder.pixel_formats


def _encoder_name(asked: str) -> str:
    known = _video_encoders()
    try:
        codec = av.Codec(asked, "w")
    except UnknownCodecError:
        software = software_for(asked)
        if software:
            raise OutputError(
                f"this build of FFmpeg has no encoder {asked}; "
                f"--codec {software} does the same in software"
            ) from None
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


def _check_timed(path: Path, container: Container, name: str, encoder: Encoder) -> None:
    """Refuse what counts frames instead of timing them, where their times vary."""
    if container.constant_rate:
        raise OutputError(
            f"a {path.suffix} file counts frames and cannot keep times that vary; name an .mp4 "
            "or .mkv, or leave --keep-timing out"
        )
    if encoder.coarse_time:
        raise OutputError(
            f"{name} counts frames and cannot keep times that vary; give --codec libx264, or "
            "leave --keep-timing out"
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


def _tick(container: Container, encoder: Encoder, spec: OutputSpec) -> Fraction:
    """A time base in which a frame lasts a whole number of ticks, fine enough for offsets."""
    if container.constant_rate or encoder.coarse_time:
        return 1 / spec.rate
    ticks = spec.rate.numerator if spec.varying is None else spec.varying.unit.denominator
    if ticks > _MOST_TICKS:
        return _MICROSECOND
    while ticks < _FINEST_TICKS:
        ticks *= 2
    return Fraction(1, ticks)
