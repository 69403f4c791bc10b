"""What a judge is: it looks at each frame once, and decides from the looks of a bounded window.

A verdict depends on nothing but the frames from `behind` before to `ahead` after the one (or the
gap) it is about. So a run that goes on in the middle judges as an unbroken one, after having looked
at a few frames before; memory is bounded; and a test needs no more than a list of looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol, TypeVar

from dain.judgement.glance import Glance
from dain.judgement.verdict import Beat, Passage, StandingPicture

Look = TypeVar("Look")
Kept = TypeVar("Kept", covariant=True)


class Judge(Protocol[Kept]):
    """The part that all judges share.

    Attributes:
        behind: how many frames before count; their looks are kept, so these must be small.
        ahead: how many frames after count; so many whole frames wait, so it must be small.
    """

    behind: int
    ahead: int

    def look(self, before: Glance | None, now: Glance) -> Kept:
        """What to keep of a frame.

        Args:
            before: the frame before; None at the very first.
            now: the frame.
        """


class PassageJudge(Judge[Look], Protocol[Look]):
    """Tells cuts and fades from motion."""

    def judge(self, looks: Sequence[Look], at: int) -> Passage:
        """How frame `at` becomes the next.

        Args:
            looks: of neighbouring frames: `behind` before, the frame itself, the one after, and
                `ahead` after that; fewer at the ends of the video.
            at: number of the frame in them; there is at least one after it.
        """


class BeatJudge(Judge[Look], Protocol[Look]):
    """Tells repeats from new drawings, and when these are due."""

    def judge(
        self,
        looks: Sequence[Look],
        at: int,
        times: Sequence[Fraction],
        cuts: Sequence[bool],
    ) -> Beat:
        """When the drawing of frame `at` is due.

        Due times rise from drawing to drawing, and lie at or after the frame's own time and before
        the time of the next drawing's frame. The first frame of a shot is due at its own time.

        Args:
            looks: of neighbouring frames: `behind` before, the frame itself, and `ahead` after;
                fewer at the ends of the video.
            at: number of the frame in them.
            times: of the same frames, rising.
            cuts: for each of the same frames, whether a shot begins with it.
        """


class StandingJudge(Judge[Look], Protocol[Look]):
    """Finds what stands still over moving pictures."""

    def judge(self, looks: Sequence[Look], at: int, cuts: Sequence[bool]) -> StandingPicture | None:
        """What stands still from frame `at` to the next.

        Args:
            looks: as for `BeatJudge`; `ahead` is at least 1.
            at: number of the frame in them.
            cuts: for each of the same frames, whether a shot begins with it.
        """


@dataclass(frozen=True)
class Judges:
    """The judges of a run; None for one that is switched off."""

    passages: PassageJudge[Any] | None = None
    beats: BeatJudge[Any] | None = None
    standing: StandingJudge[Any] | None = None

    @property
    def ahead(self) -> int:
        """Frames that wait until a frame is judged."""
        return self.later("ahead") + (1 + self.passages.ahead if self.passages else 0)

    @property
    def behind(self) -> int:
        """Frames before a frame that its verdict depends on."""
        one_more = 1  # a look may compare with the frame before
        return self.later("behind") + (self.passages.behind if self.passages else 0) + one_more

    @property
    def warm_up(self) -> int:
        """Frames that a run reads again which goes on with what is shown after a frame.

        That may be a drawing that came earlier: as a repeat is told by how its hold ends, no
        further back than a judge of beats looks ahead, and one more where the frame is due late.
        """
        return self.behind + (self.beats.ahead + 1 if self.beats else 0)

    def later(self, name: Literal["ahead", "behind"]) -> int:
        """The larger one of the judges that are told of cuts, and so come after."""
        return max((getattr(each, name) for each in (self.beats, self.standing) if each), default=0)
