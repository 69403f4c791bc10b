"""From decoded frames to output frames, one pair at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

import numpy.typing as npt

from dain.errors import MediaError
from dain.jobs.prepare import PreparedJob
from dain.jobs.scene_light import frames_between
from dain.media import Frame
from dain.timeline import Instant

# A long gap at a high rate has more new frames than memory: they are made in batches.
_BATCH_BYTES = 128 * 2**20
_LARGEST_BATCH = 16

_HALF = Fraction(1, 2)


class FrameInterpolator(Protocol):
    """What a run needs of an engine."""

    model: str
    device: str

    @property
    def precision(self) -> str:
        """Arithmetic of the learned layers."""

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        """Frames between two, ``(H, W, 3)``, one for each time in (0, 1)."""


class FrameMaker:
    """Makes the output frames of a job; a pair's instants are made when the pair is known.

    Args:
        job: what to make.
        interpolator: makes the new frames.
        done: source frames that earlier work is done with, before the first of ours.
        opening: the frame that a loop ends in; by default the last one at or before its start.
        batch_bytes: of the new frames that are made of a pair at once.

    Attributes:
        frames_in: source frames used so far.
        done: source frames that are done with: those before the earlier one of the pair.
        duration: seconds that the output made so far plays.
    """

    def __init__(
        self,
        job: PreparedJob,
        interpolator: FrameInterpolator,
        done: int = 0,
        opening: Frame | None = None,
        batch_bytes: int = _BATCH_BYTES,
    ) -> None:
        self.frames_in = self.done = done
        self.duration = Fraction(0)
        self._opening = opening
        self._batch_bytes = batch_bytes
        self._job = job
        self._plan = job.plan
        self._interpolator = interpolator

    def make(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the output frames; reads no further than the plan needs.

        Raises:
            MediaError: no frame could be decoded, or one where more were promised, or none
                of the range that was asked for.
        """
        plan, time_of = self._plan, self._job.timing.time_of
        stream = iter(frames)
        current = next(stream, None)
        if current is None:
            raise MediaError("expected a video of at least two frames, none could be decoded")
        self.frames_in += 1
        first, time = self._opening or current, time_of(current.pts)
        yield from self._emit(plan.before(time), current, None)
        end = None
        for following in stream:
            next_time = time_of(following.pts)
            if not plan.needs(time, next_time):
                end = next_time
                break
            self.frames_in += 1
            yield from self._emit(plan.between(time, next_time), current, following)
            current, time = following, next_time
            self.done += 1
            if time <= plan.start:
                first = current
        if end is None:
            end = self._end_of_stream(current, time)
        yield from self._emit(
            plan.tail(time, end), current, first if plan.loop else None, shown_until=end
        )
        if not self.duration and not plan.first:
            raise MediaError(
                f"expected frames from {float(plan.start):.6g} s on, found that the last one that "
                f"can be decoded ends at {float(end):.6g} s; begin earlier"
            )

    def _end_of_stream(self, last: Frame, time: Fraction) -> Fraction:
        """Where the last decoded frame ends: as promised, or earlier if the rest is lost."""
        if last.pts == self._job.promised_pts:
            return self._job.timing.duration
        if self.frames_in == 1 and self._job.from_pts is None:
            raise MediaError("expected a video of at least two frames, only one could be decoded")
        return time + self._job.timing.span_of(last.duration)

    def _emit(
        self,
        instants: Iterator[Instant],
        earlier: Frame,
        later: Frame | None,
        shown_until: Fraction | None = None,
    ) -> Iterator[Frame]:
        """Output frames of the instants; without a later frame the earlier one is held."""
        batch_size = max(1, min(_LARGEST_BATCH, self._batch_bytes // max(1, earlier.pixels.nbytes)))
        while batch := list(islice(instants, batch_size)):
            times = [instant.t for instant in batch if instant.t != 0]
            made: list[npt.NDArray[Any]] = []
            if times and later is not None:
                made = frames_between(self._interpolator, earlier.pixels, later.pixels, times)
            new = iter(made)
            for instant in batch:
                pixels = next(new) if instant.t != 0 else earlier.pixels
                yield self._frame(instant, pixels, shown_until)

    def _frame(
        self, instant: Instant, pixels: npt.NDArray[Any], shown_until: Fraction | None
    ) -> Frame:
        job, plan = self._job, self._plan
        duration = plan.output_duration(instant.index)
        if shown_until is not None:
            duration = min(duration, (shown_until - instant.time) * plan.stretch)
        time = plan.output_time(instant.index)
        self.duration = time + duration
        begin, end = self._ticks(time), self._ticks(time + duration)
        return Frame(
            pixels=pixels,
            pts=begin,
            time_base=job.time_base,
            duration=max(1, end - begin),
            index=instant.index,
        )

    def _ticks(self, time: Fraction) -> int:
        """An output time in units of the job; exact but where no unit fits all times."""
        # Halves go up, or equal periods would differ.
        return math.floor((self._job.offset + time) / self._job.time_base + _HALF)


def checked(frames: Iterator[Frame], check: Callable[[], None]) -> Iterator[Frame]:
    """The same frames, with `check` called after each and at their end; it may raise."""
    for frame in frames:
        check()
        yield frame
    check()


def until(is_last: Callable[[Frame], bool], frames: Iterable[Frame]) -> Iterator[Frame]:
    """The same frames, up to and with the first that is the last one wanted."""
    for frame in frames:
        ends_here = is_last(frame)
        yield frame
        if ends_here:
            return
