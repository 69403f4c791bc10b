"""The judge of passages: what is a cut, what a fade, and what moves."""

from __future__ import annotations

from collections.abc import Sequence

from dain.judgement.cuts import REACH, ShotLook, cut_score
from dain.judgement.explaining import difference, sketch_of, unexplained
from dain.judgement.fades import is_fade
from dain.judgement.glance import Glance
from dain.judgement.plain_ends import is_plain_end
from dain.judgement.verdict import Passage


class ShotJudge:
    """Tells cuts and fades from motion.

    Attributes:
        behind: frames before that count.
        ahead: frames after that count.
    """

    behind = REACH
    ahead = REACH + 1

    def __init__(self, threshold: float) -> None:
        """A judge.

        Args:
            threshold: score from which on a gap is a cut, in (0, 1], see `cut_score`. Larger ones
                find fewer cuts.
        """
        self._threshold = threshold

    def look(self, before: Glance | None, now: Glance) -> ShotLook:
        """The frame, small, and how much of it the one before explains."""
        sketch = sketch_of(now.thumb)
        if before is None:
            return ShotLook(sketch, 0.0, 0.0)
        past = sketch_of(before.thumb)
        return ShotLook(sketch, unexplained(past, sketch), difference(past, sketch))

    def judge(self, looks: Sequence[ShotLook], at: int) -> Passage:
        """Whether a cut, a fade or motion leads from frame `at` to the next."""
        if cut_score(looks, at, self._threshold) >= self._threshold:
            return Passage.FADE if is_plain_end(looks, at) else Passage.CUT
        return Passage.FADE if is_fade(looks, at) else Passage.MOTION
