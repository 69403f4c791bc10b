from __future__ import annotations

import random
from array import array
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dain.timeline import Timing, measure

NTSC_FILM, NTSC, NTSC_DOUBLE = (Fraction(n * 1000, 1001) for n in (24, 30, 60))
MILLISECOND = Fraction(1, 1000)
STANDARD = [Fraction(n) for n in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120)]
STANDARD += [NTSC_FILM, NTSC, NTSC_DOUBLE]
exact = settings(derandomize=True, deadline=None, max_examples=100)


def rounded(rate: Fraction, count: int, time_base: Fraction, first: int = 0) -> list[int]:
    return [first + round(k / rate / time_base) for k in range(count)]


@exact
@given(
    rate=st.sampled_from(STANDARD),
    count=st.integers(2, 400),
    time_base=st.sampled_from([MILLISECOND, Fraction(1, 90000), Fraction(1, 600)]),
    first=st.integers(-1000, 10**9),
    floored=st.booleans(),
)
def test_constant_rates_are_found_through_rounding(
    rate: Fraction, count: int, time_base: Fraction, first: int, floored: bool
) -> None:
    pts = rounded(rate, count, time_base, first)
    if floored:
        pts = [first + k / rate // time_base for k in range(count)]
    timing = measure(pts, time_base, [rate, rate], None)
    assert timing.rate == timing.grid == rate
    assert timing.duration == count / rate
    assert [timing.time_of(value) for value in pts] == [k / rate for k in range(count)]


@pytest.mark.parametrize("rate", STANDARD)
def test_standard_rates_need_no_help_from_the_container(rate: Fraction) -> None:
    pts = rounded(rate, 2000, MILLISECOND)
    assert measure(pts, MILLISECOND, [], None).rate == rate
    ticks = Fraction(1, 90000)
    assert measure(rounded(rate, 2000, ticks), ticks, [], None).rate == rate


@pytest.mark.parametrize("rate", [Fraction(7), Fraction(25, 2), Fraction(240), Fraction(1, 3)])
def test_other_rates_are_implied_by_the_timestamps(rate: Fraction) -> None:
    timing = measure(rounded(rate, 300, MILLISECOND), MILLISECOND, [], None)
    assert timing.rate == timing.grid == rate


def test_a_rounded_average_gives_way_to_the_rate_that_fits() -> None:
    pts = [1001 * k for k in range(60)]
    rates = [Fraction(54000, 1801), NTSC]
    assert measure(pts, Fraction(1, 30000), rates, 1001).rate == NTSC
    assert measure(pts, Fraction(1, 30000), rates[:1], 1001).rate == NTSC
    assert measure(rounded(NTSC, 60, MILLISECOND), MILLISECOND, rates, 33).rate == NTSC


def test_a_rate_that_drifts_is_refused() -> None:
    pts = rounded(NTSC_DOUBLE, 5000, MILLISECOND)
    timing = measure(pts, MILLISECOND, [Fraction(60), Fraction(60)], None)
    assert timing.rate == NTSC_DOUBLE
    ticks = list(range(5000))
    assert measure(ticks, Fraction(1, 30), [NTSC, NTSC], 1).rate == 30


def test_gif_delays_of_30_frames_a_second_are_constant() -> None:
    hundredth = Fraction(1, 100)
    pts = [0, 3, 7, 10, 13, 17, 20, 23, 27, 30]
    timing = measure(pts, hundredth, [Fraction(100, 3)], 3)
    assert timing.rate == 30
    assert timing.duration == Fraction(10, 30)


@pytest.mark.parametrize("time_base", [MILLISECOND, Fraction(1, 90000), Fraction(1, 30)])
def test_dropped_frames_keep_the_grid_and_their_average(time_base: Fraction) -> None:
    kept = [k for k in range(300) if k % 10 != 7]
    pts = [round(Fraction(k, 30) / time_base) for k in kept]
    timing = measure(pts, time_base, [], None)
    assert timing.grid == 30
    assert timing.rate == 27
    assert timing.duration == 10
    assert [timing.time_of(value) for value in pts] == [Fraction(k, 30) for k in kept]


def test_a_missing_still_is_a_gap_and_no_other_rate() -> None:
    timing = measure([0, 1, 2, 4, 5, 6, 7], Fraction(1, 24), [Fraction(24)], 1)
    assert (timing.grid, timing.rate, timing.duration) == (24, 24, Fraction(8, 24))


def test_a_last_time_made_up_of_half_a_step_changes_nothing() -> None:
    pts, rates = [2, 4, 6, 8, 10, 12, 14, 15], [Fraction(50), Fraction(25)]
    timing = measure(pts, Fraction(1, 50), rates, 1)
    assert (timing.rate, timing.grid, timing.duration) == (25, 25, Fraction(8, 25))
    assert [timing.time_of(value) for value in pts] == [Fraction(k, 25) for k in range(8)]
    assert [timing.pts_of(Fraction(k, 25)) >= pts[k] for k in range(8)] == [True] * 8
    assert timing.pts_of(Fraction(7, 25) - Fraction(1, 1000)) == 14
    # As listed, nothing is moved; and no other rate, or place, excuses an odd step.
    assert measure(pts, Fraction(1, 50), rates, 1, snap=False).duration == Fraction(14, 50)
    assert measure(pts, Fraction(1, 50), [], 1).grid != 25
    assert measure([2, 4, 6, 7, 9, 11, 13, 15], Fraction(1, 50), rates, 1).rate != 25


def test_frames_of_one_tick_are_no_rate() -> None:
    rates = [Fraction(96000, 251), Fraction(24)]
    timing = measure(list(range(16)), Fraction(1, 90000), rates, 3750)
    assert timing.grid is None
    assert timing.rate == Fraction(96000, 251)
    assert timing.duration == Fraction(3765, 90000)


def test_a_nominal_rate_survives_dropped_frames() -> None:
    kept = [k for k in range(20) if k != 7]
    pts = [round(k / NTSC / MILLISECOND) for k in kept]
    assert measure(pts, MILLISECOND, [NTSC, NTSC], 33).rate == NTSC


def test_a_grid_as_fine_as_the_ticks_explains_nothing() -> None:
    pts = [0, 3, 6, 9, 12, 15, 18, 26, 29, 32, 35, 38, 41]
    rate = Fraction(1000, 3)
    assert measure(pts, MILLISECOND, [rate, rate], 3).grid is None


def test_two_frames_are_never_one_on_the_grid() -> None:
    pts = [0, 33, 34, 67, 100, 133, 167, 200, 233, 267]
    assert measure(pts, MILLISECOND, [Fraction(30), Fraction(30)], 33).grid is None


def test_an_odd_average_that_fits_is_believed() -> None:
    odd = Fraction(169, 10)
    assert measure([0, 59, 118], MILLISECOND, [odd], 59).rate == odd
    assert measure([0, 59, 118], MILLISECOND, [], 59).rate == 17


@pytest.mark.parametrize("time_base", [MILLISECOND, Fraction(1, 90000), Fraction(1, 100)])
def test_variable_rates_have_no_grid_and_exact_averages(time_base: Fraction) -> None:
    dice = random.Random(3)
    pts = [0]
    for _ in range(499):
        pts.append(pts[-1] + round(dice.uniform(0.02, 0.08) / time_base))
    timing = measure(pts, time_base, [Fraction(120)], pts[1])
    assert timing.grid is None
    assert timing.duration == (pts[-1] + pts[1]) * time_base
    for factor in (1, 2, 8, 1000):
        assert -(-timing.duration * timing.rate * factor // 1) == 500 * factor
    assert timing.rate.denominator < 10**6
    assert [timing.time_of(value) for value in pts] == [value * time_base for value in pts]


def test_variable_rates_believe_a_confirmed_average_only() -> None:
    pts = [0, 10, 40, 45, 90, 100]
    own = Fraction(6, 110) * 1000
    near, far = own * Fraction(1005, 1000), own * Fraction(105, 100)
    assert measure(pts, MILLISECOND, [near], 10).rate == near
    assert measure(pts, MILLISECOND, [far], 10).rate == pytest.approx(own, rel=1e-3)


def test_last_frame_stands_for_its_own_duration() -> None:
    pts = rounded(Fraction(30), 10, MILLISECOND)
    for duration, span in ((None, "1/30"), (0, "1/30"), (33, "1/30"), (34, "1/30"), (50, "1/20")):
        timing = measure(pts, MILLISECOND, [Fraction(30)], duration)
        assert timing.span_of(duration) == Fraction(span)
        assert timing.duration == Fraction(9, 30) + Fraction(span)


def test_one_frame() -> None:
    assert measure([5], MILLISECOND, [Fraction(24)], 42).duration == Fraction(1, 24)
    assert measure([5], MILLISECOND, [], 40).rate == 25
    timing = measure([5], MILLISECOND, [], None)
    assert (timing.rate, timing.count, timing.duration) == (1, 1, 1)


@pytest.mark.parametrize("pts", [[], [0, 1, 1], [0, 2, 1]])
def test_timestamps_must_rise(pts: list[int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        measure(pts, MILLISECOND, [], None)


@exact
@given(
    rate=st.sampled_from([Fraction(24), NTSC_DOUBLE, Fraction(240), Fraction(500)]),
    time_base=st.sampled_from([MILLISECOND, Fraction(1, 90000)]),
    time=st.fractions(0, 10, max_denominator=10**6),
    grid=st.booleans(),
)
def test_pts_of_is_the_largest_at_or_before(
    rate: Fraction, time_base: Fraction, time: Fraction, grid: bool
) -> None:
    timing = Timing(time_base, 77, rate, rate if grid else None, 10, Fraction(1))
    found = timing.pts_of(time)
    assert timing.time_of(found) <= time
    assert all(timing.time_of(found + step) > time for step in (1, 2, 3))


@exact
@given(
    steps=st.lists(st.integers(1, 60), min_size=1, max_size=60), base=st.sampled_from([30, 1000])
)
def test_snapped_times_rise_and_stay_within_a_tick(steps: list[int], base: int) -> None:
    pts = [0]
    for step in steps:
        pts.append(pts[-1] + step)
    time_base = Fraction(1, base)
    timing = measure(pts, time_base, [], None)
    times = [timing.time_of(value) for value in pts]
    assert times[0] == 0
    assert all(earlier < later for earlier, later in pairwise(times))
    assert all(
        abs(time - value * time_base) <= time_base for time, value in zip(times, pts, strict=True)
    )
    assert timing.duration > times[-1]


def test_ten_hours_are_measured_without_drift() -> None:
    count = 400_000
    pts = array("q", (round(k * Fraction(1001, 24)) for k in range(count)))
    timing = measure(pts, MILLISECOND, [Fraction(24), Fraction(24)], 42)
    assert timing.rate == NTSC_FILM
    assert timing.duration == count / NTSC_FILM
    assert timing.time_of(pts[-1]) == (count - 1) / NTSC_FILM


@pytest.mark.parametrize(
    ("period", "count", "rates", "expected"),
    [
        # FFmpeg's guesses for a GIF of 18 frames, whose delays are 8, 9, 8 hundredths.
        (Fraction(1, 12), 18, [Fraction(143, 12), Fraction(12000, 1001)], Fraction(12)),
        # Few frames on which 12 would fit as well.
        (Fraction(2, 25), 3, [Fraction(25, 2)], Fraction(25, 2)),
        (Fraction(2, 25), 3, [Fraction(37, 3), Fraction(25, 2)], Fraction(25, 2)),
    ],
)
def test_rates_of_coarse_clocks(period, count, rates, expected):
    tick = Fraction(1, 100)
    pts = [int(k * period / tick) for k in range(count)]
    assert measure(pts, tick, rates, None).rate == expected
