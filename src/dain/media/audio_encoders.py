"""By what audio is encoded where it cannot be copied, and how well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import av
from av.audio.stream import AudioStream
from av.codec.codec import UnknownCodecError

from dain.media.audio_samples import USUAL_LAYOUTS
from dain.media.container_tables import Container


@dataclass(frozen=True)
class AudioEncoder:
    """How an audio encoder is set up.

    Attributes:
        bit_rate: bits a second and channel at which hardly anybody hears a difference; None
            for encoders that lose nothing.
        most_channels: that it takes.
        names_sides: takes the channels beside a listener by that name. Elsewhere they are
            called those behind, which is the usual name of the same loudspeakers.
    """

    bit_rate: int | None = None
    most_channels: int = 8
    names_sides: bool = True


AUDIO_ENCODERS: Mapping[str, AudioEncoder] = {
    "aac": AudioEncoder(128_000, names_sides=False),
    "libopus": AudioEncoder(96_000, names_sides=False),
    "libmp3lame": AudioEncoder(128_000, most_channels=2),
    "mp2": AudioEncoder(128_000, most_channels=2),
    "ac3": AudioEncoder(112_000, most_channels=6),
    "eac3": AudioEncoder(112_000, most_channels=6),
    "wmav2": AudioEncoder(96_000, most_channels=2),
    "flac": AudioEncoder(),
    "alac": AudioEncoder(names_sides=False),
}

# By source codec, where its own family should be kept.
_OWN = {
    "aac": "aac",
    "mp3": "libmp3lame",
    "mp2": "mp2",
    "opus": "libopus",
    "vorbis": "libopus",
    "ac3": "ac3",
    "eac3": "eac3",
    "flac": "flac",
    "alac": "alac",
    "wmav1": "wmav2",
    "wmav2": "wmav2",
}
_DEEPER = ("s32", "flt", "dbl", "s64")  # sample formats of more than 16 bits


def encoders_for(stream: AudioStream, container: Container, own: bool) -> Iterator[str]:
    """Encoders for a stream, best first: what loses nothing comes first for what lost nothing.

    Args:
        stream: of the source.
        container: what the output is.
        own: the source's own codec comes before all.
    """
    codec = stream.codec_context.codec
    names: list[str] = []
    if own:
        names.append(_OWN.get(codec.canonical_name, codec.canonical_name))
    if codec.lossless and not codec.lossy:
        names += container.lossless_audio_encoders
    names += container.audio_encoders
    for name in dict.fromkeys(names):
        if _encodes(name) and container.holds_other(av.Codec(name, "w").canonical_name):
            yield name


def _encodes(name: str) -> bool:
    if name not in AUDIO_ENCODERS and not name.startswith("pcm_"):
        return False
    try:
        av.Codec(name, "w")
    except UnknownCodecError:
        return False
    return True


def layouts_for(stream: AudioStream, encoder: str) -> Iterator[str]:
    """Layouts to try, best first; the last ones mix channels together."""
    known = AUDIO_ENCODERS.get(encoder, AudioEncoder())
    layout = stream.codec_context.layout
    count = len(layout.channels)
    own, usual = layout.name, USUAL_LAYOUTS.get(count, layout.name)
    if own.endswith("channels"):
        own = usual
    wished = (own, usual) if known.names_sides else (usual, own)
    fitting = wished if count <= known.most_channels else ()
    fewer = [USUAL_LAYOUTS[6]] if count > 6 and known.most_channels >= 6 else []
    yield from dict.fromkeys([*fitting, *fewer, *(["stereo"] if count > 2 else [])])


def set_up(stream: AudioStream, target: AudioStream, encoder: str, layout: str) -> None:
    """Channels, sample format and bit rate of a stream that is to be encoded.

    Raises:
        ValueError: its samples are unknown, as of a stream that is announced but empty.
    """
    if stream.codec_context.format is None:
        raise ValueError("there are no samples by which to know their format")
    known = AUDIO_ENCODERS.get(encoder, AudioEncoder())
    context = target.codec_context
    context.layout = layout
    offered = [each.name for each in av.Codec(encoder, "w").audio_formats or ()]
    if offered:
        context.format = av.AudioFormat(_nearest(stream.codec_context.format.name, offered))
    if known.bit_rate is not None:
        context.bit_rate = known.bit_rate * len(context.layout.channels)


def _nearest(wanted: str, offered: list[str]) -> str:
    """The same but for its order in memory, else one of more than 16 bits if that has more."""
    base = wanted.removesuffix("p")
    alike = [name for name in offered if name.removesuffix("p") == base]
    deep = [name for name in offered if name.removesuffix("p") in _DEEPER]
    return (alike or (deep if base in _DEEPER else []) or offered)[0]


def rate_for(stream: AudioStream, encoder: str) -> int:
    """The sample rate that is nearest to the stream's, the higher of two that are."""
    own = stream.codec_context.sample_rate
    offered = av.Codec(encoder, "w").audio_rates or [own]
    return min(offered, key=lambda each: (abs(each - own), -each))
