"""A stream of judged frames without those that only repeat what is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dain.judgement.verdict import Item, Judged, Passage

_ORDER = (Passage.MOTION, Passage.FADE, Passage.CUT)


def drawings(frames: Iterable[Judged[Item]]) -> Iterator[Judged[Item]]:
    """Each drawing once, with the passage to the next drawing.

    A repeat that stands before a cut, or is the last of all, stays: the picture is seen to stand
    until then.
    """
    current: Judged[Item] | None = None
    left_out: Judged[Item] | None = None
    for frame in frames:
        if current is None:
            current = frame
        elif frame.beat.repeats and frame.passage is not Passage.CUT:
            left_out = frame
            current = replace(current, passage=_stronger(current.passage, frame.passage))
        else:
            yield current
            current, left_out = frame, None
    if current is not None:
        yield current
    if left_out is not None:
        yield left_out


def _stronger(one: Passage, other: Passage) -> Passage:
    return max(one, other, key=_ORDER.index)
