"""The bounded queue between two threads."""

import threading
import time

import pytest

from dain.jobs.channel import Channel, ChannelClosed


def in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_items_come_in_order_and_then_end():
    channel = Channel(2)

    def give():
        for item in range(50):
            channel.put(item)
        channel.finish()

    thread = in_thread(give)
    assert list(channel) == list(range(50))
    thread.join(5)
    assert not thread.is_alive()


def test_a_full_channel_makes_the_giver_wait():
    channel = Channel(2)
    given = []

    def give():
        for item in range(5):
            channel.put(item)
            given.append(item)
        channel.finish()

    thread = in_thread(give)
    time.sleep(0.1)
    assert given == [0, 1]
    assert list(channel) == [0, 1, 2, 3, 4]
    thread.join(5)


def test_a_givers_failure_follows_what_it_gave():
    channel = Channel(4)
    channel.put("a")
    channel.fail(ValueError("broken"))
    items = iter(channel)
    assert next(items) == "a"
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_a_taker_that_gives_up_stops_a_waiting_giver():
    channel = Channel(1)
    channel.put("waits")
    seen = []

    def give():
        try:
            channel.put("never fits")
        except ChannelClosed as error:
            seen.append(error)

    thread = in_thread(give)
    channel.close()
    thread.join(5)
    assert len(seen) == 1


def test_the_giver_sees_why_the_taker_gave_up():
    channel = Channel(1)
    channel.close(OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        channel.put(1)
    with pytest.raises(OSError, match="disk full"):
        channel.raise_failure()


def test_the_first_failure_is_the_one_that_is_told():
    channel = Channel(1)
    channel.close(OSError("first"))
    channel.fail(ValueError("second"))
    with pytest.raises(OSError, match="first"):
        channel.raise_failure()
