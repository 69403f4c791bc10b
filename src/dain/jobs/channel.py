"""A bounded queue between two threads that can end, fail, or be given up from either side."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")

# A wait without a limit cannot be interrupted by Ctrl-C on Windows.
_WAIT_SECONDS = 0.5


class ChannelClosed(Exception):  # noqa: N818 - a signal between threads, not an error
    """The other side wants no more; what is under way can stop."""


class Channel(Generic[Item]):
    """Hands items from one thread to another, at most `capacity` of them waiting.

    The giving side calls `put`, then `finish` or `fail`. The taking side iterates, and
    `close` tells the giver to stop, with the reason if there is one.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        # Entered by the lock itself: a condition is entered by Python code, which Ctrl-C can
        # end with the lock held for good.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._finished = False
        self._closed = False
        self._error: BaseException | None = None

    def put(self, item: Item) -> None:
        """Wait for room and add an item.

        Raises:
            ChannelClosed: the taker gave up without a reason.
            BaseException: the taker's own, if that is why it gave up.
        """
        with self._lock:
            while len(self._items) >= self._capacity and not self._closed:
                self._changed.wait(_WAIT_SECONDS)
            if self._closed:
                raise self._error or ChannelClosed
            self._items.append(item)
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more comes; what waits is still handed over."""
        with self._lock:
            self._finished = True
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """The giver failed: the taker sees `error` after what waits already."""
        with self._lock:
            self._finished = True
            self._error = self._error or error
            self._changed.notify_all()

    def close(self, error: BaseException | None = None) -> None:
        """The taker wants no more: drop what waits and stop the giver, with `error` if given."""
        with self._lock:
            self._closed = True
            self._error = self._error or error
            self._items.clear()
            self._changed.notify_all()

    def raise_failure(self) -> None:
        """Raise what either side failed with, if it did."""
        with self._lock:
            if self._error is not None:
                raise self._error

    def __iter__(self) -> Iterator[Item]:
        """Take items until the giver finishes; raises what the giver failed with."""
        while True:
            with self._lock:
                while not (self._items or self._finished or self._closed):
                    self._changed.wait(_WAIT_SECONDS)
                if self._closed:
                    return
                if not self._items:
                    if self._error is not None:
                        raise self._error
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item
