"""``--keep-timing``: the source's own instants, and new ones that divide the gaps evenly."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dain.errors import OptionError
from dain.settings import TimeSettings
from dain.timeline import Instant, KeptPlan, Plan, Timing, make_plan, measure, schedule

MILLISECOND = Fraction(1, 1000)
exact = settings(derandomize=True, deadline=None, max_examples=60)

Shown = list[tuple[int, int | None, Instant]]
gaps = st.lists(st.integers(1, 300), min_size=1, max_size=12)
wishes = st.one_of(
    st.builds(lambda n: {"factor": Fraction(n)}, st.integers(1, 7)),
    st.builds(lambda r: {"fps": r}, st.fractions(Fraction(1, 10), 130, max_denominator=1001)),
)


def source(steps: list[int], time_base: Fraction = MILLISECOND) -> tuple[Timing, list[int]]:
    """Frames that stand so many units each."""
    pts = [sum(steps[:n]) for n in range(len(steps))]
    return measure(pts, time_base, [], steps[-1], snap=False), pts


def run(timing: Timing, pts: list[int], **asked: object) -> tuple[KeptPlan, Shown]:
    asked = {"keep_timing": True, **asked}
    plan = make_plan(timing, TimeSettings(**asked), pts)  # type: ignore[arg-type]
    assert isinstance(plan, KeptPlan)
    return plan, shown_by(plan, timing, pts)


def shown_by(plan: Plan, timing: Timing, pts: list[int]) -> Shown:
    return list(schedule(plan, [timing.time_of(value) for value in pts], timing.duration))


def check(plan: KeptPlan, shown: Shown, times: list[Fraction], end: Fraction) -> None:
    """What holds for every plan, by the index and by the frames."""
    assert [instant.index for _, _, instant in shown] == list(range(plan.count))
    moments = [instant.time for _, _, instant in shown]
    assert moments == [plan.source_time(index) for index in range(plan.count)]
    assert moments[0] == plan.start
    assert moments[-1] < plan.end
    assert all(earlier < later for earlier, later in pairwise(moments))
    for earlier, later, instant in shown:
        assert plan.index_at(instant.time) == instant.index
        until = times[later] if later is not None and later > earlier else min(end, plan.end)
        if later is None:
            assert instant.t == 0
        else:
            assert times[earlier] + instant.t * (until - times[earlier]) == instant.time
    durations = [plan.output_duration(index) for index in range(plan.count)]
    assert min(durations) > 0
    assert sum(durations) == plan.duration == (plan.end - plan.start) * plan.stretch
    assert plan.distances() == frozenset(durations[:-1])
    for index in range(plan.count):
        assert plan.output_time(index) == sum(durations[:index])


@exact
@given(steps=gaps, factor=st.integers(1, 7), loop=st.booleans(), slow=st.booleans())
def test_every_source_frame_keeps_its_instant(
    steps: list[int], factor: int, loop: bool, slow: bool
) -> None:
    timing, pts = source(steps)
    plan, shown = run(timing, pts, factor=Fraction(factor), loop=loop, slow_motion=slow)
    times = [timing.time_of(value) for value in pts]
    check(plan, shown, times, timing.duration)
    assert plan.stretch == (factor if slow else 1)
    assert plan.count == (len(pts) - 1) * factor + (factor if loop else 1)
    bounds = [*times, timing.duration]
    for number, (begin, after) in enumerate(pairwise(bounds)):
        inside = [instant.time for earlier, _, instant in shown if earlier == number]
        parts = 1 if number == len(pts) - 1 and not loop else factor
        assert inside == [begin + Fraction(j, parts) * (after - begin) for j in range(parts)]


@exact
@given(steps=gaps, fps=st.fractions(Fraction(1, 10), 130, max_denominator=1001))
def test_a_rate_divides_each_gap_as_it_comes_closest(steps: list[int], fps: Fraction) -> None:
    timing, pts = source(steps)
    plan, shown = run(timing, pts, fps=fps)
    check(plan, shown, [timing.time_of(value) for value in pts], timing.duration)
    for number, step in enumerate(steps[:-1]):
        made = sum(earlier == number for earlier, _, _ in shown)
        assert made == max(1, math.floor(step * MILLISECOND * fps + Fraction(1, 2)))


@exact
@given(data=st.data(), steps=gaps, wish=wishes, loop=st.booleans(), slow=st.booleans())
def test_every_range(
    data: st.DataObject, steps: list[int], wish: dict[str, Fraction], loop: bool, slow: bool
) -> None:
    timing, pts = source(steps)
    times = [timing.time_of(value) for value in pts]
    first = data.draw(st.integers(0, len(pts) - 1))
    last = data.draw(st.integers(first, len(pts) - 1))
    plan, shown = run(
        timing, pts, **wish, start_frame=first, end_frame=last, loop=loop, slow_motion=slow
    )
    check(plan, shown, times, timing.duration)
    assert {earlier for earlier, _, _ in shown} == set(range(first, last + 1))
    assert loop or shown[-1][2].time == times[last]
    low = data.draw(st.fractions(0, Fraction(9, 10), max_denominator=100)) * timing.duration
    high = low + data.draw(st.fractions(Fraction(1, 50), 1, max_denominator=50)) * (
        timing.duration - low
    )
    plan, shown = run(timing, pts, **wish, start=low, end=high, loop=loop, slow_motion=slow)
    check(plan, shown, times, timing.duration)
    assert plan.end == high
    moments = {instant.time for _, _, instant in shown}
    assert {time for time in times if plan.start <= time < high} <= moments
    assert loop or plan.start == low


@exact
@given(data=st.data(), steps=gaps, wish=wishes, keep=st.booleans(), loop=st.booleans())
def test_a_run_can_begin_at_any_index(
    data: st.DataObject, steps: list[int], wish: dict[str, Fraction], keep: bool, loop: bool
) -> None:
    timing, pts = source(steps)
    plan = make_plan(timing, TimeSettings(**wish, keep_timing=keep, loop=loop), pts)  # type: ignore[arg-type]
    whole = shown_by(plan, timing, pts)
    first = data.draw(st.integers(0, plan.count))
    later = replace(plan, first=first)
    assert (later.count, later.duration) == (plan.count, plan.duration)
    assert shown_by(later, timing, pts) == whole[first:]


@exact
@given(data=st.data(), steps=gaps, wish=wishes)
def test_lost_frames_are_bridged(
    data: st.DataObject, steps: list[int], wish: dict[str, Fraction]
) -> None:
    timing, pts = source(steps)
    plan, shown = run(timing, pts, **wish)
    kept = sorted(data.draw(st.sets(st.sampled_from(pts), min_size=1)))
    bridged = list(schedule(plan, [timing.time_of(value) for value in kept], timing.duration))
    assert [each[2].time for each in bridged] == [each[2].time for each in shown]


@exact
@given(data=st.data(), steps=gaps, wish=wishes)
def test_a_part_of_a_plan_has_its_instants(
    data: st.DataObject, steps: list[int], wish: dict[str, Fraction]
) -> None:
    timing, pts = source(steps)
    plan, shown = run(timing, pts, **wish)
    first = data.draw(st.integers(0, len(pts) - 1))
    start = timing.time_of(pts[first])
    part = plan.part(start, plan.end, closed=False)
    moments = [each[2].time for each in shown_by(part, timing, pts)]
    assert moments == [each[2].time for each in shown if each[2].time >= start]


def test_coarse_times_stay_as_they_are_listed() -> None:
    pts = [round(k * Fraction(1001, 24)) for k in range(100)]  # 24000/1001 in milliseconds
    timing = measure(pts, MILLISECOND, [Fraction(24000, 1001)], 42, snap=False)
    assert (timing.grid, timing.rate) == (None, Fraction(24000, 1001))
    plan, shown = run(timing, pts, factor=Fraction(2))
    assert [each[2].time for each in shown[::2]] == [value * MILLISECOND for value in pts]
    assert plan.duration == (pts[-1] + 42) * MILLISECOND


@pytest.mark.parametrize("length", [None, 0])
def test_a_last_frame_without_a_duration_takes_one_of_the_rate(length: int | None) -> None:
    timing = measure([0, 40, 80], MILLISECOND, [Fraction(25)], length, snap=False)
    assert timing.duration == Fraction(12, 100)


def test_the_average_rate_is_a_simple_ratio() -> None:
    timing, pts = source([33, 33, 34, 1000, 17, 16])
    assert run(timing, pts, factor=Fraction(2))[0].output_rate == Fraction(11000, 1133)
    timing, pts = source([33, 33, 34, 1000, 17, 16], Fraction(1, 1_000_003))
    rate, exact = run(timing, pts, factor=Fraction(2))[0].output_rate, Fraction(11_000_033, 1133)
    assert rate != exact
    assert abs(rate - exact) <= exact / 1_000_000
    assert max(rate.numerator, rate.denominator) < 1_000_000
    timing, pts = source([40] * 25)
    assert run(timing, pts, factor=Fraction(1))[0].output_rate == 25


def test_a_film_of_hours_is_planned_by_arithmetic() -> None:
    steps = [33, 34, 33, 50] * 5_000
    pts = [0]
    for step in steps:
        pts.append(pts[-1] + step)
    timing = measure(pts, MILLISECOND, [], 33, snap=False)
    plan = make_plan(timing, TimeSettings(fps=Fraction(120), keep_timing=True), pts)
    index = plan.count // 3
    time = plan.source_time(index)
    assert plan.index_at(time) == index
    assert plan.index_at(time + Fraction(1, 10**9)) == index + 1
    assert len(plan.distances()) < 8


def test_a_factor_must_be_whole() -> None:
    for factor in (Fraction(5, 2), Fraction(1, 2)):
        with pytest.raises(OptionError, match=f"--factor such as 2 or 3, found {factor}"):
            TimeSettings(factor=factor, keep_timing=True)


def test_a_rate_below_the_source_keeps_every_frame() -> None:
    timing, pts = source([40] * 10)
    plan, shown = run(timing, pts, fps=Fraction(10))
    assert len(shown) == 10
    assert plan.messages == (
        "10 frames per second are fewer than the source's 25: all are kept, none is added",
    )


@pytest.mark.parametrize("keep", [True, False])
def test_a_gap_of_minutes_is_filled_and_told(keep: bool) -> None:
    timing, pts = source([40] * 50 + [60_040] + [40] * 50)
    wish = TimeSettings(fps=Fraction(50), keep_timing=keep)
    plan = make_plan(timing, wish, pts)
    shown = shown_by(plan, timing, pts)
    assert plan.count == len(shown) == 100 * 2 + 3002 - keep
    assert plan.messages == (
        "the source shows no new frame for 60.04 s, from 2 s on; "
        "3002 frames are made for that time",
    )
    early = TimeSettings(fps=Fraction(50), keep_timing=keep, end=Fraction(2))
    assert make_plan(timing, early, pts).messages == ()
    twice = TimeSettings(fps=Fraction(50), keep_timing=keep, end=Fraction(12))
    assert "; 500 frames" in make_plan(timing, twice, pts).messages[0]


def test_several_gaps_are_told_at_once_and_slides_are_no_gaps() -> None:
    timing, pts = source([100] * 50 + [20_000, 100, 30_000, 100])
    messages = make_plan(timing, TimeSettings(fps=Fraction(10)), pts).messages
    assert messages == (
        "the source shows no new frame 2 times for 10 s or more, the longest for 30 s, from "
        "25.1 s on; 500 frames are made for that time",
    )
    slides, pts = source([20_000] * 10)
    assert make_plan(slides, TimeSettings(fps=Fraction(10)), pts).messages == ()
