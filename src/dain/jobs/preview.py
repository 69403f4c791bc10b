"""Showing now and then what a run is making."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy.typing as npt

from dain.errors import DainError, DainWarning, OutputError
from dain.jobs.prepare import check_name
from dain.media import Frame
from dain.media.preview import check_preview, write_preview
from dain.media.stills_names import pattern_of

_SECONDS_BETWEEN = 2.0
_TITLES = 64  # of frames; more than ever wait to be judged


def check_preview_apart(preview: Path, source: Path, output: Path) -> None:
    """Refuse a preview that would replace a file of the run, or count as one of its stills.

    Raises:
        OutputError: it would.
        OptionError: it cannot be a name.
    """
    check_name(preview)
    for path in (source, output):
        pattern = pattern_of(path)
        is_among = path.resolve() in (preview.resolve(), preview.resolve().parent)
        if pattern is not None and path.parent.resolve() == preview.resolve().parent:
            is_among = pattern.number(preview.name) is not None
        if is_among:
            raise OutputError(f"expected --preview apart from {path}, found {preview}; move it")


@dataclass(frozen=True)
class _Made:
    """A pair, and the frame between."""

    before: npt.NDArray[Any]
    after: npt.NDArray[Any]
    between: npt.NDArray[Any]
    t: Fraction | float


class Preview:
    """Keeps a picture file current, every few seconds and once more at the end.

    Args:
        path: of the picture.
        time_of: seconds of a source frame, from its pts.
        clock: tells the seconds that pass.

    Raises:
        OutputError: no preview can be written there.

    Warns:
        DainWarning: once, where it could not be written later; the run goes on.
    """

    def __init__(
        self,
        path: Path,
        time_of: Callable[[int], Fraction],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_preview(path)
        self._path, self._time_of, self._clock = path, time_of, clock
        self._seen: list[tuple[int, str]] = []  # identity of the first and the last frames
        self._unshown: _Made | None = None
        self._next = 0.0  # the first pair at once: people look whether it works
        self._failed = False

    def see(self, frame: Frame) -> None:
        """Remember a source frame's number and time, for the titles."""
        title = f"frame {frame.index}, {float(self._time_of(frame.pts)):.3f} s"
        self._seen = [*self._seen[:1], *self._seen[1:][1 - _TITLES :], (id(frame.pixels), title)]

    def offer(
        self,
        before: npt.NDArray[Any],
        after: npt.NDArray[Any],
        made: Sequence[npt.NDArray[Any]],
        times: Sequence[Fraction | float],
    ) -> None:
        """Show a pair and the middlemost frame made of it, if it is time for that."""
        if self._failed or not made:
            return
        middle = len(made) // 2
        self._unshown = _Made(before, after, made[middle], times[middle])
        if self._clock() >= self._next:
            self._show()

    def close(self) -> None:
        """Show what was made last."""
        if self._unshown is not None:
            self._show()

    def _show(self) -> None:
        shown, self._unshown = self._unshown, None
        assert shown is not None
        panels = [
            (self._title(shown.before, "before"), shown.before),
            (f"new, at {float(shown.t):.3f} between", shown.between),
            (self._title(shown.after, "after"), shown.after),
        ]
        try:
            write_preview(self._path, panels)
        except DainError as error:
            self._failed = True
            warnings.warn(f"no more previews: {error}", DainWarning, 2)
        self._next = self._clock() + _SECONDS_BETWEEN

    def _title(self, pixels: npt.NDArray[Any], otherwise: str) -> str:
        found = (title for identity, title in reversed(self._seen) if identity == id(pixels))
        return next(found, otherwise)
