"""Progress events."""

import pytest

from dain.jobs.progress import ProgressMeter


def test_rate_and_time_left_follow_the_last_seconds():
    now, events = [0.0], []
    meter = ProgressMeter(events.append, clock=lambda: now[0])
    meter.total = 100
    for step in [4.0] * 5 + [0.5] * 40:  # a slow start, then two a second
        now[0] += step
        meter.count()
    last = events[-1]
    assert (last.stage, last.done, last.total) == ("interpolating", 45, 100)
    assert last.rate == pytest.approx(2.0)
    assert last.seconds_left == pytest.approx(55 / 2)


def test_the_first_frame_tells_no_rate():
    events = []
    meter = ProgressMeter(events.append, clock=lambda: 1.0)
    meter.count()
    assert events[-1].rate is None
    assert events[-1].seconds_left is None


def test_more_frames_than_announced_leave_no_negative_time():
    now, events = [0.0], []
    meter = ProgressMeter(events.append, clock=lambda: now[0])
    meter.total = 1
    for _ in range(3):
        now[0] += 1
        meter.count()
    assert events[-1].seconds_left == 0


def test_without_a_listener_frames_are_counted_all_the_same():
    meter = ProgressMeter(None)
    meter.enter("reading")
    meter.count()
    assert meter.done == 1
