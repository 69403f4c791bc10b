"""Ctrl-C once lets a run finish what it can go on from; Ctrl-C twice stops it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dain.jobs import StopRequest

_NOTE = b"dain: stopping after the segment in hand; Ctrl-C again stops at once\n"


@contextlib.contextmanager
def asked_by_interrupts(stop: StopRequest, quiet: bool) -> Iterator[StopRequest]:
    """While this lasts, the first Ctrl-C asks, and the next goes its usual way.

    Where a run has nothing to finish, the first one goes its usual way as well.
    """
    before = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(before):  # ignored, as under nohup
        yield stop
        return

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if not stop.ask():
            before(number, frame)
        elif not quiet:
            # Not by print, which may be what was interrupted.
            with contextlib.suppress(OSError, ValueError, AttributeError):
                os.write(sys.stderr.fileno(), _NOTE)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    finally:
        if signal.getsignal(signal.SIGINT) is on_interrupt:  # not while a run is being ended
            signal.signal(signal.SIGINT, before)
