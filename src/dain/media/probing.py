"""What there is to know of a video before its frames are read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.buffer import Buffer
from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import Type as SideDataType
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dain.errors import MediaError
from dain.media.alpha_source import decoded, decoder_beside
from dain.media.colour import colour_of, is_known
from dain.media.containers import best_video_stream, open_container, packets
from dain.media.frame import Colour, VideoInfo
from dain.media.hdr import dynamic_metadata, static_metadata
from dain.media.orientation import (
    UPRIGHT,
    Orientation,
    from_display_matrix,
    parse_display_matrix,
)
from dain.media.pixel_formats import has_alpha, working_depth
from dain.media.scan import Clock, Outliers, VideoPacket, added_delay, choose_clock

_HIGHEST_RATE = 1000  # frames per second; above it a "rate" is a time base in disguise
_FALLBACK_RATE = Fraction(25)  # FFmpeg's own for streams that tell none
_PACKETS_TO_JUDGE = 32
_FAR = Fraction(1)  # seconds

# Formats whose header states a duration; elsewhere FFmpeg estimates it from what is there.
_STREAM_PROMISES = {"mov,mp4,m4a,3gp,3g2,mj2", "avi", "ivf", "mxf"}
_CONTAINER_PROMISES = {"matroska,webm", "flv", "asf"}


@dataclass(frozen=True)
class Probe:
    """A video stream as decoding needs to know it.

    Attributes:
        info: as readers show it.
        container_format: FFmpeg's name of it.
        stream_index: of the stream in its container.
        coded_size: width and height of the first frame, before it is turned.
        orientation: how frames are turned upright.
        clock: where presentation times come from.
        step: nominal duration of a frame in the stream's time base.
        delay: ticks by which the container's times are late; see `added_delay`.
        promised_end: time at which the video stream should end, in its time base; None
            if the container does not say.
        promised_container_end: seconds at which the longest stream should end; likewise.
        outliers: times beyond what the container promises; None if it does not.
        has_alpha: the pixel format has room for transparency.
        decoder: name of the one to use instead of FFmpeg's choice; None for that.
        interlaced: the first frame holds two fields of different times.
        messages: notes for the person who runs us.
    """

    info: VideoInfo
    container_format: str
    stream_index: int
    coded_size: tuple[int, int]
    orientation: Orientation
    clock: Clock
    step: int
    delay: int
    promised_end: Fraction | None
    promised_container_end: Fraction | None
    outliers: Outliers | None
    has_alpha: bool
    decoder: str | None
    interlaced: bool
    messages: tuple[str, ...]


def probe(path: Path) -> Probe:
    """Open a video, decode its first frame, and close it again.

    Raises:
        MediaError: it cannot be opened, has no video stream, or none that decodes.
    """
    with open_container(path) as container:
        stream = best_video_stream(container, path)
        frame, packet_times, decoder = _first_frame(container, stream, path)
        orientation, messages = _orientation(frame, path)
        pixel_format = frame.format
        if decoder is not None:
            # What the stream is tagged with, only FFmpeg's own decoder passes on.
            beside = next(decoded(path, stream.index, decoder), None)
            if beside is None or not has_alpha(beside.format):
                messages.append(f"{path.name}: transparency is dropped; {decoder} cannot read it")
                decoder = None
            else:
                pixel_format = beside.format
        dynamic = dynamic_metadata(_side_data(frame))
        if dynamic is not None:
            messages.append(
                f"{path.name}: {dynamic} cannot be carried to new frames and is left out"
            )
        colour = _colour(stream, frame)
        if not is_known(colour.matrix):
            messages.append(
                f"{path.name}: colour matrix {colour.matrix} is not supported; "
                "the usual one for its size is taken"
            )
        rates = _rates(stream)
        step = max(1, round(1 / ((rates or (_FALLBACK_RATE,))[0] * _time_base(stream))))
        duration, promised_end, promised_container_end = _durations(container, stream, step)
        width, height = orientation.size(frame.width, frame.height)
        ratio = stream.sample_aspect_ratio or Fraction(1)
        info = VideoInfo(
            path=path,
            width=width,
            height=height,
            bit_depth=working_depth(pixel_format),
            time_base=_time_base(stream),
            rates=rates,
            frame_count=stream.frames or None,
            duration=duration,
            colour=colour,
            sample_aspect_ratio=orientation.sample_aspect_ratio(
                ratio if ratio > 0 else Fraction(1)
            ),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=pixel_format.name,
            hdr=static_metadata(_side_data(frame)),
        )
        reorders, format_name = int(stream.codec_context.has_b_frames), container.format.name
        return Probe(
            info=info,
            container_format=format_name,
            stream_index=stream.index,
            coded_size=(frame.width, frame.height),
            orientation=orientation,
            clock=choose_clock(packet_times, format_name, reorders > 0),
            step=step,
            delay=added_delay(packet_times, format_name, most=max(1, reorders) * step),
            promised_end=promised_end,
            promised_container_end=promised_container_end,
            outliers=_outliers(promised_end, promised_container_end, _time_base(stream)),
            has_alpha=has_alpha(pixel_format),
            decoder=decoder,
            interlaced=bool(frame.interlaced_frame),
            messages=tuple(messages),
        )


def _first_frame(
    container: InputContainer, stream: VideoStream, path: Path
) -> tuple[VideoFrame, list[tuple[int | None, int | None]], str | None]:
    """The first sound frame, (pts, dts) of the first packets, and the decoder for alpha."""
    stream.thread_type = "NONE"  # frame threads would hold the first frame back
    found: VideoFrame | None = None
    times: list[tuple[int | None, int | None]] = []
    decoder = None
    try:
        for packet in packets(container, stream):
            if packet.size:
                if not times:
                    decoder = decoder_beside(stream, cast("VideoPacket", packet))
                times.append((packet.pts, packet.dts))
            if found is None:
                decoded = _decoded(cast("VideoPacket", packet))
                found = next((frame for frame in decoded if not frame.is_corrupt), None)
            elif len(times) >= _PACKETS_TO_JUDGE:
                break
    except (FFmpegError, OSError):
        pass  # a broken end; what came before it is enough
    if found is None:
        raise MediaError(f"expected a video, found no frame that can be decoded in {path}")
    return found, times, decoder


def _decoded(packet: VideoPacket) -> list[VideoFrame]:
    try:
        return packet.decode()
    except FFmpegError:
        return []


def _orientation(frame: VideoFrame, path: Path) -> tuple[Orientation, list[str]]:
    side_data = _side_data(frame).get(SideDataType.DISPLAYMATRIX)
    if side_data is None:
        return UPRIGHT, []
    orientation = from_display_matrix(parse_display_matrix(bytes(side_data)))
    if orientation is None:
        return UPRIGHT, [
            f"{path.name}: its rotation by {frame.rotation} degrees is no quarter turn; "
            "frames are left as stored"
        ]
    return orientation, []


def _side_data(frame: VideoFrame) -> Mapping[Any, Buffer]:
    return cast("Mapping[Any, Buffer]", frame.side_data)


def _colour(stream: VideoStream, frame: VideoFrame) -> Colour:
    context = stream.codec_context
    tagged = Colour(
        primaries=int(context.color_primaries),
        transfer=int(context.color_trc),
        matrix=int(context.colorspace),
        range=int(context.color_range),
    )
    return colour_of(frame, tagged)


def _rates(stream: VideoStream) -> tuple[Fraction, ...]:
    candidates: Iterable[Fraction | None] = (
        stream.average_rate,
        stream.base_rate,
        stream.guessed_rate,
    )
    usable = [rate for rate in candidates if rate is not None and 0 < rate <= _HIGHEST_RATE]
    return tuple(dict.fromkeys(usable))


def _time_base(stream: VideoStream) -> Fraction:
    return stream.time_base or Fraction(1, 1000)


def _durations(
    container: InputContainer, stream: VideoStream, step: int
) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    """Stream duration in seconds; promised end of the stream in ticks, of the file in seconds."""
    name, time_base = container.format.name, _time_base(stream)
    start = stream.start_time or 0
    tag = _tagged_duration(stream.metadata)
    whole = None if container.duration is None else Fraction(container.duration, av.time_base)
    if stream.duration is not None:
        # FFmpeg shortens the duration of a cut AVI, but leaves the count of frames.
        counted = stream.frames * step if name == "avi" else 0
        ticks = max(stream.duration, counted)
        promised = Fraction(start + ticks) if name in _STREAM_PROMISES else None
        return ticks * time_base, promised, None
    if name not in _CONTAINER_PROMISES:
        return whole, None, None
    # These formats state when the video ends rather than how long it is.
    end = tag if tag is not None else whole
    duration = None if end is None else max(Fraction(0), end - start * time_base)
    return (
        duration,
        None if tag is None else tag / time_base,
        whole if tag is None else None,
    )


def _outliers(
    stream_end: Fraction | None, container_end: Fraction | None, time_base: Fraction
) -> Outliers | None:
    """From the promised ends, in ticks and in seconds."""
    if stream_end is None:
        stream_end = None if container_end is None else container_end / time_base
    if not stream_end or stream_end <= 0:
        return None
    gap = math.ceil(_FAR / time_base)
    return Outliers(after=math.ceil(stream_end) + gap, gap=gap)


def _tagged_duration(metadata: Mapping[str, str]) -> Fraction | None:
    """Matroska's statistics tag, ``hh:mm:ss.nnnnnnnnn``."""
    value = next((v for k, v in metadata.items() if k.upper().split("-")[0] == "DURATION"), "")
    match = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", value.strip("\0 "))
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
