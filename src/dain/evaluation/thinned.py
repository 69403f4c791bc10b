"""A clip with every other frame taken out, and runs that make these again."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import numpy as np

from dain.evaluation.measures import Picture
from dain.evaluation.shots import Shot
from dain.media import Frame
from dain.timeline import OPEN_END, Plan

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Shown:
    """A frame of the clip, its pixels in 8 bits.

    Attributes:
        frame: itself.
        time: seconds after the first frame, exact.
        shot: that it is part of.
    """

    frame: Frame
    time: Fraction
    shot: Shot

    @property
    def picture(self) -> Picture:
        """Its pixels."""
        return np.asarray(self.frame.pixels, np.uint8)


@dataclass(frozen=True)
class Step:
    """A frame that stays, and what was taken out before it.

    Attributes:
        kept: the frame.
        truth: the frame before it, if it is to be made again.
    """

    kept: Shown
    truth: Shown | None


@dataclass(frozen=True, kw_only=True)
class TruthPlan(Plan):
    """The instants of the frames that were taken out, which come to be known with the frames.

    Attributes:
        times: of the true frames that were met so far, rising; all before the last frame that
            was met, which is all that a run asks for.
        rate: of the clip, frames per second.
    """

    times: list[Fraction] = field(default_factory=list)
    rate: Fraction

    @property
    def output_rate(self) -> Fraction:
        """About half the clip's rate."""
        return self.rate / 2

    @property
    def stretch(self) -> Fraction:
        """No slow motion."""
        return Fraction(1)

    def source_time(self, index: int) -> Fraction:
        """Time of a true frame, in seconds after the first frame of the clip."""
        return self.times[index]

    def index_at(self, time: Fraction) -> int:
        """Index of the first true frame at or after a time."""
        return bisect_left(self.times, time)

    def distances(self) -> frozenset[Fraction]:
        """Of a constant rate; nothing is written by them."""
        return frozenset((1 / self.output_rate,))

    def output_duration(self, index: int) -> Fraction:
        """Likewise; how long a frame stands is known with the next one only."""
        return 1 / self.output_rate


def truth_plan(rate: Fraction) -> TruthPlan:
    """A plan without instants so far, for a clip of `rate` frames per second."""
    return TruthPlan(start=Fraction(0), end=OPEN_END, rate=rate)


def thinned(
    frames: Iterable[Shown], plan: TruthPlan, wants: Callable[[Frame], bool]
) -> Iterator[Step]:
    """Every other frame, the first one among them; the plan is told of those taken out.

    Args:
        frames: neighbours, in order.
        plan: of the runs that make them again.
        wants: whether a frame is to be made again.
    """
    between: Shown | None = None
    for number, shown in enumerate(frames):
        if number % 2:
            between = shown
            continue
        truth = between if between is not None and wants(between.frame) else None
        if truth is not None:
            plan.times.append(truth.time)
        yield Step(shown, truth)


def in_branches(items: Iterator[_Item], count: int) -> list[Iterator[_Item]]:
    """The same items several times; those that all have passed are let go of.

    `itertools.tee` lets go of 57 at a time, which for frames is too much to hold.
    """
    waiting: list[deque[_Item]] = [deque() for _ in range(count)]

    def branch(own: deque[_Item]) -> Iterator[_Item]:
        while True:
            if not own:
                try:
                    item = next(items)
                except StopIteration:
                    return
                for each in waiting:
                    each.append(item)
                del item
            yield own.popleft()

    return [branch(each) for each in waiting]
