"""Asking a run to stop where it can go on later."""

from __future__ import annotations


class StopRequest:
    """A wish to stop, made in one place (a signal handler, another thread) and granted in another.

    Attributes:
        heeded: the run is at work that is worth finishing; else there is nothing to wait for.
        asked: someone wants it to stop.
    """

    def __init__(self) -> None:
        self.heeded = False
        self.asked = False

    def ask(self) -> bool:
        """Ask the run to stop after the segment in hand.

        Returns:
            Whether it will; if not, stop it by force.
        """
        was_asked, self.asked = self.asked, True
        return self.heeded and not was_asked
