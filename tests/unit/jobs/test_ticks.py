"""The unit of an output's frame times."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from dain.jobs.ticks import common_time_base, varying_times
from dain.settings import TimeSettings
from dain.timeline import ConstantPlan, make_plan, measure

TICK = Fraction(1, 90_000)
TIMING = measure([0, 3000], TICK, [], 3000)
rates = st.builds(Fraction, st.integers(1, 240_000), st.integers(1, 1001))


def constant(rate, last):
    """Three frames, of which the last stands for `last`, or for a whole period if that is less."""
    end = 2 / rate + min(last, 1 / rate)
    return ConstantPlan(fps=rate, rate=rate, start=Fraction(0), end=end)


def kept(steps, tick=TICK, **asked):
    pts = [sum(steps[:n]) for n in range(len(steps))]
    timing = measure(pts, tick, [], steps[-1], snap=False)
    return make_plan(timing, TimeSettings(keep_timing=True, **asked), pts)


@given(
    rates,
    st.builds(Fraction, st.integers(0, 10**6), st.sampled_from([1, 1000, 12288, 90000])),
    st.builds(Fraction, st.integers(1, 1000), st.sampled_from([1000, 24000, 90000])),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_all_times_are_whole_in_the_common_time_base(rate, offset, last):
    plan = constant(rate, last)
    unit = common_time_base(plan, TIMING, offset)
    assert max(unit.numerator, unit.denominator) < 2**31
    assert (1 / rate / unit).denominator == 1
    exact = {(value / unit).denominator for value in (offset, plan.output_duration(2))}
    rough = 1 / rate / 1000
    assert exact == {1} or unit >= rough * Fraction(9, 10)
    assert varying_times(plan, unit) is None


def test_a_time_base_that_ffmpeg_cannot_hold_is_coarsened():
    rate, offset = Fraction(2**31 - 1, 2**30), Fraction(1, 90_000)
    unit = common_time_base(constant(rate, Fraction(1, 7)), TIMING, offset)
    assert max(unit.numerator, unit.denominator) < 2**31
    assert (1 / rate / unit).denominator == 1


steps = st.lists(st.integers(1, 10**6), min_size=2, max_size=10)


@given(steps, st.integers(1, 8), st.integers(0, 10**6))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_parts_of_the_sources_ticks_are_whole(steps, factor, offset):
    plan = kept(steps, factor=Fraction(factor))
    unit = common_time_base(plan, TIMING, offset * TICK)
    for index in range(plan.count):
        assert (plan.output_time(index) / unit).denominator == 1
        assert (plan.output_duration(index) / unit).denominator == 1
    assert (offset * TICK / unit).denominator == 1


@given(steps, st.fractions(1, 120, max_denominator=1001))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_where_no_unit_fits_the_sources_instants_stay_whole(steps, fps):
    plan = kept(steps, fps=fps)
    unit = common_time_base(plan, TIMING, Fraction(0))
    times = varying_times(plan, unit)
    longest = max(*plan.distances(), plan.output_duration(plan.count - 1))
    assert max(unit.numerator, unit.denominator, longest / unit) < 2**31
    for step in (sum(steps[:n]) for n in range(len(steps))):
        assert (step * TICK / unit).denominator == 1
    if times is not None:
        assert (times.unit, times.longest) == (unit, longest)
        assert times.shortest <= times.longest


def test_long_frames_keep_their_length_in_32_bits():
    plan = kept([1, 10**10, 3], Fraction(1, 1_000_000), factor=Fraction(7))
    fine = measure([0, 3000], Fraction(1, 1_000_000), [], 3000)
    unit = common_time_base(plan, fine, Fraction(0))
    assert max(plan.distances()) / unit < 2**31


def test_even_times_are_a_constant_rate():
    plan = kept([3000] * 10, factor=Fraction(1))
    assert varying_times(plan, TICK) is None
    plan = kept([3000] * 9 + [6000], factor=Fraction(1))
    assert varying_times(plan, TICK).longest == Fraction(1, 15)
