"""From one source frame to the next: what lies between them, by how the one becomes the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from dain.jobs.scene_light import Engine, frames_between
from dain.judgement import Judged, Passage
from dain.media import Frame
from dain.media.frame import Pixels
from dain.media.light import mixed
from dain.settings import AtCuts

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Crossing:
    """Makes the pictures between two source frames.

    Attributes:
        engine: makes new frames along motion.
        at_cuts: what fills the time between two shots.
        transfer: transfer characteristics of the source, by which light is mixed.
    """

    engine: Engine
    at_cuts: AtCuts = "nearest"
    transfer: int = 2

    def between(
        self, earlier: Judged[Frame], later: Frame, times: Sequence[Fraction]
    ) -> list[Pixels]:
        """One picture for each time; source frames are given as they are, not copied.

        Args:
            earlier: with the passage to the later one.
            later: the next that is not left out.
            times: each in (0, 1).
        """
        before, after = earlier.item.pixels, later.pixels
        if earlier.passage is Passage.CUT and self.at_cuts != "blend":
            is_late = [self.at_cuts == "nearest" and t > _HALF for t in times]
            return [after if late else before for late in is_late]
        if earlier.passage is not Passage.MOTION:
            return [mixed(before, after, t, self.transfer) for t in times]
        made = frames_between(self.engine, before, after, times)
        if (standing := earlier.standing) is None:
            return made
        return [
            standing.hold(frame, before, after, t) for frame, t in zip(made, times, strict=True)
        ]
