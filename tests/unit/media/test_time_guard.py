"""Audio packets whose time stamps cannot be believed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import av
import pytest

from dain.media.time_guard import TimeGuard

TICK = Fraction(1, 1000)
STEP = 20


def guarded(times: Sequence[int | None], last: int | None = None) -> tuple[list[int], int]:
    """Times in milliseconds of what is let through of packets at `times`, and what is not."""
    guard = TimeGuard(None if last is None else last * TICK)
    passed = []
    for time in times:
        packet = av.Packet(b"sound")
        packet.time_base, packet.duration = TICK, STEP
        packet.pts = packet.dts = time
        passed += guard.take(packet)
    passed += guard.flush()
    return [packet.pts for packet in passed], guard.bad


def steps(first: int, count: int = 5) -> list[int]:
    return [first + STEP * index for index in range(count)]


@pytest.mark.parametrize(
    ("times", "expected", "bad"),
    [
        (steps(0), steps(0), 0),
        (steps(30_000), steps(30_000), 0),
        ([*steps(0), *steps(60_000)], [*steps(0), *steps(60_000)], 0),  # a pause
        ([*steps(0), 3_600_000, *steps(100)], [*steps(0), *steps(100)], 1),
        ([*steps(0), 3_600_000, 7_200_000, *steps(100)], [*steps(0), *steps(100)], 2),
        ([*steps(0), 3_600_000], steps(0), 1),  # nothing confirms it
        ([3_600_000, *steps(0)], steps(0), 1),
        ([-3_600_000, *steps(0)], steps(0), 1),
        ([*steps(5000), *steps(100), *steps(5100)], [*steps(5000), *steps(5100)], 5),
        ([0, 20, 19, 40], [0, 20, 19, 40], 0),  # rounding
        ([0, 20, None, None, 80], [0, 20, 40, 60, 80], 0),
        ([7], [7], 0),
        ([], [], 0),
    ],
)
def test_what_is_let_through(times, expected, bad) -> None:
    assert guarded(times) == (expected, bad)


def test_what_leaps_beyond_the_last_picture_is_kept_out_for_good() -> None:
    assert guarded([*steps(0), *steps(3_600_000)], last=2000) == (steps(0), 5)
    assert guarded(steps(3_600_000), last=2000) == ([], 5)


def test_audio_that_just_goes_on_after_the_last_picture_stays() -> None:
    times = steps(0, count=5000)
    assert guarded(times, last=2000) == (times, 0)
