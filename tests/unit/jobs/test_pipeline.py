"""Three stages at once, and how they end."""

import signal
import sys
import threading
import time
from itertools import count

import pytest

from dain.jobs.pipeline import CAPACITY, run_pipeline


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


def double(items):
    return (2 * item for item in items)


def test_everything_passes_in_order():
    encoded, made = [], []
    run_pipeline(lambda: iter(range(100)), double, encoded.append, lambda: made.append(1))
    assert encoded == list(range(0, 200, 2))
    assert len(made) == 100


def test_the_three_stages_run_at_the_same_time():
    together = threading.Barrier(3, timeout=5)

    def decode():
        yield 0
        together.wait()
        yield 1

    def transform(items):
        for item in items:
            yield item
            if item == 0:
                together.wait()

    def encode(item):
        if item == 0:
            together.wait()

    run_pipeline(decode, transform, encode)
    assert not together.broken


def test_an_endless_input_is_not_read_ahead_and_is_closed():
    read, closed = [], []

    def decode():
        try:
            for item in count():
                read.append(item)
                yield item
        finally:
            closed.append(threading.current_thread().name)

    def transform(items):
        for item in items:
            if item == 3:
                return
            yield item

    encoded = []
    run_pipeline(decode, transform, encoded.append)
    assert encoded == [0, 1, 2]
    assert len(read) <= 4 + CAPACITY + 1
    assert closed == ["dain-decode"]


def broken_decode():
    yield 1
    raise ValueError("decoder")


def broken_transform(items):
    yield from items
    raise ValueError("transform")


def broken_encode(item):
    raise ValueError("encoder")


@pytest.mark.parametrize(
    ("decode", "transform", "encode", "message"),
    [
        (broken_decode, double, print, "decoder"),
        (lambda: iter(range(3)), broken_transform, lambda item: None, "transform"),
        (lambda: count(), double, broken_encode, "encoder"),
        (lambda: iter([1]), double, broken_encode, "encoder"),
    ],
    ids=["decode", "transform", "encode", "encode the last"],
)
def test_a_failure_ends_the_run_with_its_own_error(decode, transform, encode, message):
    with pytest.raises(ValueError, match=message) as caught:
        run_pipeline(decode, transform, encode)
    # Its traceback leads to where it was raised.
    places = {entry.name for entry in caught.traceback}
    assert places & {"broken_decode", "broken_transform", "broken_encode"}


def test_a_failing_decoder_that_cannot_start():
    def decode():
        raise OSError("cannot open")

    with pytest.raises(OSError, match="cannot open"):
        run_pipeline(decode, double, print)


def test_an_interruption_waits_for_the_frame_being_encoded():
    finished = []

    def encode(item):
        time.sleep(0.05)
        finished.append(item)

    def transform(items):
        for item in items:
            if item == 2:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        run_pipeline(count, transform, encode)
    still = list(finished)
    time.sleep(0.1)
    assert finished == still


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("times", [1, 4])
def test_ctrl_c_waits_for_the_frame_being_encoded(times):
    # The rest is being encoded when the signals come, one after another.
    finished = []

    def encode(item):
        time.sleep(0.25)
        finished.append(item)

    def press():
        for _ in range(times):
            time.sleep(0.05)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    fingers = threading.Thread(target=press)
    fingers.start()
    with pytest.raises(KeyboardInterrupt):
        run_pipeline(lambda: iter(range(4)), double, encode)
    still = list(finished)
    assert still == [0]
    fingers.join()
    time.sleep(0.3)
    assert finished == still


@pytest.mark.parametrize("error", [MemoryError, SystemExit])
def test_what_no_one_expects_ends_the_run_too(error):
    def transform(items):
        yield next(items)
        raise error

    with pytest.raises(error):
        run_pipeline(count, transform, lambda item: None)


def test_a_failing_listener_ends_the_run():
    encoded = []

    def listen():
        raise ValueError("listener")

    with pytest.raises(ValueError, match="listener"):
        run_pipeline(count, double, encoded.append, listen)
    assert encoded in ([], [0])
