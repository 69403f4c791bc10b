"""The unit in which the times of an output's frames are whole numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from dain.media.frame import VaryingTimes
from dain.timeline import Plan, Timing

_LARGEST = 2**31 - 1  # FFmpeg keeps both halves of a time base, and MP4 durations, in 32 bits
_FINEST_SPLIT = 1000
_MICROSECOND = Fraction(1, 1_000_000)


def common_time_base(plan: Plan, timing: Timing, offset: Fraction) -> Fraction:
    """The coarsest time base in which frame times and durations are whole numbers.

    Where that is finer than FFmpeg can hold, frame times stay exact and only the offset and the
    last duration are rounded. Where frame times are too many and various for that, it is the
    source's own time base, refined: its instants stay exact, and each new one is rounded on its
    own, so that nothing adds up.

    Args:
        plan: of the output.
        timing: of the source.
        offset: time of its first frame, in seconds.
    """
    distances, last = plan.distances(), _last_duration(plan, timing)
    longest = max((*distances, last))
    unit = _common_unit((*distances, last, offset))
    if unit is not None and _fits(unit, longest):
        return unit
    unit = _common_unit(distances)
    if unit is None or not _fits(unit, longest):
        unit = timing.time_base * plan.stretch
    if not _fits(unit, longest):
        return max(_MICROSECOND, longest / _LARGEST)
    finest = min(_LARGEST // unit.denominator, math.floor(_LARGEST * unit / longest))
    return unit / max(1, min(_FINEST_SPLIT, finest))


def varying_times(plan: Plan, unit: Fraction) -> VaryingTimes | None:
    """What a writer must know of a plan's frame times; None if they follow a constant rate.

    Args:
        plan: of the output.
        unit: in which its times are whole.
    """
    distances = plan.distances()
    if plan.is_open or not distances:
        return None
    last = plan.output_duration(plan.count - 1)
    if len(distances) == 1 and last <= max(distances):
        return None
    return VaryingTimes(unit, min(distances), max((*distances, last)))


def _last_duration(plan: Plan, timing: Timing) -> Fraction:
    """How long the last output frame stands; where the end is open, what divides it for sure."""
    if not plan.is_open:
        return plan.output_duration(plan.count - 1)
    # It ends after whole source frames, counted from a start that may lie between two.
    unit = _common_unit((plan.stretch / timing.rate, plan.stretch * plan.start))
    return unit or plan.stretch / timing.rate


def _fits(unit: Fraction, longest: Fraction) -> bool:
    return max(unit.numerator, unit.denominator, math.ceil(longest / unit)) <= _LARGEST


def _common_unit(times: Iterable[Fraction]) -> Fraction | None:
    """The largest fraction of which all are whole multiples; None if it is far too small."""
    unit = Fraction(0)
    for time in times:
        numerator = math.gcd(unit.numerator * time.denominator, time.numerator * unit.denominator)
        unit = Fraction(numerator, unit.denominator * time.denominator)
        if unit.denominator > _LARGEST:
            return None
    return unit or None
