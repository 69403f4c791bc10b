"""The source's time: exact, and freed of the rounding its container put on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from dain.timeline.fitting import fit_but_last, fit_constant, fit_with_gaps, simplest_between
from dain.timeline.plan import OPEN_END

# A container's average rate is believed when the frames confirm it this closely.
_AVERAGE_TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True)
class Timing:
    """What is known of the source's time.

    Attributes:
        time_base: seconds per unit of `pts`.
        first_pts: of the first frame; all times count from it.
        rate: average rate; the nominal one where the source is constant.
        grid: constant rate with all timestamps within one tick of ``k / grid``;
            None for a variable rate. Some `k` may be missing (dropped frames).
        count: number of frames.
        duration: seconds from the first frame to the end of the last.
        odd_last: the last frame's pts, if it is half a step early on a grid that all others
            fit: see `fit_but_last`.
    """

    time_base: Fraction
    first_pts: int
    rate: Fraction
    grid: Fraction | None
    count: int
    duration: Fraction
    odd_last: int | None = None

    def time_of(self, pts: int) -> Fraction:
        """Seconds after the first frame.

        Within one tick of the grid the time on the grid is meant, which removes the
        rounding of coarse time bases such as Matroska's milliseconds.
        """
        if pts == self.odd_last and self.grid is not None:
            return (self.count - 1) / self.grid
        return _snap((pts - self.first_pts) * self.time_base, self.grid, self.time_base)

    def span_of(self, duration: int | None) -> Fraction:
        """How many seconds a last frame stands.

        Args:
            duration: the frame's own, in units of `time_base`; one frame of the grid,
                or else of the average rate, is taken if it is None or not positive.
        """
        period = 1 / (self.grid or self.rate)
        if duration is None or duration <= 0:
            return period
        span = duration * self.time_base
        if self.grid is not None and abs(span - period) <= self.time_base:
            return period
        return span

    def pts_of(self, time: Fraction) -> int:
        """The largest pts whose `time_of` is at or before `time` (for seeking)."""
        nearest = self.first_pts + time // self.time_base
        # Snapping moves a time by one tick at most, so one step either way is enough.
        return next(pts for pts in (nearest + 1, nearest, nearest - 1) if self.time_of(pts) <= time)


def live(rate: Fraction, count: int) -> Timing:
    """The timing of a source that comes at a constant rate and may end at any moment.

    Args:
        rate: frames per second; one frame is one unit of `pts`.
        count: of frames it is taken to have; more than it can.
    """
    return Timing(1 / rate, 0, rate, rate, count, OPEN_END)


def measure(
    pts: Sequence[int],
    time_base: Fraction,
    rates: Sequence[Fraction],
    last_duration: int | None,
    snap: bool = True,
) -> Timing:
    """Find the source's rate, grid and duration from its timestamps.

    Args:
        pts: of every frame, strictly rising, in units of `time_base`.
        time_base: seconds per unit.
        rates: the container's candidates, average first, then base rate; may be empty.
        last_duration: how long the last frame stands, in units of `time_base`.
        snap: move times onto the grid if there is one; else they stay as they are listed, and
            the result has no grid.

    Raises:
        ValueError: there are no timestamps or they do not rise.
    """
    if not pts:
        raise ValueError("expected at least one timestamp, found none")
    if any(later <= earlier for earlier, later in pairwise(pts)):
        raise ValueError("expected rising timestamps, found two that do not rise")
    candidates = [rate for rate in rates if rate > 0]
    if len(pts) == 1:
        single = _measure_single(pts[0], time_base, candidates, last_duration)
        return single if snap else replace(single, grid=None)
    constant = fit_constant(pts, time_base, candidates)
    odd_last = None
    if constant is None and snap:
        constant = fit_but_last(pts, time_base, candidates)
        odd_last = None if constant is None else pts[-1]
    grid = constant or fit_with_gaps(pts, time_base, candidates)
    last_time = _snap((pts[-1] - pts[0]) * time_base, grid, time_base)
    if constant is not None and odd_last is not None:
        last_time = (len(pts) - 1) / constant
    # The span of an unknown last duration needs a rate before the average is known.
    steps_rate = grid or (len(pts) - 1) / last_time
    draft = Timing(time_base, pts[0], steps_rate, grid, len(pts), last_time)
    duration = last_time + draft.span_of(last_duration)
    rate = constant or _average_rate(len(pts), duration, candidates, grid)
    if not snap:
        end = (pts[-1] - pts[0]) * time_base
        # A last frame that does not say how long it stands takes one frame of the grid.
        ticks = last_duration if last_duration is not None and last_duration > 0 else None
        duration = end + (draft.span_of(None) if ticks is None else ticks * time_base)
        grid = None
    return Timing(time_base, pts[0], rate, grid, len(pts), duration, odd_last)


def _measure_single(
    pts: int, time_base: Fraction, candidates: Sequence[Fraction], last_duration: int | None
) -> Timing:
    """One frame fits any grid: believe the container, else the frame's own duration."""
    if candidates:
        rate = candidates[0]
    elif last_duration is not None and last_duration > 0:
        rate = 1 / (last_duration * time_base)
    else:
        rate = Fraction(1)
    draft = Timing(time_base, pts, rate, rate, 1, Fraction(0))
    return Timing(time_base, pts, rate, rate, 1, draft.span_of(last_duration))


def _average_rate(
    count: int, duration: Fraction, candidates: Sequence[Fraction], grid: Fraction | None
) -> Fraction:
    """The container's average rate if the frames confirm it, else their own."""
    measured = count / duration
    for average in candidates[:1]:
        # A container may give the nominal rate of a source with dropped frames.
        if average == grid or abs(average - measured) <= measured * _AVERAGE_TOLERANCE:
            return average
    # A simple ratio, for encoders refuse large ones. Never above the measured rate, and
    # below it by less than a thousandth of a frame over the whole length, so that
    # multiples of the rate up to a thousand still give multiples of the count.
    return simplest_between(measured * (1 - Fraction(1, 1001 * count)), measured)


def _snap(time: Fraction, grid: Fraction | None, tolerance: Fraction) -> Fraction:
    """The nearest ``k / grid`` if it is no further than `tolerance`, else `time`."""
    if grid is None:
        return time
    on_grid = round(time * grid) / grid
    return on_grid if abs(time - on_grid) <= tolerance else time
