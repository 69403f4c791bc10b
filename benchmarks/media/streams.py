"""The check that no stream, chapter or tag was lost without a word."""

from __future__ import annotations

from av.stream import Disposition
from benchmarks.media.reading import Facts, StreamFacts
from benchmarks.media.worker import Outcome

_SAME = {"ger": "deu", "fre": "fra"}  # languages with two codes
_TAGS = ("title", "artist", "comment")


def check_streams(
    source: Facts | None, made: Facts | None, outcome: Outcome, copied: bool, whole: bool
) -> str | None:
    """Each stream is there with its tags and packets, or is named in a message.

    Args:
        source: the facts before.
        made: and after.
        outcome: with the messages.
        copied: streams are copied at all (not in slow motion).
        whole: from end to end, so that packets can be counted.
    """
    if source is None or made is None:
        return None
    if not source.streams and not source.chapters and not source.metadata:
        return None
    said = " | ".join(outcome.said("warning"))
    lost = _metadata_fault(source, made, said) or _chapter_fault(source, made, said, copied, whole)
    if lost or not copied:
        return lost
    waiting = list(made.streams)
    for stream in source.streams:
        fault = _stream_fault(source, stream, waiting, said, whole)
        if fault:
            return fault
    return ""


def _stream_fault(
    source: Facts, stream: StreamFacts, waiting: list[StreamFacts], said: str, whole: bool
) -> str:
    """What is wrong with what became of a stream; takes it out of those that wait."""
    is_told = f"stream {stream.index} (" in said
    found = next((each for each in waiting if each.kind == stream.kind), None)
    if stream.kind == "data" and (source.chapters or "timecode" in source.metadata):
        return ""  # MP4's own way of storing them
    if is_told and "left out" in said.split(f"stream {stream.index} (")[1].split(" | ")[0]:
        return ""
    name = f"stream {stream.index} ({stream.kind}, {stream.codec})"
    if found is None:
        if f"{stream.kind} " in said:
            return ""
        return f"{name} was lost without a word"
    waiting.remove(found)
    if found.codec != stream.codec and not is_told and found.packets != stream.packets:
        return f"{name} became {found.codec} without a word"
    for tag in ("language", "title"):
        before, after = getattr(stream, tag), getattr(found, tag)
        if before and _SAME.get(before, before) != _SAME.get(after, after) and tag not in said:
            return f"{name}: {tag} {before!r} became {after!r}"
    kept = found.disposition | Disposition.default  # to be the first is as good
    if stream.disposition & ~kept and "disposition" not in said:
        return f"{name}: {stream.disposition!r} became {found.disposition!r}"
    if not whole or is_told:
        return ""
    if stream.codec.startswith("pcm"):  # cut into packets as each container likes
        return "" if stream.size == found.size else f"{name}: {stream.size} to {found.size} bytes"
    if len(stream.packets) != len(found.packets):
        return f"{name}: {len(stream.packets)} packets became {len(found.packets)}"
    return ""


def _metadata_fault(source: Facts, made: Facts, said: str) -> str:
    for tag in _TAGS:
        before, after = (
            next((value for key, value in facts.metadata.items() if key.lower() == tag), None)
            for facts in (source, made)
        )
        if before is not None and before != after and tag not in said and "metadata" not in said:
            return f"{tag} {before!r} became {after!r}"
    return ""


def _chapter_fault(source: Facts, made: Facts, said: str, copied: bool, whole: bool) -> str:
    if not source.chapters or "chapter" in said or not copied:
        return ""
    if whole and len(source.chapters) != len(made.chapters):
        return f"{len(source.chapters)} chapters became {len(made.chapters)}"
    for before, after in zip(source.chapters, made.chapters, strict=False):
        if before[2] != after[2] or (whole and abs(before[0] - after[0]) > 0.002):
            return f"chapter {before} became {after}"
    return ""
