"""Rates, factors and times as people write them, read exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from dain.errors import OptionError

# Containers and encoders keep both halves of a rate in 32 bits.
_LARGEST_PART = 2**31 - 1
_LARGEST_RATE = 1_000_000
_LONGEST_TEXT = 40

_DECIMAL = re.compile(r"\d+(?:\.\d*)?|\.\d+", re.ASCII)
_RATIO = re.compile(r"(\d+)\s*[/:]\s*(\d+)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)", re.ASCII)

# Rates of NTSC television and its film transfers: whole rates slowed by 1000/1001.
_NTSC_RATES = tuple(Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 120, 240))


def parse_rate(text: str) -> Fraction:
    """Read frames per second.

    A decimal with two or more places that is a rounding of an NTSC rate means that
    rate: ``23.976`` and ``23.98`` are 24000/1001, ``29.97`` is 30000/1001. Any other
    decimal or ratio is taken exactly.

    Args:
        text: such as ``60``, ``59.94``, ``12.5`` or ``60000/1001``.

    Raises:
        OptionError: it is no number, not above 0, or too large for any container.
    """
    expected = "a frame rate such as 60, 59.94 or 60000/1001"
    rate = _parse_number(text, expected)
    places = len(text.strip().partition(".")[2])
    if places >= 2:
        for standard in _NTSC_RATES:
            if round(standard, places) == rate:
                return standard
    return rate


def parse_factor(text: str) -> Fraction:
    """Read by what to multiply the rate, such as ``2``, ``2.5`` or ``5/2``.

    Raises:
        OptionError: it is no number, not above 0, or too large.
    """
    return _parse_number(text, "a factor such as 2, 2.5 or 5/2")


def parse_time(text: str) -> Fraction:
    """Read seconds (``12.5``), ``mm:ss`` or ``hh:mm:ss.mmm``, each part exact.

    Only the leading part may exceed 59.

    Raises:
        OptionError: it is none of these.
    """
    stripped = text.strip()
    if len(stripped) <= _LONGEST_TEXT:
        if _DECIMAL.fullmatch(stripped):
            return Fraction(stripped)
        clock = _CLOCK.fullmatch(stripped)
        if clock:
            hours, minutes = int(clock[1] or 0), int(clock[2])
            seconds = Fraction(clock[3])
            if seconds < 60 and (clock[1] is None or minutes < 60):
                return hours * 3600 + minutes * 60 + seconds
    raise OptionError(f"expected a time such as 12.5, 01:30 or 00:01:30.500, found {text!r}")


def _parse_number(text: str, expected: str) -> Fraction:
    """Read a decimal or a ratio above 0 that containers can hold."""
    stripped = text.strip()
    error = OptionError(f"expected {expected}, found {text!r}")
    if len(stripped) > _LONGEST_TEXT:
        raise error
    ratio = _RATIO.fullmatch(stripped)
    if ratio and int(ratio[2]):
        value = Fraction(int(ratio[1]), int(ratio[2]))
    elif _DECIMAL.fullmatch(stripped):
        value = Fraction(stripped)
    else:
        raise error
    if value <= 0:
        raise OptionError(f"expected {expected}, above 0, found {text!r}")
    if value > _LARGEST_RATE or max(value.numerator, value.denominator) > _LARGEST_PART:
        raise OptionError(
            f"expected {expected}, at most {_LARGEST_RATE} and with no more than about "
            f"nine digits, found {text!r}"
        )
    return value
