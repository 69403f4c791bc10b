"""What each muxer stores of a stream's tags is what `HELD_TAGS` says, no more and no less."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
from av.stream import Disposition, Stream

from dain.media.lost_tags import HELD_TAGS, HeldTags
from dain.media.quicktime_languages import _KNOWN, _OWN, quicktime_language, standard_language

# Encoders of video, audio and subtitles by container; None where it takes no subtitles of text.
ENCODERS = {
    "mp4": ("libx264", "aac", "mov_text"),
    "mov": ("libx264", "aac", "mov_text"),
    "3gp": ("libx264", "aac", "mov_text"),
    "matroska": ("libx264", "aac", "subrip"),
    "webm": ("libvpx-vp9", "libopus", "webvtt"),
    "ogv": ("libvpx", "libopus", None),
    "avi": ("mpeg4", "libmp3lame", None),
    "mpegts": ("libx264", "aac", "dvbsub"),
    "flv": ("libx264", "aac", None),
    "asf": ("wmv2", "wmav2", None),
}
DEMUXERS = {"mpegts": "mpegts"}  # too short to be known by itself
NONE = Disposition(0)
# No purposes of a film's streams, or the same as a kind of stream.
NOT_ASKED = (
    Disposition.default
    | Disposition.attached_pic
    | Disposition.timed_thumbnails
    | Disposition.still_image
    | Disposition.metadata
    | Disposition.dependent
    | Disposition.multilayer
)
PURPOSES = [flag for flag in Disposition if not flag & NOT_ASKED]
KINDS = [
    (name, kind)
    for name, encoders in ENCODERS.items()
    for kind, encoder in zip(("video", "audio", "subtitle"), encoders, strict=True)
    if encoder is not None
]


def one_packet(stream: Stream) -> list[av.Packet]:
    """The shortest content a stream can have."""
    if stream.type == "video":
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        frame.pts = 0
        return [*stream.encode(frame), *stream.encode(None)]
    if stream.type == "audio":
        samples = stream.codec_context.frame_size or 1024
        frame = av.AudioFrame(stream.format.name, "stereo", samples)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        return [*stream.encode(frame), *stream.encode(None)]
    packet = av.Packet(b"\x00\x02hi" if stream.codec_context.name == "mov_text" else b"hi")
    packet.pts = packet.dts = 0
    packet.duration, packet.time_base, packet.stream = 500, Fraction(1, 1000), stream
    return [packet]


def written(
    container: str, kind: str, tags: dict[str, str], purpose: Disposition = NONE
) -> tuple[dict[str, str], Disposition]:
    """Tags and disposition of a stream, as they come back from a file in memory."""
    encoder = ENCODERS[container][("video", "audio", "subtitle").index(kind)]
    memory = io.BytesIO()
    with av.open(memory, "w", format=container) as output:
        if kind == "video":
            stream = output.add_stream(encoder, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        elif kind == "audio":
            stream = output.add_stream(encoder, rate=48000, layout="stereo")
            stream.bit_rate = 128000
        else:
            stream = output.add_stream(encoder)
            stream.codec_context.subtitle_header = b""
        stream.metadata.update(tags)
        stream.disposition = purpose
        output.start_encoding()
        for packet in one_packet(stream):
            output.mux(packet)
    memory.seek(0)
    with av.open(memory, format=DEMUXERS.get(container)) as back:
        found = back.streams[0]
        return dict(found.metadata), found.disposition


def languages_of(held: HeldTags, container: str) -> dict[str, bool]:
    """Some languages, and whether the container is to note them."""
    return {
        "ger": held.languages,
        "en-US": held.languages and not held.three_letters,
    }


@pytest.mark.parametrize(("container", "kind"), KINDS)
def test_what_is_stored_is_what_the_table_says(container: str, kind: str) -> None:
    held = HELD_TAGS[container]
    stored = NONE
    for purpose in PURPOSES:
        stored |= written(container, kind, {}, purpose)[1] & purpose
    assert stored == held.dispositions.get(kind, NONE)

    tags, _ = written(container, kind, {"title": "A name"})
    assert ("A name" in (tags.get("title"), tags.get("name"))) == held.titles

    if kind != "video":
        for language, kept in languages_of(held, container).items():
            tags, _ = written(container, kind, {"language": language})
            assert (tags.get("language") == language) == kept, language


def test_quicktime_languages_come_back() -> None:
    for code in [*_KNOWN, *_OWN]:
        known = quicktime_language(code)
        assert known is not None
        tags, _ = written("mov", "subtitle", {"language": known})
        assert standard_language(tags["language"]) == code
    assert quicktime_language("nob") is None
    assert "language" not in written("mov", "subtitle", {"language": "nob"})[0]
