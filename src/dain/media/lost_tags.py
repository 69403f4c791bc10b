"""Titles, languages and purposes of streams that a container has no place for, in words.

FFmpeg's muxers leave them out without a word. What each one stores was found by reading its
files back, as `tests/contract/test_stream_tags.py` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from av.stream import Disposition, Stream

from dain.media.metadata import title_of
from dain.media.quicktime_languages import quicktime_language

_KINDS = frozenset({"video", "audio", "subtitle"})
_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# To be the first of its kind is as good as to be the default.
_UNSAID = _PICTURES | Disposition.default
_IMPAIRED = Disposition.hearing_impaired | Disposition.visual_impaired
_COMMON = _IMPAIRED | Disposition.dub | Disposition.comment | Disposition.forced
_WRITTEN_OUT = Disposition.captions | Disposition.descriptions


@dataclass(frozen=True)
class HeldTags:
    """What a muxer stores of a stream's tags.

    Attributes:
        titles: whether it stores any.
        languages: likewise.
        three_letters: languages are codes of three letters (ISO 639-2), nothing else.
        dispositions: by the kind of stream, those it stores.
    """

    titles: bool = False
    languages: bool = False
    three_letters: bool = True
    dispositions: Mapping[str, Disposition] = field(default_factory=dict)


HELD_TAGS: Mapping[str, HeldTags] = {
    "mp4": HeldTags(True, True, dispositions=dict.fromkeys(_KINDS, _COMMON | _WRITTEN_OUT)),
    "mov": HeldTags(True, True),
    "3gp": HeldTags(False, True),
    "matroska": HeldTags(
        True,
        True,
        False,
        dict.fromkeys(_KINDS, _COMMON | Disposition.original)
        | {"subtitle": _COMMON | Disposition.original | Disposition.descriptions},
    ),
    "webm": HeldTags(
        True,
        True,
        False,
        dict.fromkeys(_KINDS, Disposition.forced) | {"subtitle": Disposition.forced | _WRITTEN_OUT},
    ),
    "ogv": HeldTags(True, True, False),
    "avi": HeldTags(True),
    "mpegts": HeldTags(
        False,
        True,
        dispositions={
            "audio": _IMPAIRED | Disposition.clean_effects,
            "subtitle": Disposition.hearing_impaired,
        },
    ),
    "flv": HeldTags(),
    "asf": HeldTags(False, True),
}


def lost_tags(streams: Iterable[Stream], container_format: str, extension: str) -> list[str]:
    """One message that names all that is lost of the tags of these streams; else none.

    Args:
        streams: of the source, those that come over.
        container_format: FFmpeg's name of the output's muxer.
        extension: of the output.
    """
    held = HELD_TAGS[container_format]
    losses = []
    for stream in streams:
        if stream.type in _KINDS and not stream.disposition & _PICTURES:
            lost = _lost(stream, held, container_format)
            if lost:
                losses.append(f"{' and '.join(lost)} of stream {stream.index}")
    if not losses:
        return []
    return [f"tags left out, as a {extension} file cannot hold them: {'; '.join(losses)}"]


def _lost(stream: Stream, held: HeldTags, container_format: str) -> list[str]:
    lost = []
    title, language = title_of(stream), stream.metadata.get("language", "")
    if title and not held.titles:
        lost.append(f"title {title!r}")
    # The language of pictures says little, and cameras all write one.
    spoken = stream.type != "video" and language not in ("", "und")
    if spoken and not _holds_language(held, container_format, language):
        lost.append(f"language {language!r}")
    wanted = stream.disposition & ~_UNSAID & ~held.dispositions.get(stream.type, Disposition(0))
    if wanted:
        names = [flag.name for flag in Disposition if flag & wanted and flag.name]
        lost.append(f"disposition {', '.join(names)}")
    return lost


def _holds_language(held: HeldTags, container_format: str, language: str) -> bool:
    if container_format == "mov":
        return quicktime_language(language) is not None
    return held.languages and (not held.three_letters or len(language) == 3)
