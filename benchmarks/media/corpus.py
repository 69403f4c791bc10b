"""All cases of the corpus, in the order of the table."""

from __future__ import annotations

from fnmatch import fnmatch

from benchmarks.media.cases import Case
from benchmarks.media.corpus_animations import ANIMATION_CASES
from benchmarks.media.corpus_colour import COLOUR_CASES
from benchmarks.media.corpus_containers import CONTAINER_CASES
from benchmarks.media.corpus_stills import STILLS_CASES
from benchmarks.media.corpus_streams import STREAM_CASES
from benchmarks.media.corpus_time import TIME_CASES

CASES: tuple[Case, ...] = (
    *CONTAINER_CASES,
    *COLOUR_CASES,
    *TIME_CASES,
    *STREAM_CASES,
    *ANIMATION_CASES,
    *STILLS_CASES,
)


def selected(pattern: str) -> list[Case]:
    """The cases whose names match a shell pattern, or several with commas between."""
    patterns = pattern.split(",")
    return [case for case in CASES if any(fnmatch(case.name, each) for each in patterns)]
