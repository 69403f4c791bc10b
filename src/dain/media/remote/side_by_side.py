"""Several transfers at once: a small file waits for the network far longer than it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from functools import partial

OnBytes = Callable[[int], None]
Transfer = Callable[[OnBytes], None]

_BEAT = 0.2  # seconds between two looks at how far they are


def transfer_all(
    transfers: Sequence[Transfer], at_once: int, on_bytes: OnBytes = lambda done: None
) -> None:
    """Do all of them, some at a time; after a failure none is begun any more.

    Args:
        transfers: each is called with what to tell its bytes so far.
        at_once: threads at most; one transfer, or one at a time, stays in this thread.
        on_bytes: called in this thread, with the bytes of all.

    Raises:
        Exception: the first one that a transfer raised, when those that were begun have ended.
    """
    done = [0] * len(transfers)
    if min(at_once, len(transfers)) <= 1:
        for index, transfer in enumerate(transfers):
            transfer(partial(_count, done, index, on_bytes))
        return
    with ThreadPoolExecutor(min(at_once, len(transfers)), "dain-transfer") as pool:
        begun = [
            pool.submit(transfer, partial(done.__setitem__, index))
            for index, transfer in enumerate(transfers)
        ]
        try:
            _await(begun, lambda: on_bytes(sum(done)))
        except BaseException:
            for each in begun:
                each.cancel()
            raise


def _count(done: list[int], index: int, on_bytes: OnBytes, reached: int) -> None:
    done[index] = reached
    on_bytes(sum(done))


def _await(begun: Sequence[Future[None]], tell: Callable[[], None]) -> None:
    left = set(begun)
    while left:
        ended, left = wait(left, _BEAT, FIRST_EXCEPTION)
        tell()
        for each in ended:
            each.result()
