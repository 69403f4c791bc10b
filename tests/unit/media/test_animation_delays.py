"""Delays of frames: errors never add up, and no delay is too short."""

from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.media.animation_delays import FractionClock, UnitClock

HUNDREDTH, MILLISECOND = Fraction(1, 100), Fraction(1, 1000)
counts = st.integers(1, 100)
# Up to 50 frames per second, as GIF has them.
slow_rates = st.builds(Fraction, st.integers(1, 50_000), st.integers(1000, 2000))


@given(slow_rates, counts)
def test_hundredths_never_drift_and_are_two_at_least(rate, count):
    clock = UnitClock(HUNDREDTH, least=2)
    delays = [clock.delay((k + 1) / rate) for k in range(count)]
    assert min(delays) >= 2
    for k, total in enumerate(accumulate(delays)):
        assert abs(total * HUNDREDTH - (k + 1) / rate) <= HUNDREDTH / 2
    # Equal periods differ by one unit at most.
    assert max(delays) - min(delays) <= 1


@given(st.lists(st.builds(Fraction, st.integers(1, 900), st.integers(1, 900)), max_size=60))
def test_uneven_delays_are_never_early_by_more_than_half_a_unit(spans):
    clock = UnitClock(MILLISECOND)
    now = 0
    for end in accumulate(spans):
        ticks = clock.delay(end)
        assert ticks >= 1
        now += ticks
        assert now * MILLISECOND >= end - MILLISECOND / 2


def test_a_frame_that_is_too_short_is_made_up_for():
    clock = UnitClock(HUNDREDTH, least=2)
    ends = [Fraction(1, 100), Fraction(2, 100), Fraction(10, 100)]
    assert [clock.delay(end) for end in ends] == [2, 2, 6]


@pytest.mark.parametrize("rate", ["24", "60", "24000/1001", "60000/1001", "12.5", "1/3"])
def test_delays_of_usual_rates_are_exact_fractions(rate):
    rate = Fraction(rate)
    clock = FractionClock()
    assert [clock.delay((k + 1) / rate) for k in range(9)] == [1 / rate] * 9


@given(st.builds(Fraction, st.integers(100, 10**7), st.integers(10**4, 10**6)), counts)
def test_odd_rates_do_not_drift_as_fractions_either(rate, count):
    clock = FractionClock()
    now = Fraction(0)
    for k in range(count):
        delay = clock.delay((k + 1) / rate)
        assert delay > 0
        assert max(delay.numerator, delay.denominator) <= 65535
        now += delay
        assert abs(now - (k + 1) / rate) <= max(1, 1 / rate) / 65535


def test_a_fraction_is_cut_to_what_fits():
    assert FractionClock().delay(Fraction(70_000)) == 65535
