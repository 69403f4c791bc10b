"""Progress on stderr: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from dain.cli.messages import print_note, show_bytes, show_seconds

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from dain.jobs import OnProgress, Progress

_SECONDS_BETWEEN_LINES = 10.0
_NARROW = 60  # columns; in fewer, a bar and its words would be cut off


class ProgressDisplay:
    """Shows the progress of one run after another; as a context, it leaves a clean terminal.

    Attributes:
        on_progress: what to hand to a run; None when quiet.
    """

    def __init__(self, quiet: bool) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._last_line = time.monotonic()
        self.on_progress: OnProgress | None = None
        if not quiet:
            self.on_progress = self._draw if can_draw() else self._print

    def __enter__(self) -> ProgressDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the bar off the terminal, so that lines can be printed."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, event: Progress) -> None:
        if event.note:
            self.clear()
            print_note(event.note)
        if self._bar is None:
            self._bar = _make_bar()
            self._task = self._bar.add_task(
                event.stage, total=None, count="", speed="", left="", short=""
            )
            self._bar.start()
        assert self._task is not None
        self._bar.update(
            self._task,
            description=event.stage,
            completed=event.done,
            total=event.total or None,
            count=_short_count(event),
            speed=_speed(event),
            left=_left(event),
            short=_short(event),
        )

    def _print(self, event: Progress) -> None:
        if event.note:
            print_note(event.note)
            return
        now = time.monotonic()
        if now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            counted = f": {_count(event)}" if event.done or event.total else ""
            parts = [event.stage + counted, _speed(event), _left(event)]
            print_note(", ".join(part for part in parts if part))


def can_draw() -> bool:
    """Whether stderr is a terminal on which a line can be drawn over."""
    return sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if console.width < _NARROW:
        return Bar(TextColumn("{task.fields[short]}"), console=console, transient=True)
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[speed]}"),
        TextColumn("{task.fields[left]}"),
        console=console,
        transient=True,
    )


def _counts_bytes(event: Progress) -> bool:
    return event.stage in ("fetching", "uploading")


def _count(event: Progress) -> str:
    if _counts_bytes(event):
        of = f" of {show_bytes(event.total)}" if event.total else ""
        return f"{show_bytes(event.done)}{of}"
    return f"{event.done} of {event.total or '?'} frames"


def _short_count(event: Progress) -> str:
    return _count(event) if _counts_bytes(event) else f"{event.done}/{event.total or '?'}"


def _short(event: Progress) -> str:
    """What a narrow terminal has room for; the stage only where nothing is counted."""
    if event.rate is None:
        return event.stage
    left = event.seconds_left
    parts = [_short_count(event), _speed(event).replace(" frames", "")]
    return " ".join(parts if left is None else [*parts, show_seconds(left)])


def _speed(event: Progress) -> str:
    if event.rate is None:
        return ""
    if _counts_bytes(event):
        return f"{show_bytes(round(event.rate))}/s"
    return f"{event.rate:.1f} frames/s"


def _left(event: Progress) -> str:
    return f"{show_seconds(event.seconds_left)} left" if event.seconds_left is not None else ""
