"""For each stream of the source: can the output hold it, and if not, what instead?

Every answer is proved with a header (and a packet, where one is found soon) in memory,
together with the streams accepted before it, so that one refused stream costs no output.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from dain.media.audio_encoders import encoders_for, layouts_for
from dain.media.container_tables import Container
from dain.media.containers import packets
from dain.media.plans import (
    AttachedCoverPlan,
    AttachmentPlan,
    AudioPlan,
    CoverPlan,
    Plan,
    SubtitlePlan,
)
from dain.media.routes import AnyPacket
from dain.media.window import Window

_SOON = 500  # packets read in search of one of each stream
_LATE = Fraction(1, 20)  # seconds by which a start may shift where audio has no times


def plan_streams(
    source: InputContainer,
    streams: Sequence[Stream],
    container: Container,
    extension: str,
    window: Window,
    messages: list[str],
) -> list[Plan]:
    """Plans for all streams that the output can take; a message for each that it cannot.

    Args:
        source: of the streams, at its beginning; it is read from and decoded with, so that
            the plans go to another container of the same file (set their `source`).
        streams: those to bring over.
        container: what the output is.
        extension: of the output, for messages.
        window: which part of the source is brought over, and to when.
        messages: added to.
    """
    samples, gapped = _look_ahead(source, streams, to_the_end=container.untimed_audio)
    accepted: list[Plan] = []
    for stream in streams:
        sample = samples.get(stream.index)
        reason = _reason(stream, sample, container, extension, window)
        if reason is None and stream.index in gapped:
            reason = f"a {extension} file cannot hold its gaps"
        for plan in _possible(stream, sample, container, reason is None, window):
            if _is_held(container, accepted, plan):
                accepted.append(plan)
                messages += _notes(plan, reason or _unheld(extension))
                break
        else:
            if not _is_carried_otherwise(source, stream, sample):
                messages.append(f"{named(stream)} left out: {reason or _unheld(extension)}")
    return accepted


def _unheld(extension: str) -> str:
    return f"a {extension} file cannot hold it"


def _reason(
    stream: Stream,
    sample: AnyPacket | None,
    container: Container,
    extension: str,
    window: Window,
) -> str | None:
    """Why a stream cannot be copied as it is; None if nothing but the muxer speaks against it."""
    if window.times.stretch != 1:
        if stream.type == "audio":
            return "stretched to the new timing, at its own pitch"
        if stream.type == "data":
            return "it cannot be stretched to the new timing"
    if not _is_understood(stream, container):
        return _unheld(extension)
    if isinstance(stream, AudioStream) and not stream.codec_context.sample_rate:
        return "the file does not tell its sample rate"
    if container.untimed_audio and isinstance(stream, AudioStream):
        if _is_late(sample, window):
            return f"a {extension} file cannot delay it"
        if stream.codec_context.name == "aac" and not stream.codec_context.frame_size:
            return f"a {extension} file cannot time it"  # the muxer would take packets for samples
    return None


def _possible(
    stream: Stream, sample: AnyPacket | None, container: Container, copies: bool, window: Window
) -> list[Plan]:
    """Ways to bring a stream over, best first."""
    if stream.type == "attachment":
        return [AttachmentPlan(stream, sample)] if container.attachments else []
    if stream.disposition & Disposition.attached_pic:
        if container.attachments:
            return [AttachedCoverPlan(stream, sample)]
        return [CoverPlan(stream, sample)] if container.covers else []
    plans = [Plan(stream, sample)] if copies else []
    if isinstance(stream, AudioStream):
        plans += [
            AudioPlan(stream, sample, encoder, layout)
            for encoder in encoders_for(stream, container, own=window.times.stretch != 1)
            for layout in layouts_for(stream, encoder)
        ]
    if isinstance(stream, SubtitleStream) and container.text_encoder:
        plans.append(SubtitlePlan(stream, sample, container.text_encoder))
    return plans


def _notes(plan: Plan, reason: str) -> list[str]:
    """What a person should know of the way that was found."""
    if isinstance(plan, AudioPlan):
        mixed = f", mixed down to {plan.layout}" if plan.mixes else ""
        return [f"{named(plan.source)} encoded anew as {plan.encoder}{mixed}: {reason}"]
    if isinstance(plan, SubtitlePlan):
        return [f"{named(plan.source)} encoded anew as {plan.encoder}: {reason}"]
    return []


def _is_late(sample: AnyPacket | None, window: Window) -> bool:
    if sample is None or sample.pts is None:
        return False
    return window.times(sample.pts * sample.time_base) > _LATE


def _is_understood(stream: Stream, container: Container) -> bool:
    if stream.type == "data" and getattr(stream, "name", None) is None:
        return False  # nobody could read it
    if stream.type == "video" and container.codecs is not None:
        return stream.codec.canonical_name in container.codecs
    context = stream.codec_context
    name = context.codec.canonical_name if context else getattr(stream, "name", None)
    return container.holds_other(name)


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
    route, sample = plan.route(target, Window(negative=True)), plan.sample
    if route is None or sample is None:
        return
    for packet in [*route.convert(sample), *route.flush()]:
        output.mux(packet)
    if isinstance(plan, AudioPlan):
        plan.source.codec_context.flush_buffers()  # for the next plan to be tried


def _look_ahead(
    source: InputContainer, streams: Sequence[Stream], to_the_end: bool
) -> tuple[dict[int, AnyPacket], set[int]]:
    """The first packet of each stream, and the audio streams that pause.

    Args:
        source: at its beginning.
        streams: of it.
        to_the_end: look through all of it: whatever begins late or pauses must be found.
    """
    found: dict[int, AnyPacket] = {}
    ends: dict[int, Fraction] = {}
    gapped: set[int] = set()
    if not streams:
        return found, gapped
    with suppress(FFmpegError):
        for number, packet in enumerate(packets(source, *streams)):
            if packet.size:
                found.setdefault(packet.stream_index, packet)
                if _pauses_before(packet, ends):
                    gapped.add(packet.stream_index)
            if not to_the_end and (len(found) == len(streams) or number >= _SOON):
                break
    return found, gapped


def _pauses_before(packet: AnyPacket, ends: dict[int, Fraction]) -> bool:
    """Whether audio is missing before a packet; `ends` of the latest ones is kept up to date."""
    if packet.stream.type != "audio" or packet.pts is None or not packet.duration:
        return False
    start = packet.pts * packet.time_base
    end = ends.get(packet.stream_index, start)
    ends[packet.stream_index] = max(end, start + packet.duration * packet.time_base)
    return start - end > _LATE


def _is_carried_otherwise(source: InputContainer, stream: Stream, sample: AnyPacket | None) -> bool:
    """Whether it only holds chapter titles or the time code of MP4, copied as metadata."""
    if stream.type != "data":
        return False
    return "timecode" in stream.metadata or (sample is None and bool(source.chapters()))


def named(stream: Stream) -> str:
    """Index, type, codec and language of a stream, as messages name it."""
    context = stream.codec_context
    codec = context.codec.canonical_name if context else getattr(stream, "name", None)
    about = [stream.type, codec or "unknown codec", stream.language]
    return f"stream {stream.index} ({', '.join(part for part in about if part)})"
