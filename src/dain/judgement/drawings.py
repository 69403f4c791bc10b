"""A stream of judged frames without those that only repeat what is there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dain.judgement.verdict import Item, Judged, Passage

_ORDER = (Passage.MOTION, Passage.FADE, Passage.CUT)


def drawings(frames: Iterable[Judged[Item]]) -> Iterator[tuple[Passage, Judged[Item]]]:
    """Each drawing once, as it comes, with the passage by which the one before became it.

    A repeat that stands before a cut, or is the last of all, stays: the picture is seen to stand
    until then. The first drawing's passage is motion.
    """
    passage, left_out, is_first = Passage.MOTION, None, True
    for frame in frames:
        if frame.beat.repeats and frame.passage is not Passage.CUT and not is_first:
            left_out = frame
            passage = max(passage, frame.passage, key=_ORDER.index)
        else:
            yield passage, frame
            passage, left_out, is_first = frame.passage, None, False
    if left_out is not None:
        yield passage, left_out
