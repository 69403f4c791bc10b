"""Which instants become output frames, each with its place between two source frames.

A plan is arithmetic only: it is asked pair by pair as frames arrive, finds the indices of a
pair at once, and never holds the schedule, however long the source.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

OPEN_END = Fraction(10**12)
"""Seconds; the end of a source that goes on until it stops, such as a pipe: beyond any real one."""


@dataclass(frozen=True, slots=True)
class Instant:
    """One output frame and where it lies in the source.

    Attributes:
        index: number of the output frame, from 0.
        time: source time, seconds after the first frame.
        t: place in its pair, ``0 <= t < 1``; 0 is the earlier frame itself, untouched.
    """

    index: int
    time: Fraction
    t: Fraction


@dataclass(frozen=True, kw_only=True)
class Plan(ABC):
    """The output instants of one run; its kinds differ in where these lie.

    Feed it a stream of frames like this (`schedule` does, for times alone)::

        emit(first, plan.before(first_time))
        for each next frame:
            if not plan.needs(time, next_time):
                break                      # end = next_time
            emit(pair, plan.between(time, next_time))
        emit(last, plan.tail(last_time, end))

    Attributes:
        start: source time of the first instant, seconds after the first frame.
        end: source time at which the instants stop, itself excluded; `OPEN_END` if unknown.
        loop: the last frame flows into the first.
        closed: frames at or after `end` lie outside and are not used even to
            interpolate towards; the last frame before is held (or, with `loop`, flows
            into the first).
        messages: notes for the person who runs us.
        first: index of the first instant to make; those before it are made already.
    """

    start: Fraction
    end: Fraction
    loop: bool = False
    closed: bool = False
    messages: tuple[str, ...] = ()
    first: int = 0

    @property
    def is_open(self) -> bool:
        """Whether only the source itself will tell where it ends."""
        return self.end >= OPEN_END

    @property
    @abstractmethod
    def output_rate(self) -> Fraction:
        """Rate at which the output plays; the average where it varies."""

    @property
    @abstractmethod
    def stretch(self) -> Fraction:
        """Seconds of output for a second of source; 1 but in slow motion."""

    @abstractmethod
    def source_time(self, index: int) -> Fraction:
        """Where output frame `index` lies in the source, in seconds after the first frame."""

    @abstractmethod
    def index_at(self, time: Fraction) -> int:
        """Index of the first instant at or after a source time up to `end`."""

    @abstractmethod
    def distances(self) -> frozenset[Fraction]:
        """Seconds of output from one instant to the next, each that occurs."""

    @property
    def count(self) -> int:
        """Number of instants from `start` to `end`, whatever `first` is; 0 while that is open."""
        return 0 if self.is_open else self.index_at(self.end)

    @property
    def duration(self) -> Fraction:
        """How many seconds the output plays."""
        return (self.end - self.start) * self.stretch

    def output_time(self, index: int) -> Fraction:
        """When output frame `index` is shown, in seconds after the first."""
        return (self.source_time(index) - self.start) * self.stretch

    def output_duration(self, index: int) -> Fraction:
        """How many seconds output frame `index` stands; the last stops at the end."""
        is_last = not self.is_open and index + 1 >= self.count
        until = self.end if is_last else self.source_time(index + 1)
        return (until - self.source_time(index)) * self.stretch

    def part(self, start: Fraction, end: Fraction, closed: bool) -> Plan:
        """The same instants from `start`, which may become one, to `end`; no loop."""
        return replace(self, start=start, end=end, closed=closed, loop=False, first=0)

    def needs(self, time0: Fraction, time1: Fraction) -> bool:
        """Whether a frame at `time1` is of use after the one at `time0`.

        If not, neither is any later one: stop reading and finish with
        ``tail(time0, time1)``.
        """
        return time0 < self.end and not (self.closed and time1 >= self.end)

    def before(self, time: Fraction) -> Iterator[Instant]:
        """Instants earlier than the first decoded frame, which lies at `time`.

        There are some only where the frames before it were lost; that frame is held.
        """
        return self._held(self.start, min(time, self.end))

    def between(self, time0: Fraction, time1: Fraction) -> Iterator[Instant]:
        """Instants in ``[time0, time1)``, which are the times of neighbouring frames.

        Raises:
            ValueError: `needs` is False for the pair although instants remain in it.
        """
        if self.closed and time0 < self.end <= time1:
            raise ValueError("a closed plan ends inside this pair: finish with tail()")
        return self._within(time0, time1, min(time1, self.end))

    def tail(self, last_time: Fraction, end: Fraction) -> Iterator[Instant]:
        """Instants from the last frame of all, at `last_time`, until it ends at `end`.

        The frame is held; with `loop`, the instants lie between it (``t = 0``) and the
        first frame that the plan used (the one at `start`).

        Args:
            last_time: of the last frame used.
            end: where it stops: the time of the first frame left out if there is one,
                else `last_time` and its span.
        """
        end = min(end, self.end)
        if self.loop:
            return self._within(last_time, end, end)
        return self._held(last_time, end)

    def _held(self, low: Fraction, high: Fraction) -> Iterator[Instant]:
        """Instants in ``[low, high)``, all on the earlier frame itself."""
        for index in self._indices(low, high):
            yield Instant(index, self.source_time(index), Fraction(0))

    def _within(self, time0: Fraction, time1: Fraction, high: Fraction) -> Iterator[Instant]:
        """Instants in ``[time0, high)``, placed between `time0` and `time1`."""
        for index in self._indices(time0, high):
            time = self.source_time(index)
            yield Instant(index, time, (time - time0) / (time1 - time0))

    def _indices(self, low: Fraction, high: Fraction) -> range:
        """Indices of the instants in ``[low, high)``."""
        return range(max(self.index_at(low), self.first), self.index_at(high))


@dataclass(frozen=True, kw_only=True)
class ConstantPlan(Plan):
    """Instants ``start + k / fps`` for every whole ``k`` with ``k / fps < end - start``.

    Attributes:
        fps: instants per second of source time.
        rate: rate at which the output plays; `fps`, or the source's rate in slow motion.
    """

    fps: Fraction
    rate: Fraction

    @property
    def output_rate(self) -> Fraction:
        """Rate at which the output plays."""
        return self.rate

    @property
    def stretch(self) -> Fraction:
        """Seconds of output for a second of source."""
        return self.fps / self.rate

    def source_time(self, index: int) -> Fraction:
        """Where output frame `index` lies in the source, in seconds after the first frame."""
        return self.start + index / self.fps

    def index_at(self, time: Fraction) -> int:
        """Index of the first instant at or after a source time."""
        return max(0, math.ceil((time - self.start) * self.fps))

    def distances(self) -> frozenset[Fraction]:
        """One frame of the output's rate."""
        return frozenset((1 / self.rate,))
