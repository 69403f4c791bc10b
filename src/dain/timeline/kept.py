"""The source's own instants, with new ones between them."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from dain.timeline.fitting import simplest_between
from dain.timeline.plan import Plan
from dain.timeline.timing import Timing

_HALF = Fraction(1, 2)
_LARGEST_PART = 1_000_000  # of a rate that is given exactly
_RATE_TOLERANCE = Fraction(1, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class KeptPlan(Plan):
    """Every source frame's own instant, and each gap between two divided evenly.

    Instants are counted on a grid: part `j` of gap `i` is number ``offsets[i] + j``. Those in
    ``[start, end)`` are made; `start` is one of them even where it lies between two.

    Attributes:
        timing: of the source, without a grid: times as the container has them.
        pts: of the source frames used, rising; the first is the one that stands at `start`.
        stop: where the last gap ends, at or after `end`.
        offsets: number of parts before each of the frames.
        last_parts: parts of the last gap.
        rate: of the instants in source time; `stretch` is that over the source's rate.
        slow_motion: the output is stretched.
    """

    timing: Timing = field(repr=False)
    pts: Sequence[int] = field(repr=False)
    stop: Fraction
    offsets: Sequence[int] = field(repr=False)
    last_parts: int
    rate: Fraction
    slow_motion: bool = False

    @property
    def output_rate(self) -> Fraction:
        """Average rate at which the output plays; as a simple ratio, for encoders' sake."""
        exact = self.count / self.duration
        if max(exact.numerator, exact.denominator) <= _LARGEST_PART:
            return exact
        return simplest_between(exact, exact * (1 + _RATE_TOLERANCE))

    @property
    def stretch(self) -> Fraction:
        """Seconds of output for a second of source."""
        return self.rate / self.timing.rate if self.slow_motion else Fraction(1)

    def source_time(self, index: int) -> Fraction:
        """Source time of instant `index`, in time that grows with the logarithm of the length."""
        return self.start if index == 0 else self._grid_time(self._origin + index)

    def index_at(self, time: Fraction) -> int:
        """Index of the first instant at or after a source time, likewise."""
        return 0 if time <= self.start else self._grid_number(time) - self._origin

    def distances(self) -> frozenset[Fraction]:
        """Seconds of output from one instant to the next, each that occurs."""
        count = self.count
        # The first and the last gap may be used in part.
        found = {self.output_duration(i) for i in (0, 1, count - 2) if 0 <= i < count - 1}
        tick = self.timing.time_base * self.stretch
        low, high = self._origin + 1, self._origin + count - 1
        whole = range(bisect_left(self.offsets, low), bisect_right(self.offsets, high) - 1)
        gaps = {
            (self.pts[i + 1] - self.pts[i], self.offsets[i + 1] - self.offsets[i]) for i in whole
        }
        found.update(ticks * tick / parts for ticks, parts in gaps)
        return frozenset(found)

    @cached_property
    def _origin(self) -> int:
        """Number on the grid of the first instant, or of the one before where it is added."""
        number = self._grid_number(self.start)
        return number if self._grid_time(number) == self.start else number - 1

    def _bound(self, gap: int) -> Fraction:
        """Where a gap begins."""
        return self.timing.time_of(self.pts[gap]) if gap < len(self.pts) else self.stop

    def _parts(self, gap: int) -> int:
        if gap + 1 == len(self.offsets):
            return self.last_parts
        return self.offsets[gap + 1] - self.offsets[gap]

    def _grid_time(self, number: int) -> Fraction:
        gap = bisect_right(self.offsets, number) - 1
        begin = self._bound(gap)
        part = Fraction(number - self.offsets[gap], self._parts(gap))
        return begin + part * (self._bound(gap + 1) - begin)

    def _grid_number(self, time: Fraction) -> int:
        """Number of the first instant of the grid at or after a time."""
        gap = max(0, bisect_right(self.pts, self.timing.pts_of(time)) - 1)
        begin = self._bound(gap)
        place = (time - begin) / (self._bound(gap + 1) - begin)
        return self.offsets[gap] + math.ceil(min(place, Fraction(1)) * self._parts(gap))


def keep_instants(
    pts: Sequence[int],
    timing: Timing,
    *,
    start: Fraction,
    end: Fraction,
    loop: bool,
    closed: bool,
    factor: int | None,
    fps: Fraction,
    slow_motion: bool,
) -> KeptPlan:
    """Plan the instants of source frames and new ones between them.

    Args:
        pts: of every frame of the source, rising.
        timing: of the source, without a grid.
        start: of the plan.
        end: of the plan.
        loop: of the plan.
        closed: of the plan.
        factor: parts of each gap; None divides each as `fps` comes closest to.
        fps: instants a second that are wished for.
        slow_motion: the output plays slower, by `fps` over the source's rate.
    """
    low = max(0, bisect_right(pts, timing.pts_of(start)) - 1)
    high = bisect_left(pts, end, key=timing.time_of)
    if closed:
        stop, is_held = end, not loop
    else:
        is_held = high == len(pts)
        stop = timing.duration if is_held else timing.time_of(pts[high])
    used = pts[low:high]

    def parts(gap: Fraction) -> int:
        return factor or max(1, math.floor(gap * fps + _HALF))

    offsets: Sequence[int] = range(0, len(used) * (factor or 1), factor or 1)
    if factor is None:
        summed = array("q", [0])
        for now, following in pairwise(used):
            summed.append(summed[-1] + parts((following - now) * timing.time_base))
        offsets = summed
    return KeptPlan(
        timing=timing,
        pts=used,
        start=start,
        end=end,
        stop=stop,
        offsets=offsets,
        last_parts=1 if is_held else parts(stop - timing.time_of(used[-1])),
        loop=loop,
        closed=closed,
        rate=fps,
        slow_motion=slow_motion,
    )
