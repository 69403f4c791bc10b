"""Watching a run: what each stage took, what became of the frames, and a preview.

The stages are wrapped, each where it runs, so that none of them knows of it. A few readings of the
clock per frame are all it costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dain.jobs.findings import Findings
from dain.jobs.making import FrameInterpolator
from dain.jobs.prepare import PreparedJob
from dain.jobs.preview import Preview
from dain.jobs.progress import OnProgress, Progress, Stage
from dain.media import Frame

if TYPE_CHECKING:
    from dain.engine import MadeFrame


@dataclass
class Timings:
    """Seconds by stage. The first, second and last follow each other; the others run side by side.

    Attributes:
        reading: of the source's timestamps.
        loading: of the network.
        decoding: making frames of the source ready, in its own thread.
        interpolating: making new frames.
        encoding: converting, compressing and writing, in its own thread.
        waiting_for_decoder: what interpolation waited for source frames.
        waiting_for_encoder: what it waited to hand frames on.
        finishing: of the output.
    """

    reading: float = 0.0
    loading: float = 0.0
    decoding: float = 0.0
    interpolating: float = 0.0
    encoding: float = 0.0
    waiting_for_decoder: float = 0.0
    waiting_for_encoder: float = 0.0
    finishing: float = 0.0


@dataclass
class Watch:
    """Wraps the stages of one run.

    Attributes:
        on_progress: is handed on what `progress` is given.
        preview_path: of the preview; None for none.
        timings: so far.
        findings: so far.
        clock: tells the seconds that pass.
        interpolator: that makes the frames; None before it is loaded.
    """

    on_progress: OnProgress | None = None
    preview_path: Path | None = None
    timings: Timings = field(default_factory=Timings)
    findings: Findings = field(default_factory=Findings)
    clock: Callable[[], float] = time.perf_counter
    interpolator: FrameInterpolator | None = None
    _preview: Preview | None = None
    _stage: Stage | None = None
    _entered: float = 0.0

    def progress(self, event: Progress) -> None:
        """Note when a stage begins; to be given to the meter."""
        if event.stage != self._stage:
            self.leave()
            self._stage, self._entered = event.stage, self.clock()
        if self.on_progress is not None:
            self.on_progress(event)

    def leave(self) -> None:
        """The stage that was entered last is over."""
        if self._stage in ("reading", "loading", "finishing"):
            spent = self.clock() - self._entered
            setattr(self.timings, self._stage, getattr(self.timings, self._stage) + spent)
        self._stage = None

    def begin(self, job: PreparedJob) -> None:
        """The plan is known.

        Raises:
            OutputError: no preview can be written where it was asked for.
        """
        if self.preview_path is not None:
            self._preview = Preview(self.preview_path, job.timing.time_of)

    def end(self) -> None:
        """No more frames come."""
        self.leave()
        if self._preview is not None:
            self._preview.close()

    def decoding(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames, from the decoder; consumed in its thread."""
        return self._timed(frames, "decoding")

    def arriving(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames, as they come to be interpolated."""
        for frame in self._timed(frames, "waiting_for_decoder"):
            if self._preview is not None:
                self._preview.see(frame)
            yield frame

    def leaving(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same output frames, on their way to the encoder."""
        for frame in frames:
            since = self.clock()
            yield frame
            self.timings.waiting_for_encoder += self.clock() - since

    def encoding(self, write: Callable[[Frame], None]) -> Callable[[Frame], None]:
        """The same writing, from the encoder's thread."""

        def timed(frame: Frame) -> None:
            since = self.clock()
            try:
                write(frame)
            finally:
                self.timings.encoding += self.clock() - since

        return timed

    def engine(self, interpolator: FrameInterpolator) -> FrameInterpolator:
        """The same engine, timed, its work shown."""
        self.interpolator = interpolator
        watched = _WatchedMaker if hasattr(interpolator, "make") else _WatchedEngine
        return watched(interpolator, self._made)

    def _made(self, pair: _Pair, times: Sequence[Fraction | float], seconds: float) -> None:
        self.timings.interpolating += seconds
        if self._preview is not None:
            self._preview.offer(pair.before, pair.after, pair.made, times)

    def _timed(self, frames: Iterator[Frame], stage: str) -> Iterator[Frame]:
        """The same frames; the wait for each counts for a stage."""
        try:
            while True:
                since = self.clock()
                frame = next(frames, None)
                spent = self.clock() - since
                setattr(self.timings, stage, getattr(self.timings, stage) + spent)
                if frame is None:
                    return
                yield frame
        finally:
            # A generator holds its decoder until it is closed, and closes in this thread.
            close = getattr(frames, "close", None)
            if close is not None:
                close()


@dataclass(frozen=True)
class _Pair:
    """Two frames, and those made between them."""

    before: npt.NDArray[Any]
    after: npt.NDArray[Any]
    made: Sequence[npt.NDArray[Any]]


class _WatchedEngine:
    """Hands on all work, and tells what it took."""

    def __init__(
        self,
        engine: FrameInterpolator,
        tell: Callable[[_Pair, Sequence[Fraction | float], float], None],
    ) -> None:
        self.model, self.device = engine.model, engine.device
        self._engine: Any = engine
        self._tell = tell

    @property
    def precision(self) -> str:
        return str(self._engine.precision)

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        since = time.perf_counter()
        made: list[npt.NDArray[Any]] = self._engine.between(frame0, frame1, times)
        self._tell(_Pair(frame0, frame1, made), times, time.perf_counter() - since)
        return made


class _WatchedMaker(_WatchedEngine):
    """Likewise, of an engine that knows how far to trust its frames."""

    def make(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[MadeFrame]:
        since = time.perf_counter()
        made: list[MadeFrame] = self._engine.make(frame0, frame1, times)
        pair = _Pair(frame0, frame1, [each.pixels for each in made])
        self._tell(pair, times, time.perf_counter() - since)
        return made
