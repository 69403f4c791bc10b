from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dain.errors import OptionError
from dain.settings import TimeSettings
from dain.timeline import ConstantPlan, Instant, Timing, make_plan, measure, schedule

NTSC_FILM, NTSC_DOUBLE = Fraction(24000, 1001), Fraction(60000, 1001)
MILLISECOND = Fraction(1, 1000)
exact = settings(derandomize=True, deadline=None, max_examples=150)

Shown = list[tuple[int, int | None, Instant]]


def constant(rate: Fraction, count: int) -> tuple[Timing, list[int]]:
    pts = list(range(count))
    return measure(pts, 1 / rate, [rate], 1), pts


def run(timing: Timing, pts: list[int], **asked: object) -> tuple[ConstantPlan, Shown]:
    plan = make_plan(timing, TimeSettings(**asked), pts)  # type: ignore[arg-type]
    assert isinstance(plan, ConstantPlan)
    times = (timing.time_of(value) for value in pts)
    return plan, list(schedule(plan, times, timing.duration))


def plan_of(fps: Fraction, start: Fraction, end: Fraction, closed: bool = False) -> ConstantPlan:
    return ConstantPlan(fps=fps, rate=fps, start=start, end=end, closed=closed)


def check(plan: ConstantPlan, shown: Shown, times: list[Fraction], end: Fraction) -> None:
    """What holds for every plan over a whole source."""
    assert len(shown) == plan.count == math.ceil((plan.end - plan.start) * plan.fps)
    assert [instant.index for _, _, instant in shown] == list(range(plan.count))
    for earlier, later, instant in shown:
        assert instant.time == plan.start + instant.index / plan.fps
        assert plan.start <= instant.time < plan.end
        assert 0 <= instant.t < 1
        if later is None:
            assert instant.t == 0
        elif later > earlier:
            assert later == earlier + 1
            assert times[earlier] + instant.t * (times[later] - times[earlier]) == instant.time
        else:
            assert plan.loop
            final = min(end, plan.end)
            assert times[earlier] + instant.t * (final - times[earlier]) == instant.time
    total = sum(plan.output_duration(instant.index) for _, _, instant in shown)
    assert total == plan.duration


rates = st.one_of(
    st.sampled_from([Fraction(24), Fraction(60), NTSC_FILM, NTSC_DOUBLE, Fraction(1, 7)]),
    st.fractions(Fraction(1, 10), 130, max_denominator=1001),
)
gaps = st.lists(st.integers(1, 300), min_size=1, max_size=12)


@exact
@given(steps=gaps, fps=rates, loop=st.booleans(), slow=st.booleans())
def test_every_plan_over_a_variable_source(
    steps: list[int], fps: Fraction, loop: bool, slow: bool
) -> None:
    pts = [sum(steps[:n]) for n in range(len(steps))]
    timing = measure(pts, MILLISECOND, [], steps[-1])
    plan, shown = run(timing, pts, fps=fps, loop=loop, slow_motion=slow)
    check(plan, shown, [timing.time_of(value) for value in pts], timing.duration)
    assert plan.count == math.ceil(timing.duration * fps)
    assert shown[0] == (0, 1 if len(pts) > 1 else shown[0][1], Instant(0, Fraction(0), Fraction(0)))
    assert plan.output_rate == (timing.rate if slow else fps)
    assert plan.duration * plan.output_rate == timing.duration * fps


@exact
@given(data=st.data(), steps=gaps, fps=rates, loop=st.booleans())
def test_every_range(data: st.DataObject, steps: list[int], fps: Fraction, loop: bool) -> None:
    pts = [sum(steps[:n]) for n in range(len(steps))]
    timing = measure(pts, MILLISECOND, [], steps[-1])
    times = [timing.time_of(value) for value in pts]
    first = data.draw(st.integers(0, len(pts) - 1))
    last = data.draw(st.integers(first, len(pts) - 1))
    plan, shown = run(timing, pts, fps=fps, start_frame=first, end_frame=last, loop=loop)
    check(plan, shown, times, timing.duration)
    assert plan.start == times[first]
    assert plan.end == (timing.duration if last == len(pts) - 1 else times[last + 1])
    assert all(first <= earlier <= last for earlier, _, _ in shown)
    assert all(later is None or first <= later <= last for _, later, _ in shown)
    fraction = data.draw(st.fractions(0, Fraction(9, 10), max_denominator=100))
    start = fraction * timing.duration
    plan, shown = run(timing, pts, fps=fps, start=start, end=timing.duration, loop=loop)
    check(plan, shown, times, timing.duration)
    assert plan.start <= start


def test_25_frames_at_24_give_63_at_60() -> None:
    timing, pts = constant(Fraction(24), 25)
    plan, shown = run(timing, pts, fps=Fraction(60))
    assert plan.count == len(shown) == 63
    assert plan.output_duration(61) == Fraction(1, 60)
    assert plan.output_duration(62) == Fraction(1, 120)
    assert plan.output_time(62) == Fraction(62, 60)
    assert plan.duration == Fraction(25, 24)


def test_film_to_ntsc_is_exactly_two_and_a_half() -> None:
    timing, pts = constant(NTSC_FILM, 48)
    plan, shown = run(timing, pts, fps=NTSC_DOUBLE)
    assert plan.count == 120
    assert [instant.t for _, _, instant in shown[:5]] == [Fraction(n, 5) for n in (0, 2, 4, 1, 3)]
    untouched = [earlier for earlier, _, instant in shown if instant.t == 0]
    assert untouched == [*range(0, 48, 2), 47, 47]
    assert [later for _, later, _ in shown[-2:]] == [None, None]


def test_milliseconds_give_the_count_of_the_ideal() -> None:
    for rate in (NTSC_FILM, Fraction(24), NTSC_DOUBLE, Fraction(30)):
        for count in (2, 47, 48, 1001):
            pts = [round(k / rate / MILLISECOND) for k in range(count)]
            timing = measure(pts, MILLISECOND, [rate, rate], None)
            for fps in (NTSC_DOUBLE, Fraction(60), 3 * rate):
                plan, shown = run(timing, pts, fps=fps)
                assert len(shown) == plan.count == math.ceil(count * fps / rate)
                ideal, ideal_shown = run(*constant(rate, count), fps=fps)
                assert shown == ideal_shown
                assert plan == ideal


@pytest.mark.parametrize(("factor", "count"), [("2", 50), ("5/2", 63), ("1", 25), ("1/2", 13)])
def test_factors_multiply_the_count(factor: str, count: int) -> None:
    timing, pts = constant(Fraction(24), 25)
    plan, shown = run(timing, pts, factor=Fraction(factor))
    assert plan.count == len(shown) == count
    assert plan.fps == plan.output_rate == 24 * Fraction(factor)


def test_a_rate_below_the_source_resamples_and_says_so() -> None:
    timing, pts = constant(Fraction(24), 24)
    plan, shown = run(timing, pts, fps=Fraction(12))
    assert [earlier for earlier, _, _ in shown] == list(range(0, 24, 2))
    assert all(instant.t == 0 for _, _, instant in shown)
    assert len(plan.messages) == 1
    assert "12 frames per second are fewer than the source's 24" in plan.messages[0]
    assert run(timing, pts, fps=Fraction(24))[0].messages == ()


def test_slow_motion_keeps_the_rate_and_lengthens() -> None:
    timing, pts = constant(Fraction(24), 48)
    plan, shown = run(timing, pts, factor=Fraction(4), slow_motion=True)
    assert plan.output_rate == 24
    assert plan.duration == 8
    assert len(shown) == 192
    assert plan.output_time(96) == 4


def test_the_end_is_held_without_a_loop() -> None:
    timing, pts = constant(Fraction(10), 3)
    _, shown = run(timing, pts, factor=Fraction(4))
    assert [(earlier, later, instant.t) for earlier, later, instant in shown[8:]] == [
        (2, None, 0)
    ] * 4


def test_a_loop_flows_into_the_first_frame() -> None:
    timing, pts = constant(Fraction(10), 3)
    _, shown = run(timing, pts, factor=Fraction(4), loop=True)
    assert [(earlier, later, instant.t) for earlier, later, instant in shown[8:]] == [
        (2, 0, Fraction(n, 4)) for n in range(4)
    ]


def test_a_range_loops_on_itself_from_a_whole_frame() -> None:
    timing, pts = constant(Fraction(10), 10)
    plan, shown = run(
        timing, pts, fps=Fraction(20), start=Fraction("0.33"), end=Fraction("0.6"), loop=True
    )
    assert plan.start == Fraction(3, 10)
    assert [(earlier, later, instant.t) for earlier, later, instant in shown] == [
        (3, 4, 0),
        (3, 4, Fraction(1, 2)),
        (4, 5, 0),
        (4, 5, Fraction(1, 2)),
        (5, 3, 0),
        (5, 3, Fraction(1, 2)),
    ]
    assert "0.3 s instead of 0.33 s" in plan.messages[0]


def test_an_end_frame_is_held_and_an_end_time_is_not() -> None:
    timing, pts = constant(Fraction(10), 10)
    _, held = run(timing, pts, fps=Fraction(20), start_frame=2, end_frame=3)
    assert [(earlier, later, instant.t) for earlier, later, instant in held] == [
        (2, 3, 0),
        (2, 3, Fraction(1, 2)),
        (3, None, 0),
        (3, None, 0),
    ]
    _, around = run(timing, pts, fps=Fraction(20), start=Fraction("0.25"), end=Fraction("0.36"))
    assert [(earlier, later, instant.t) for earlier, later, instant in around] == [
        (2, 3, Fraction(1, 2)),
        (3, 4, 0),
        (3, 4, Fraction(1, 2)),
    ]


def test_frames_after_the_range_are_not_asked_for() -> None:
    timing, pts = constant(Fraction(10), 10)
    for asked, seen in (({"end_frame": 3}, 5), ({"end": Fraction("0.4")}, 6)):
        plan = make_plan(timing, TimeSettings(fps=Fraction(20), **asked), pts)  # type: ignore[arg-type]
        times = iter([timing.time_of(value) for value in pts])
        assert len(list(schedule(plan, times, timing.duration))) == 8
        assert len(list(times)) == 10 - seen


def test_lost_frames_are_bridged() -> None:
    plan = plan_of(Fraction(20), Fraction(0), Fraction(1))
    times = [Fraction(n, 10) for n in (2, 3, 6)]
    shown = list(schedule(plan, times, Fraction(7, 10)))
    assert [instant.index for _, _, instant in shown] == list(range(14))
    assert all(earlier == 0 and instant.t == 0 for earlier, _, instant in shown[:5])
    assert shown[8] == (1, 2, Instant(8, Fraction(4, 10), Fraction(1, 3)))
    assert list(schedule(plan, [], Fraction(1))) == []
    late = list(schedule(plan, [Fraction(3)], Fraction(4)))
    assert [instant.index for _, _, instant in late] == list(range(20))


def test_lost_frames_before_a_closed_end_are_held_until_it() -> None:
    plan = plan_of(Fraction(10), Fraction(0), Fraction(4, 10), closed=True)
    times = [Fraction(n, 10) for n in (0, 1, 4, 5)]
    shown = list(schedule(plan, times, Fraction(6, 10)))
    assert [(earlier, instant.t) for earlier, _, instant in shown] == [(0, 0)] + [(1, 0)] * 3
    with pytest.raises(ValueError, match="tail"):
        plan.between(times[1], times[2])


@pytest.mark.parametrize(
    "asked",
    [
        {"start": Fraction(1)},
        {"start": Fraction(99)},
        {"end": Fraction("1.1")},
        {"start_frame": 10},
        {"end_frame": 10},
    ],
)
def test_ranges_outside_the_video_name_its_length(asked: dict[str, object]) -> None:
    timing, pts = constant(Fraction(10), 10)
    with pytest.raises(OptionError, match=r"inside the video, which is 1 s long and has 10 frames"):
        run(timing, pts, fps=Fraction(20), **asked)


def test_an_end_just_past_the_video_is_clipped() -> None:
    timing, pts = constant(Fraction(10), 10)
    assert run(timing, pts, fps=Fraction(20), end=Fraction("1.09"))[0].end == 1


@pytest.mark.parametrize(
    "asked",
    [{"start": Fraction("0.5"), "end_frame": 4}, {"start_frame": 5, "end": Fraction("0.5")}],
)
def test_a_range_that_ends_before_it_starts(asked: dict[str, object]) -> None:
    timing, pts = constant(Fraction(10), 10)
    with pytest.raises(OptionError, match="ends after it starts"):
        run(timing, pts, fps=Fraction(20), **asked)


def test_a_million_frames_do_not_drift() -> None:
    count = 10**6
    duration = count / NTSC_FILM
    plan = plan_of(NTSC_DOUBLE, Fraction(0), duration)
    assert plan.count == 2_500_000
    assert plan.output_time(plan.count - 1) + plan.output_duration(plan.count - 1) == duration
    for number in (0, 1, count // 2, count - 2):
        pair = list(plan.between(number / NTSC_FILM, (number + 1) / NTSC_FILM))
        assert [instant.t for instant in pair] == (
            [0, Fraction(2, 5), Fraction(4, 5)]
            if number % 2 == 0
            else [Fraction(1, 5), Fraction(3, 5)]
        )
        assert pair[0].index == math.ceil(number * Fraction(5, 2))


def test_pairs_join_without_gap_or_overlap() -> None:
    plan = plan_of(Fraction(60), Fraction(1, 7), Fraction(9))
    times = [Fraction(n, 23) for n in range(23 * 9 + 1)]
    indices = [instant.index for pair in pairwise(times) for instant in plan.between(*pair)]
    assert indices == list(range(plan.count))
