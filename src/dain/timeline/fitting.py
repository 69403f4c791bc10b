"""Which constant rate explains a list of rounded timestamps, in integers only.

Candidates are tried in this order, and the first that fits wins:

1. the container's average rate, then its base rate, if it is a standard rate, is the only one
   it gives, or fits to the tick,
2. the standard rates, the closest fit first,
3. the container's base rate, then its average rate, whatever they are (FFmpeg guesses
   12000/1001 for a GIF whose delays of 8 and 9 hundredths mean 12),
4. the simplest rate that the first and last timestamp allow.

A fit is a whole number for every frame, so a rate that is slightly off drifts
away from the timestamps and is refused; what is left to the order are clips too short
to tell one rate from its neighbour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

_STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
    Fraction(12),
    Fraction(15),
    Fraction(48),
    Fraction(100),
    Fraction(120),
)

# Where ticks pass for frames, times are damaged and follow no rate.
_HIGHEST_IMPLIED = 1000

# So many steps before an odd last one say what it should be.
_FEWEST_STEPS = 3

# With gaps, a grid finer than this many ticks fits any timestamps and explains nothing.
_FEWEST_TICKS = 8


def fit_constant(
    pts: Sequence[int], time_base: Fraction, candidates: Sequence[Fraction]
) -> Fraction | None:
    """The rate `r` with frame `k` within one tick of ``k / r``, for every frame.

    Args:
        pts: two or more, strictly rising.
        time_base: seconds per unit.
        candidates: the container's rates, average first.

    Returns:
        The rate, or None if the timestamps follow no constant rate.
    """

    def worst(rate: Fraction) -> Fraction | None:
        return _worst_error(pts, _period(rate, time_base))

    chosen = _choose(candidates, worst)
    if chosen is not None:
        return chosen
    steps, length = len(pts) - 1, (pts[-1] - pts[0]) * time_base
    implied = simplest_between(steps / (length + time_base / 2), steps / (length - time_base / 2))
    believable = (rate for rate in (implied, steps / length) if rate <= _HIGHEST_IMPLIED)
    return next((rate for rate in believable if worst(rate) is not None), None)


def fit_but_last(
    pts: Sequence[int], time_base: Fraction, candidates: Sequence[Fraction]
) -> Fraction | None:
    """The container's rate that fits to the tick, but for half a step to the last frame.

    Where a container stores no presentation times (GXF), FFmpeg makes the last one up from the
    duration of a packet, which may be one field.

    Args:
        pts: rising.
        time_base: seconds per unit.
        candidates: the container's rates, average first.

    Returns:
        The rate, or None if there is more, or less, amiss.
    """
    if len(pts) - 2 < _FEWEST_STEPS:
        return None
    for rate in candidates:
        period = _period(rate, time_base)
        is_half = abs(2 * (pts[-1] - pts[-2]) - period) <= 1
        if is_half and _worst_error(pts[:-1], period) == 0:
            return rate
    return None


def fit_with_gaps(
    pts: Sequence[int], time_base: Fraction, candidates: Sequence[Fraction]
) -> Fraction | None:
    """The rate `r` with every frame within one tick of some ``k / r``.

    Most frames must follow their neighbour directly, as in a constant source of which
    some frames were dropped.

    Args:
        pts: two or more, strictly rising.
        time_base: seconds per unit.
        candidates: the container's rates, average first.

    Returns:
        The rate, or None if there is no such grid.
    """
    return _choose(candidates, lambda rate: _worst_error_with_gaps(pts, _period(rate, time_base)))


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator in ``[low, high]``, ``0 < low <= high``."""
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    floor = low.numerator // low.denominator
    return floor + 1 / simplest_between(1 / (high - floor), 1 / (low - floor))


def _choose(
    candidates: Sequence[Fraction], worst: Callable[[Fraction], Fraction | None]
) -> Fraction | None:
    """The first candidate that fits, in the order the module describes."""
    for rate in candidates:
        error = worst(rate)
        sure = rate in _STANDARD_RATES or len(candidates) == 1 or error == 0
        if sure and error is not None:
            return rate
    errors = ((worst(rate), rate) for rate in _STANDARD_RATES)
    fitting = [(error, rate) for error, rate in errors if error is not None]
    if fitting:
        return min(fitting, key=lambda pair: pair[0])[1]
    others = (*candidates[1:], *candidates[:1])
    return next((rate for rate in others if worst(rate) is not None), None)


def _period(rate: Fraction, time_base: Fraction) -> Fraction:
    """One frame of `rate` in ticks."""
    return 1 / (rate * time_base)


def _worst_error(pts: Sequence[int], period: Fraction) -> Fraction | None:
    """Largest distance in ticks from consecutive multiples of `period`; None if no fit."""
    first, numerator, denominator = pts[0], period.numerator, period.denominator
    # One tick; and nearer to its own multiple than to any other, or two frames would
    # be taken for the same one when they are snapped.
    # On a clock as coarse as the frames nothing was rounded: what seems to be is a gap.
    limit = min(denominator, (numerator - 1) // 2) if numerator >= 2 * denominator else 0
    # The last frame gives most misfits away at once.
    if abs((pts[-1] - first) * denominator - (len(pts) - 1) * numerator) > limit:
        return None
    worst = 0
    for k, value in enumerate(pts):
        error = abs((value - first) * denominator - k * numerator)
        if error > limit:
            return None
        worst = max(worst, error)
    return Fraction(worst, denominator)


def _worst_error_with_gaps(pts: Sequence[int], period: Fraction) -> Fraction | None:
    """Largest distance in ticks from rising multiples of `period`; None if no fit."""
    first, numerator, denominator = pts[0], period.numerator, period.denominator
    # A fine grid says something only where the timestamps lie on it exactly.
    limit = denominator if period >= _FEWEST_TICKS else 0
    worst, singles, previous = 0, 0, -1
    for value in pts:
        offset = (value - first) * denominator
        k = (2 * offset + numerator) // (2 * numerator)
        error = abs(offset - k * numerator)
        if error > limit or k <= previous:
            return None
        worst = max(worst, error)
        singles += k == previous + 1
        previous = k
    # The first frame counted as a single step too.
    return Fraction(worst, denominator) if 2 * (singles - 1) > len(pts) - 1 else None
