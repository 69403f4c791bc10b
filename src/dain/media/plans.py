"""For each stream of the source: can the output hold it, and if not, what instead?

Every answer is proved with a header (and a packet, where one is found soon) in memory,
together with the streams accepted before it, so that one refused stream costs no output.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from dain.media.encoder_tables import Container
from dain.media.metadata import describe
from dain.media.routes import (
    AnyPacket,
    AudioRoute,
    CopyRoute,
    PictureRoute,
    Route,
    SubtitleRoute,
    Window,
)

_SOON = 500  # packets read in search of one of each stream
_COVER_TYPES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
_LATE = Fraction(1, 20)  # seconds by which a start may shift where audio has no times
_BIT_RATE = 96_000  # of transcoded audio, a channel
_STEREO_ONLY = frozenset({"libmp3lame"})
# Where the source gives the number of channels only.
_USUAL_LAYOUTS = {"1 channels": "mono", "2 channels": "stereo", "6 channels": "5.1"}


@dataclass
class Plan:
    """How one source stream gets into the output: this class copies it as it is.

    Attributes:
        source: the stream.
        sample: its first packet, if one was found soon.
    """

    source: Stream
    sample: AnyPacket | None

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        target = output.add_stream_from_template(self.source, opaque=True)
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """The way its packets go; None where there are none."""
        return CopyRoute(self.source, target, window)


class CoverPlan(Plan):
    """A cover picture stored as a stream of one packet."""

    def route(self, target: Stream, window: Window) -> Route | None:
        """The picture once, at time 0."""
        return PictureRoute(target)


class AttachmentPlan(Plan):
    """An attached file such as a font; complete with the header."""

    def route(self, target: Stream, window: Window) -> Route | None:
        """None: there are no packets."""
        return None


class AttachedCoverPlan(AttachmentPlan):
    """A cover picture stored as an attached file, complete with the header."""

    def add(self, output: OutputContainer) -> Stream:
        """Add the attached file.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        if self.sample is None:
            raise ValueError("the picture itself is missing")
        name, kind = _COVER_TYPES.get(self.source.codec.name, ("", ""))
        if not name:
            raise ValueError(f"a cover cannot be stored as {self.source.codec.name}")
        metadata = self.source.metadata
        return output.add_attachment(
            metadata.get("filename", name), metadata.get("mimetype", kind), bytes(self.sample)
        )


@dataclass
class AudioPlan(Plan):
    """Audio encoded anew by `encoder`."""

    source: AudioStream
    encoder: str

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream with its encoder.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        context = self.source.codec_context
        offered = av.Codec(self.encoder, "w").audio_rates or [context.sample_rate]
        rate = min(offered, key=lambda each: (abs(each - context.sample_rate), -each))
        channels = len(context.layout.channels)
        layout = _USUAL_LAYOUTS.get(context.layout.name, context.layout.name)
        if self.encoder in _STEREO_ONLY and channels > 2:
            channels, layout = 2, "stereo"
        target = output.add_stream(self.encoder, rate=rate)
        assert isinstance(target, AudioStream)
        target.codec_context.layout = layout
        target.codec_context.bit_rate = _BIT_RATE * channels
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """Through decoder and encoder."""
        assert isinstance(target, AudioStream)
        return AudioRoute(self.source, target, window)


@dataclass
class SubtitlePlan(Plan):
    """Text subtitles written anew by `encoder`."""

    source: SubtitleStream
    encoder: str

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream with its encoder.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        target = output.add_stream(self.encoder)
        assert isinstance(target, SubtitleStream)
        self.source.codec_context.open(strict=False)  # the decoder makes the style header
        target.codec_context.subtitle_header = self.source.codec_context.subtitle_header
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """Through decoder and encoder."""
        assert isinstance(target, SubtitleStream)
        return SubtitleRoute(self.source, target, window)


def plan_streams(
    source: InputContainer,
    streams: Sequence[Stream],
    container: Container,
    extension: str,
    origin: Fraction,
    messages: list[str],
) -> list[Plan]:
    """Plans for all streams that the output can take; a message for each that it cannot.

    Args:
        source: of the streams, at its beginning; it is read from and decoded with, so that
            the plans go to another container of the same file (set their `source`).
        streams: those to bring over.
        container: what the output is.
        extension: of the output, for messages.
        origin: source time in seconds that becomes output time 0.
        messages: added to.
    """
    samples = _first_packets(source, streams)
    accepted: list[Plan] = []
    for stream in streams:
        sample = samples.get(stream.index)
        late = container.constant_rate and _is_late(sample, origin)
        refusal = f"a {extension} file cannot {'delay' if late else 'hold'} it"
        for plan in _possible(stream, sample, container, late):
            if _is_held(container, accepted, plan):
                accepted.append(plan)
                if isinstance(plan, AudioPlan | SubtitlePlan):
                    messages.append(f"{_named(stream)} encoded anew as {plan.encoder}: {refusal}")
                break
        else:
            if not _is_carried_otherwise(source, stream, sample):
                messages.append(f"{_named(stream)} left out: {refusal}")
    return accepted


def _possible(
    stream: Stream, sample: AnyPacket | None, container: Container, late: bool
) -> list[Plan]:
    """Ways to bring a stream over, best first."""
    if stream.type == "attachment":
        return [AttachmentPlan(stream, sample)] if container.attachments else []
    if stream.disposition & Disposition.attached_pic:
        if container.attachments:
            return [AttachedCoverPlan(stream, sample)]
        return [CoverPlan(stream, sample)] if container.covers else []
    copies = _is_understood(stream, container) and not late
    plans = [Plan(stream, sample)] if copies else []
    if isinstance(stream, AudioStream) and container.audio_encoder:
        plans.append(AudioPlan(stream, sample, container.audio_encoder))
    if isinstance(stream, SubtitleStream) and container.text_encoder:
        plans.append(SubtitlePlan(stream, sample, container.text_encoder))
    return plans


def _is_late(sample: AnyPacket | None, origin: Fraction) -> bool:
    if sample is None or sample.pts is None:
        return False
    return sample.pts * sample.time_base - origin > _LATE


def _is_understood(stream: Stream, container: Container) -> bool:
    if stream.type == "data" and getattr(stream, "name", None) is None:
        return False  # nobody could read it
    if stream.type == "video" and container.codecs is not None:
        return stream.codec.canonical_name in container.codecs
    if container.other_codecs is None:
        return True
    context = stream.codec_context
    return context is not None and context.codec.canonical_name in container.other_codecs


def _is_held(container: Container, accepted: Sequence[Plan], plan: Plan) -> bool:
    """Whether a file in memory takes this stream, and its header the accepted ones as well."""
    try:
        _try_out(container, [plan], with_sample=True)
        if accepted:
            _try_out(container, [*accepted, plan], with_sample=False)
    except (FFmpegError, ValueError):
        return False
    return True


def _try_out(container: Container, plans: Sequence[Plan], with_sample: bool) -> None:
    """Write a file of these streams to memory, and the last one's first packet into it."""
    options = dict(container.options)
    output = av.open(io.BytesIO(), "w", format=container.format, container_options=options)
    try:
        targets = [plan.add(output) for plan in plans]
        output.start_encoding()
        if with_sample:
            _mux_sample(output, plans[-1], targets[-1])
        output.close()
    finally:
        with suppress(FFmpegError):
            output.close()


def _mux_sample(output: OutputContainer, plan: Plan, target: Stream) -> None:
    window = Window(None, None, Fraction(0), negative=True, strict=True)
    route, sample = plan.route(target, window), plan.sample
    if route is not None and sample is not None:
        for packet in [*route.convert(sample), *route.flush()]:
            output.mux(packet)


def _first_packets(source: InputContainer, streams: Sequence[Stream]) -> dict[int, AnyPacket]:
    found: dict[int, AnyPacket] = {}
    if not streams:
        return found
    with suppress(FFmpegError):
        for number, packet in enumerate(source.demux(list(streams))):
            if packet.size:
                found.setdefault(packet.stream_index, packet)
            if len(found) == len(streams) or number >= _SOON:
                break
    return found


def _is_carried_otherwise(source: InputContainer, stream: Stream, sample: AnyPacket | None) -> bool:
    """Whether it only holds chapter titles or the time code of MP4, copied as metadata."""
    if stream.type != "data":
        return False
    return "timecode" in stream.metadata or (sample is None and bool(source.chapters()))


def _named(stream: Stream) -> str:
    """Index, type, codec and language of a stream, as messages name it."""
    context = stream.codec_context
    codec = context.codec.canonical_name if context else getattr(stream, "name", None)
    about = [stream.type, codec or "unknown codec", stream.language]
    return f"stream {stream.index} ({', '.join(part for part in about if part)})"
