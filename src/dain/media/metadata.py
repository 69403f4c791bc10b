"""Metadata and chapters, from the source to the output."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from dain.media.quicktime_languages import quicktime_language, standard_language
from dain.media.window import Window

# What describes the source file or its encoding, and would be untrue of the output.
_STALE = frozenset(
    {
        "encoder",
        "duration",
        "rotate",
        "vendor_id",
        "major_brand",
        "minor_version",
        "compatible_brands",
        "bps",
        "number_of_frames",
        "number_of_bytes",
    }
)


_FINE = Fraction(1, 1_000_000)  # a stretched chapter seldom begins on a tick of the source


def lasting(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata without what is true of the source file only."""
    kept = {}
    for key, value in metadata.items():
        plain = key.lower().partition("-")[0]  # Matroska's statistics: BPS-eng
        if plain not in _STALE and not plain.startswith("_statistics"):
            kept[key] = value
    return kept


def title_of(stream: Stream) -> str:
    """What a stream is called, also by MP4's tag for it; empty if it has no name."""
    return stream.metadata.get("title") or stream.metadata.get("name", "")


def describe(source: Stream, target: Stream) -> None:
    """Copy language, title and the like, and what the stream is meant for."""
    metadata = lasting(source.metadata)
    if "title" not in metadata and "name" in metadata:
        metadata["title"] = metadata.pop("name")  # what MP4 calls it
    if "language" in metadata:
        language = standard_language(metadata["language"])
        if target.container.format.name == "mov":
            language = quicktime_language(language) or language
        metadata["language"] = language
    target.metadata.update(metadata)
    target.disposition = source.disposition


def copy_metadata(
    source: InputContainer, main: VideoStream, output: OutputContainer, video: VideoStream
) -> None:
    """Copy the container's metadata, and those of the main video, to the output."""
    output.metadata.update(lasting(source.metadata))
    describe(main, video)
    # Only the muxer knows whether there is alpha beside the pictures that we write.
    video.metadata.pop("alpha_mode", None)


def copy_chapters(source: InputContainer, output: OutputContainer, window: Window) -> None:
    """Copy the chapters that lie in the window, clipped to it, on the output's clock."""
    chapters = []
    for chapter in source.chapters():
        tick = chapter["time_base"] or Fraction(1, 1000)
        start, end = chapter["start"] * tick, chapter["end"] * tick
        clipped = window.clip(start, end - start)
        if clipped is None or not clipped[1]:
            continue
        if window.times.stretch != 1:
            tick = _FINE
        begin, end = window.times(clipped[0]), window.times(clipped[0] + clipped[1])
        chapter["time_base"] = tick
        chapter["start"], chapter["end"] = round(begin / tick), round(end / tick)
        chapters.append(chapter)
    output.set_chapters(chapters)
