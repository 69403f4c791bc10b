"""Progress of a training run on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from dain.cli.messages import print_note, show_seconds
from dain.cli.progress import can_draw

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from dain.training.progress import OnTrainProgress, TrainProgress

_SECONDS_BETWEEN_LINES = 60.0


class TrainDisplay:
    """Shows a run; as a context, it leaves a clean terminal.

    Attributes:
        on_progress: what to hand to a run; None when quiet.
    """

    def __init__(self, quiet: bool) -> None:
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._last_line = time.monotonic()
        self._shown: object = None  # what the last line told apart from the time
        self.on_progress: OnTrainProgress | None = None
        if not quiet:
            self.on_progress = self._draw if can_draw() else self._print

    def __enter__(self) -> TrainDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, event: TrainProgress) -> None:
        if self._bar is None:
            self._bar = _make_bar()
            self._task = self._bar.add_task(event.stage, total=event.steps, told="")
            self._bar.start()
        assert self._task is not None
        self._bar.update(
            self._task,
            description=event.stage,
            completed=event.step,
            total=event.steps,
            told=", ".join(_told(event)),
        )

    def _print(self, event: TrainProgress) -> None:
        now = time.monotonic()
        news = (event.stage, dict(event.scores))
        if news == self._shown and now - self._last_line < _SECONDS_BETWEEN_LINES:
            return
        self._last_line, self._shown = now, news
        print_note(", ".join([f"{event.stage}: step {event.step} of {event.steps}", *_told(event)]))


def _told(event: TrainProgress) -> list[str]:
    told = []
    if event.loss is not None:
        told.append(f"loss {event.loss:.4f}")
    if event.samples_per_second is not None:
        told.append(f"{event.samples_per_second:.1f} samples/s")
    if event.waiting is not None and event.waiting >= 0.05:
        told.append(f"{event.waiting:.0%} waiting for samples")
    if event.seconds_left is not None:
        told.append(f"{show_seconds(event.seconds_left)} left")
    told += [f"{Path(name).name} {score:.2f} dB" for name, score in event.scores.items()]
    return told


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        console=Console(stderr=True),
        transient=True,
    )
