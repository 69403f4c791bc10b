"""A stream of judged frames without those that only repeat what is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dain.judgement.verdict import Item, Judged, Passage, StandingPicture

_ORDER = (Passage.MOTION, Passage.FADE, Passage.CUT)


class Way(NamedTuple):
    """How one drawing becomes the next.

    Attributes:
        passage: of the gap between, or the strongest of all gaps where repeats were left out.
        standing: what stands still in the last of them, in which the picture changes.
    """

    passage: Passage = Passage.MOTION
    standing: StandingPicture | None = None


def drawings(frames: Iterable[Judged[Item]]) -> Iterator[tuple[Way, Judged[Item]]]:
    """Each drawing once, as it comes, with the way from the one before.

    A repeat that stands before a cut, or is the last of all, stays: the picture is seen to stand
    until then.
    """
    way, left_out, is_first = Way(), None, True
    for frame in frames:
        if frame.beat.repeats and frame.passage is not Passage.CUT and not is_first:
            left_out = frame
            way = Way(max(way.passage, frame.passage, key=_ORDER.index), frame.standing)
        else:
            yield way, frame
            way, left_out, is_first = Way(frame.passage, frame.standing), None, False
    if left_out is not None:
        yield way, left_out
