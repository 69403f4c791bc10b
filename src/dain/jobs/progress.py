"""How a run tells how far it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["fetching", "reading", "loading", "interpolating", "finishing", "uploading"]

# The rate is that of the last seconds: what is ahead resembles what just passed.
_WINDOW_SECONDS = 10.0


@dataclass(frozen=True)
class Progress:
    """One progress event.

    Attributes:
        stage: what is being done: ``fetching`` the source from elsewhere, ``reading`` its
            timestamps, ``loading`` the network, ``interpolating``, ``finishing`` the output, or
            ``uploading`` it.
        done: output frames made so far; where the stage is fetching or uploading, all counts
            are of bytes.
        total: output frames of the whole run; 0 while unknown. A truncated input ends earlier.
        rate: output frames made a second of late; None until that is known.
        seconds_left: until the run ends at that rate; None likewise.
        note: something that a person should read now.
    """

    stage: Stage
    done: int = 0
    total: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    note: str = ""


OnProgress = Callable[[Progress], None]


class ProgressMeter:
    """Counts output frames and reports each to `on_progress`, if there is one.

    Attributes:
        total: output frames of the whole run; 0 while unknown.
        done: output frames made so far.
        kept: of those, the frames that an earlier run made.
    """

    def __init__(
        self, on_progress: OnProgress | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = 0
        self.done = 0
        self.kept = 0
        self._stage: Stage = "reading"
        self._report = on_progress
        self._clock = clock
        self._marks: deque[tuple[float, int]] = deque()

    def enter(self, stage: Stage) -> None:
        """Report that another stage begins."""
        self._stage = stage
        self._emit(Progress(stage, self.done, self.total))

    def go_on_from(self, kept: int) -> None:
        """Count the frames that an earlier run made."""
        self.done = self.kept = kept

    def say(self, note: str) -> None:
        """Report something that a person should read now."""
        self._emit(Progress(self._stage, self.done, self.total, note=note))

    def count(self) -> None:
        """Count one output frame and report it."""
        self.reach("interpolating", self.done + 1)

    def reach(self, stage: Stage, done: int) -> None:
        """Report how far a stage is."""
        self.done = done
        now = self._clock()
        self._marks.append((now, self.done))
        while now - self._marks[0][0] > _WINDOW_SECONDS and len(self._marks) > 2:
            self._marks.popleft()
        since, before = self._marks[0]
        elapsed = now - since
        rate = (self.done - before) / elapsed if elapsed > 0 else None
        left = max(self.total - self.done, 0) / rate if rate else None
        self._emit(Progress(stage, self.done, self.total, rate, left))

    def _emit(self, event: Progress) -> None:
        if self._report is not None:
            self._report(event)
