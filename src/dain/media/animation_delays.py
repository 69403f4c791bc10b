"""Delays of frames, rounded to what a format can say, so that errors never add up.

A delay is the difference of two rounded times, not a rounded difference: however long the
animation, every frame is shown within half a unit of its time.
"""

from __future__ import annotations

import math
from fractions import Fraction

_HALF = Fraction(1, 2)
_LARGEST_PART = 65535  # APNG keeps a delay as two numbers of 16 bits


class UnitClock:
    """Delays in whole units, as GIF and WebP have them.

    Args:
        unit: in seconds.
        least: shortest delay, in units. A frame that is to stand shorter stands so long, and
            the next ones make up for it.
    """

    def __init__(self, unit: Fraction, least: int = 1) -> None:
        self._unit = unit
        self._least = least
        self._now = 0

    def delay(self, end: Fraction) -> int:
        """Units that the next frame stands, which is to end `end` seconds after the start."""
        # Not `round`, which takes halves to the even number: then equal periods would differ
        # by two units.
        rounded = math.floor(end / self._unit + _HALF)
        ticks = max(self._least, rounded - self._now)
        self._now += ticks
        return ticks


class FractionClock:
    """Delays as fractions of two 16-bit numbers, as APNG has them; exact where one fits."""

    def __init__(self) -> None:
        self._now = Fraction(0)

    def delay(self, end: Fraction) -> Fraction:
        """Seconds that the next frame stands, which is to end `end` seconds after the start.

        What lasts longer than 65535 seconds is cut to that.
        """
        left = end - self._now
        if not (left > 0 and max(left.numerator, left.denominator) <= _LARGEST_PART):
            finest = _LARGEST_PART // max(1, math.ceil(left)) or 1
            parts = min(_LARGEST_PART, max(1, math.floor(left * finest + _HALF)))
            left = Fraction(parts, finest)
        self._now += left
        return left
