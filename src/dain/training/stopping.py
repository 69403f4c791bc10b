"""Stopping a run from outside: the step in hand is finished and the run saved."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    if hasattr(signal, name)
]


class StopRequest:
    """Whether a run was asked to stop.

    Attributes:
        asked: whether it was.
        signal: number of the signal that asked; None where none did.
    """

    def __init__(self) -> None:
        self.asked = False
        self.signal: int | None = None

    def ask(self, number: int | None = None) -> None:
        """Ask for it.

        Args:
            number: of a signal.
        """
        self.asked, self.signal = True, number

    @contextlib.contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """Take a first signal as a request; a second one does what it did before."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may handle signals
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}

        def restore() -> None:
            for number, handler in before.items():
                if handler is not None:
                    signal.signal(number, handler)

        def heed(number: int, frame: FrameType | None) -> None:
            self.ask(number)
            restore()

        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, heed)
        try:
            yield
        finally:
            restore()
