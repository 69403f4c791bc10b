"""From a source's timing and what was asked to the plan of one run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from dain.errors import OptionError
from dain.settings import TimeSettings
from dain.timeline.gaps import note_gaps
from dain.timeline.kept import keep_instants
from dain.timeline.plan import ConstantPlan, Instant, Plan
from dain.timeline.timing import Timing


def make_plan(timing: Timing, settings: TimeSettings, pts: Sequence[int]) -> Plan:
    """Decide the output's instants.

    ``--end`` stops between frames where it falls between them: the pair around it is
    used. ``--end-frame`` holds that frame until its end and uses none after it. With
    ``--loop`` the range begins with the frame that stands at its start, so that the
    last frame flows into exactly the picture the output begins with.

    With ``--keep-timing`` the instants are the source's own and new ones between, see
    `KeptPlan`; a start that falls between two frames is one more.

    Args:
        timing: of the source; not snapped to a grid if its times are to be kept.
        settings: what was asked.
        pts: of every frame of the source, rising, as `measure` was given them.

    Raises:
        OptionError: the range lies outside the video.
    """
    messages = []
    fps = settings.fps if settings.fps is not None else _factor(settings) * timing.rate
    if fps < timing.rate:
        what = "all are kept, none is added" if settings.keep_timing else "frames are left out"
        messages.append(
            f"{_show(fps)} frames per second are fewer than the source's "
            f"{_show(timing.rate)}: {what}"
        )
    start = _find_start(timing, settings, pts)
    if settings.loop:
        looped = timing.time_of(pts[bisect_right(pts, timing.pts_of(start)) - 1])
        if looped != start:
            messages.append(
                f"the loop starts with a whole frame, at {_show(looped)} s "
                f"instead of {_show(start)} s"
            )
        start = looped
    end = _find_end(timing, settings, pts)
    if end <= start:
        raise OptionError(
            f"expected a range that ends after it starts, found an end at {_show(end)} s "
            f"and a start at {_show(start)} s"
        )
    closed = settings.loop or settings.end_frame is not None
    plan: Plan
    if settings.keep_timing:
        plan = keep_instants(
            pts,
            timing,
            start=start,
            end=end,
            loop=settings.loop,
            closed=closed,
            factor=None if settings.factor is None else int(settings.factor),
            fps=fps,
            slow_motion=settings.slow_motion,
        )
    else:
        plan = ConstantPlan(
            fps=fps,
            rate=timing.rate if settings.slow_motion else fps,
            start=start,
            end=end,
            loop=settings.loop,
            closed=closed,
        )
    return replace(plan, messages=(*messages, *note_gaps(plan, timing, pts)))


def schedule(
    plan: Plan, times: Iterable[Fraction], end: Fraction
) -> Iterator[tuple[int, int | None, Instant]]:
    """Run a plan over the times of a source's frames.

    Args:
        plan: what to make.
        times: of the source's frames, strictly rising; read no further than needed.
        end: where the last of them ends.

    Yields:
        Number of the earlier frame; of the later one (the first frame where a loop
        closes, None where the earlier is held); and the instant. Both numbers count
        from 0 in `times`.
    """
    stream = enumerate(times)
    _, time = next(stream, (0, None))
    if time is None:
        return
    number, first = 0, 0
    for instant in plan.before(time):
        yield 0, None, instant
    for following, next_time in stream:
        if not plan.needs(time, next_time):
            break
        for instant in plan.between(time, next_time):
            yield number, following, instant
        number, time = following, next_time
        if time <= plan.start:
            first = number
    for instant in plan.tail(time, end):
        yield number, first if plan.loop else None, instant


def _factor(settings: TimeSettings) -> Fraction:
    """The factor, which the settings promise where there is no fps."""
    assert settings.factor is not None
    return settings.factor


def _find_start(timing: Timing, settings: TimeSettings, pts: Sequence[int]) -> Fraction:
    """Source time of the first instant."""
    if settings.start_frame is not None:
        _check_frame("--start-frame", settings.start_frame, timing)
        return timing.time_of(pts[settings.start_frame])
    start = settings.start or Fraction(0)
    if start >= timing.duration:
        raise OptionError(_outside("--start", f"{_show(start)} s", timing))
    return start


def _find_end(timing: Timing, settings: TimeSettings, pts: Sequence[int]) -> Fraction:
    """Source time at which the instants stop."""
    if settings.end_frame is not None:
        _check_frame("--end-frame", settings.end_frame, timing)
        if settings.end_frame == timing.count - 1:
            return timing.duration
        return timing.time_of(pts[settings.end_frame + 1])
    if settings.end is None:
        return timing.duration
    # People round the length they read somewhere: forgive less than a frame.
    if settings.end >= timing.duration + 1 / timing.rate:
        raise OptionError(_outside("--end", f"{_show(settings.end)} s", timing))
    return min(settings.end, timing.duration)


def _check_frame(option: str, number: int, timing: Timing) -> None:
    if number >= timing.count:
        raise OptionError(_outside(option, str(number), timing))


def _outside(option: str, found: str, timing: Timing) -> str:
    return (
        f"expected {option} inside the video, which is {_show(timing.duration)} s long and "
        f"has {timing.count} frames (the first is 0), found {found}"
    )


def _show(value: Fraction) -> str:
    """To print only."""
    return f"{float(value):.6g}"
