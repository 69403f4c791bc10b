"""The progress of a download, on a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from dain.cli.progress import can_draw

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from dain.transfer.partial import OnTransfer


class DownloadDisplay:
    """A bar on stderr from the first piece on; as a context, it leaves a clean terminal.

    Attributes:
        on_progress: what to hand to a download; None when nothing is to be drawn.
    """

    def __init__(self, title: str, quiet: bool) -> None:
        self._title = title
        self._bar: Bar | None = None
        self.on_progress: OnTransfer | None = None if quiet or not can_draw() else self._draw

    def __enter__(self) -> DownloadDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _draw(self, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = _make_bar()
            self._bar.add_task(self._title, total=None)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)


def _make_bar() -> Bar:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
