"""How memory is divided among the frames of a run."""

from fractions import Fraction

import pytest

from dain.jobs import room
from dain.jobs.room import Room, frame_bytes, room_for
from dain.media import OutputSpec

MIB = 2**20


def spec(width=3840, height=2160, **changes):
    return OutputSpec(width=width, height=height, rate=Fraction(24), **changes)


def test_there_is_plenty_for_small_frames():
    found = room_for(spec(64, 48), 2**30)
    assert (found.queue, found.batch_bytes) == (Room().queue, 1024 * MIB // 30)
    assert found.needed < 40 * MIB


def test_large_frames_wait_in_shorter_queues():
    frame = frame_bytes(spec())
    small, middle, large = (room_for(spec(), size * 1024 * MIB) for size in (1, 2, 64))
    assert (small.queue, middle.queue, large.queue) == (1, 2, 4)
    assert small.batch_bytes // frame == 1
    assert large.batch_bytes // frame == 5
    assert small.needed < middle.needed < large.needed


@pytest.mark.parametrize("memory", [1, 2**30, 2**33])
def test_what_waits_is_a_tenth_at_most_or_one_frame_each(memory):
    found, frame = room_for(spec(), memory), frame_bytes(spec())
    waiting = 2 * found.queue * frame + found.batch_bytes
    assert waiting <= max(memory / 10, 3 * frame)


def test_half_of_what_is_free_is_divided(monkeypatch):
    monkeypatch.setattr(room, "available_host_memory", lambda: 4 * 1024 * MIB)
    assert room_for(spec(), None) == room_for(spec(), 2 * 1024 * MIB)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, 3), ({"bit_depth": 10}, 6), ({"alpha": True}, 4), ({"bit_depth": 32, "alpha": True}, 16)],
)
def test_bytes_of_a_frame(changes, expected):
    assert frame_bytes(spec(10, 10, **changes)) == 100 * expected
