"""From decoded frames to output frames, one pair at a time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

import numpy.typing as npt

from dain.errors import MediaError
from dain.jobs.crossing import Crossed, Crossing
from dain.jobs.findings import Findings
from dain.jobs.judging import Judging
from dain.jobs.prepare import PreparedJob
from dain.judgement import Judged, Passage, Way, drawings, judged
from dain.media import Frame
from dain.timeline import Instant

# A long gap at a high rate has more new frames than memory: they are made in batches.
_BATCH_BYTES = 128 * 2**20
_LARGEST_BATCH = 16

_HALF = Fraction(1, 2)
_BY_MOTION = Way()


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
        done: source frames that earlier work is done with: those before the one that stands at
            its last instant. Frames before that one are read again only to judge by.
        opening: the frame that a loop ends in; by default the last one at or before its start.
        batch_bytes: of the new frames that are made of a pair at once.
        judging: how source frames are judged; by default each moves into the next.
        findings: is told what was found and what became of the frames.

    Attributes:
        frames_in: source frames used so far.
        duration: seconds that the output made so far plays.
    """

    def __init__(
        self,
        job: PreparedJob,
        interpolator: FrameInterpolator,
        done: int = 0,
        opening: Frame | None = None,
        batch_bytes: int = _BATCH_BYTES,
        judging: Judging | None = None,
        findings: Findings | None = None,
    ) -> None:
        self.frames_in = self._done = done
        self.duration = Fraction(0)
        self._opening = opening
        self._batch_bytes = batch_bytes
        self._job = job
        self._plan = job.plan
        self._judging = judging or Judging()
        self._findings = findings or Findings()
        self._made_until = job.plan.source_time(job.plan.first - 1) if job.plan.first else None
        self._crossing = Crossing(interpolator, self._judging.at_cuts, job.spec.colour.transfer)
        self._last_read: Frame | None = None
        self._end: Fraction | None = None
        self._waiting: deque[Fraction] = deque()  # times of frames that are not done with
        self._shown: npt.NDArray[Any] | None = None

    @property
    def done(self) -> int:
        """Source frames that are done with: those before the one that the last instant shows."""
        return self._done

    def make(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the output frames; reads no further than the plan needs.

        Raises:
            MediaError: no frame could be decoded, or one where more were promised, or none
                of the range that was asked for.
        """
        plan, time_of = self._plan, self._job.timing.time_of
        found = judged(
            self._needed(frames),
            self._judging.judges,
            time_of=lambda frame: time_of(frame.pts),
            pixels_of=lambda frame: frame.pixels,
        )
        stream = drawings(self._noted(found))
        _, current = next(stream, (None, None))
        if current is None:
            raise MediaError("expected a video of at least two frames, none could be decoded")
        first = self._opening or current.item
        yield from self._emit(plan.before(current.beat.time), current.item, None)
        for way, following in stream:
            instants = plan.between(current.beat.time, following.beat.time)
            yield from self._emit(instants, current.item, following.item, way)
            current = following
            if current.beat.time <= plan.start and self._opening is None:
                first = current.item
        end = self._end_of_stream() if self._end is None else self._end
        yield from self._emit(
            plan.tail(current.beat.time, end),
            current.item,
            first if plan.loop else None,
            shown_until=end,
        )
        if not self.duration and not plan.first:
            raise MediaError(
                f"expected frames from {float(plan.start):.6g} s on, found that the last one that "
                f"can be decoded ends at {float(end):.6g} s; begin earlier"
            )

    def _needed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames that are of use to the plan, counted; where they end is noted."""
        time: Fraction | None = None
        for frame in frames:
            next_time = self._job.timing.time_of(frame.pts)
            if time is not None and not self._plan.needs(time, next_time):
                self._end = next_time
                return
            self._use(next_time)
            self._last_read, time = frame, next_time
            yield frame

    def _use(self, time: Fraction) -> None:
        """Count a source frame."""
        if self._made_until is not None and time <= self._made_until and self._waiting:
            # Only the last one that is read again was not done with.
            self._waiting[0] = time
        else:
            self.frames_in += 1
            self._waiting.append(time)

    def _noted(self, found: Iterator[Judged[Frame]]) -> Iterator[Judged[Frame]]:
        for each in found:
            self._findings.note(each)
            yield each

    def _end_of_stream(self) -> Fraction:
        """Where the last decoded frame ends: as promised, or earlier if the rest is lost."""
        last = self._last_read
        assert last is not None
        if last.pts == self._job.promised_pts:
            return self._job.timing.duration
        if self.frames_in == 1 and self._job.from_pts is None:
            raise MediaError("expected a video of at least two frames, only one could be decoded")
        return self._job.timing.time_of(last.pts) + self._job.timing.span_of(last.duration)

    def _emit(
        self,
        instants: Iterator[Instant],
        earlier: Frame,
        later: Frame | None,
        way: Way = _BY_MOTION,
        shown_until: Fraction | None = None,
    ) -> Iterator[Frame]:
        """Output frames of the instants; without a later frame the earlier one is held."""
        pixels = earlier.pixels
        batch_size = max(1, min(_LARGEST_BATCH, self._batch_bytes // max(1, pixels.nbytes)))
        while batch := list(islice(instants, batch_size)):
            times = [instant.t for instant in batch if instant.t != 0]
            made: list[Crossed] = []
            if times and later is not None:
                made = self._crossing.between(pixels, later.pixels, way, times)
            new = iter(made)
            for instant in batch:
                shown = next(new) if instant.t != 0 else Crossed(pixels)
                if shown.made is not None and later is not None:
                    self._findings.doubt(instant, shown.made, shown.pixels, earlier, later)
                is_source = shown.pixels is pixels or (
                    later is not None and shown.pixels is later.pixels
                )
                self._count(shown.pixels, is_source, way.passage)
                self._pass_by(instant.time)
                yield self._frame(instant, shown.pixels, shown_until)

    def _count(self, shown: npt.NDArray[Any], is_source: bool, passage: Passage) -> None:
        counts = self._findings.counts
        if shown is self._shown:
            counts.held += 1
        elif is_source:
            counts.passed += 1
        elif passage is Passage.MOTION:
            counts.made += 1
        else:
            counts.mixed += 1
        self._shown = shown

    def _pass_by(self, time: Fraction) -> None:
        """Be done with the source frames before the one that stands at a time."""
        while len(self._waiting) > 1 and self._waiting[1] <= time:
            self._waiting.popleft()
            self._done += 1

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
