"""Long times without a frame: part of the video all the same, but worth a word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from dain.timeline.plan import Plan
from dain.timeline.timing import Timing

_LONG = Fraction(10)  # seconds
_UNUSUAL = 20  # times the usual distance of two frames; pictures may well change once a minute


def note_gaps(plan: Plan, timing: Timing, pts: Sequence[int]) -> list[str]:
    """What to say of long gaps in the source that a plan fills with frames.

    Args:
        plan: of the run.
        timing: of the source.
        pts: of every frame of the source, rising.
    """
    if isinstance(pts, range):
        return []  # as many as can be, evenly spaced: a pipe
    low = max(0, bisect_right(pts, timing.pts_of(plan.start)) - 1)
    high = bisect_left(pts, plan.end, key=timing.time_of) + (not plan.closed)
    used = pts[low:high]
    steps = [later - earlier for earlier, later in pairwise(used)]
    least = _LONG / timing.time_base
    if not steps or max(steps) < least:
        return []
    least = max(least, _UNUSUAL * Fraction(median_low(steps)))
    found = [index for index, step in enumerate(steps) if step >= least]
    if not found:
        return []
    longest = max(found, key=steps.__getitem__)
    frames = sum(_frames(plan, timing, used[i], used[i + 1]) for i in found)
    begin, seconds = timing.time_of(used[longest]), steps[longest] * timing.time_base
    where = f"for {float(seconds):.6g} s, from {float(begin):.6g} s on"
    if len(found) > 1:
        where = f"{len(found)} times for 10 s or more, the longest {where}"
    return [f"the source shows no new frame {where}; {frames} frames are made for that time"]


def _frames(plan: Plan, timing: Timing, pts0: int, pts1: int) -> int:
    """How many instants lie between two source frames, the first one's own included."""
    until = min(plan.end, timing.time_of(pts1))
    return plan.index_at(until) - plan.index_at(min(until, timing.time_of(pts0)))
