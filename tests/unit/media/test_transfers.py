"""Several transfers at once."""

import threading
import time

import pytest

from dain.media.remote.side_by_side import transfer_all


@pytest.mark.parametrize("at_once", [1, 3])
def test_bytes_are_summed_and_told_in_the_calling_thread(at_once):
    heard, threads = [], set()

    def transfer(on_bytes):
        on_bytes(5)
        on_bytes(10)

    def tell(done):
        heard.append(done)
        threads.add(threading.current_thread())

    transfer_all([transfer] * 7, at_once, tell)
    assert heard == sorted(heard)
    assert heard[-1] == 70
    assert threads == {threading.current_thread()}


def test_no_more_at_once_than_asked():
    lock, now, most = threading.Lock(), [0], [0]

    def transfer(on_bytes):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1

    transfer_all([transfer] * 12, 4)
    assert most == [4]


@pytest.mark.parametrize("at_once", [1, 2])
def test_after_a_failure_none_is_begun(at_once):
    begun = []

    def transfer(number, on_bytes):
        begun.append(number)
        if number == 1:
            raise OSError("refused")
        time.sleep(0.02)

    transfers = [lambda tell, number=number: transfer(number, tell) for number in range(40)]
    with pytest.raises(OSError, match="refused"):
        transfer_all(transfers, at_once)
    assert len(begun) < 10
