"""From the source's time to the output's, and which part of it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from dain.media.frame import OutputSpec

_LONG = Fraction(10)  # seconds that a line may stand beyond the last picture


@dataclass(frozen=True)
class TimeMap:
    """Source time `t` becomes ``offset + (t - origin) * stretch``; seconds throughout.

    Attributes:
        origin: a source time.
        offset: output time of `origin`.
        stretch: output seconds per source second; above 1 is slow motion.
    """

    origin: Fraction = Fraction(0)
    offset: Fraction = Fraction(0)
    stretch: Fraction = Fraction(1)

    def __call__(self, time: Fraction) -> Fraction:
        """The output time of a source time."""
        return self.offset + (time - self.origin) * self.stretch

    def source_of(self, time: Fraction) -> Fraction:
        """The source time of an output time."""
        return self.origin + (time - self.offset) / self.stretch


@dataclass(frozen=True)
class Window:
    """Which part of the source is copied, and to where.

    Attributes:
        start: source time in seconds before which nothing is copied; None for all.
        end: source time from which on nothing is copied; None for all.
        last: source time at which the last picture ends; None if unknown.
        times: from source time to output time.
        negative: packets before output time 0 may be kept (they prime decoders and are
            hidden by an edit list); elsewhere they would delay the whole file.
        silence: the container has no times for audio: a late start is filled with silence.
        strict: decoding times of a stream must rise, not merely not fall.
    """

    start: Fraction | None = None
    end: Fraction | None = None
    last: Fraction | None = None
    times: TimeMap = TimeMap()
    negative: bool = False
    strict: bool = True
    silence: bool = False

    @classmethod
    def of(cls, spec: OutputSpec, *, negative: bool, silence: bool) -> Window:
        """The window that an output asks for, in a container of these habits."""
        return cls(
            start=spec.copy_start if spec.cut_start else None,
            end=spec.copy_end,
            last=spec.source_end,
            times=TimeMap(spec.copy_start, spec.copy_offset, spec.copy_stretch),
            negative=negative,
            silence=silence,
        )

    @property
    def first(self) -> Fraction:
        """Source time of the first thing that can be seen or heard."""
        zero = self.times.source_of(Fraction(0))
        return zero if self.start is None else max(zero, self.start)

    @property
    def ends_with_pictures(self) -> bool:
        """Whether copying stops for want of pictures, not because somebody asked for it."""
        return self.end is not None and self.end == self.last

    def holds(self, start: Fraction, duration: Fraction) -> bool:
        """Whether something of this source time is copied."""
        if self.start is not None and start < self.start:
            # The last packet before the cut is kept where its end is still heard.
            if not self.negative or start + duration <= self.start:
                return False
        elif not self.negative and self.times(start) < 0:
            return False
        return self.end is None or start < self.end

    def clip(self, start: Fraction, duration: Fraction) -> tuple[Fraction, Fraction] | None:
        """What of a source time and duration lies inside, likewise; None for nothing.

        A duration of 0 is one that nobody knows: what begins before the window is then taken
        to end there.
        """
        end = start + duration
        begin = max(start, self.first)
        if begin > start and end <= begin:
            return None
        if self.end is not None:
            end = min(end, self.end)
            if begin >= self.end:
                return None
        return begin, max(end - begin, Fraction(0))

    def standing(self, start: Fraction, duration: Fraction) -> Fraction:
        """How long a line that begins then can stand: a damaged duration may be of days."""
        if self.last is None:
            return duration
        return min(duration, max(self.last - start, _LONG))

    def is_past(self, time: Fraction) -> bool:
        """Whether this source time, and so all that comes later, lies after the window."""
        return self.end is not None and time >= self.end
