"""From one source frame to the next: what lies between them, by how the one becomes the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dain.jobs.scene_light import Engine, frames_between
from dain.judgement import Passage, Way
from dain.media.frame import Pixels
from dain.media.light import mixed
from dain.settings import AtCuts

if TYPE_CHECKING:
    from dain.engine import MadeFrame

_HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Crossed:
    """A picture between two source frames.

    Attributes:
        pixels: of it.
        made: what the engine knows of it; None where it knows nothing, or had nothing to do.
    """

    pixels: Pixels
    made: MadeFrame | None = None


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
        self, before: Pixels, after: Pixels, way: Way, times: Sequence[Fraction]
    ) -> list[Crossed]:
        """One picture for each time; source frames are given as they are, not copied.

        Args:
            before: pixels of the earlier frame.
            after: of the later one.
            way: how the one becomes the other.
            times: each in (0, 1).
        """
        passage, standing = way
        if passage is Passage.CUT and self.at_cuts != "blend":
            is_late = [self.at_cuts == "nearest" and t > _HALF for t in times]
            return [Crossed(after if late else before) for late in is_late]
        if passage is not Passage.MOTION:
            return [Crossed(mixed(before, after, t, self.transfer)) for t in times]
        engine = _Remembering(self.engine)
        pair = (before, after) if standing is None else standing.strip(before, after)
        pictures: list[Pixels] = list(frames_between(engine, *pair, times))
        if standing is not None:
            pictures = [
                standing.hold(picture, before, after, t)
                for picture, t in zip(pictures, times, strict=True)
            ]
        known = engine.made or [None] * len(pictures)
        return [Crossed(picture, made) for picture, made in zip(pictures, known, strict=True)]


class _Remembering:
    """An engine that remembers what it knows of the frames that it made first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.made: list[MadeFrame | None] = []

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        make = getattr(self._engine, "make", None)
        if make is None:
            return self._engine.between(frame0, frame1, times)
        made: list[MadeFrame] = make(frame0, frame1, times)
        # Later ones are light that covers nothing, which is added to the picture.
        self.made = self.made or [*made]
        return [each.pixels for each in made]
