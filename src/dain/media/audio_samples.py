"""Decoded audio as one unbroken run of samples, cut to the window."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from dain.media.window import Window

Samples: TypeAlias = npt.NDArray[Any]

_SLACK = Fraction(1, 100)  # seconds by which rounded time stamps may be off
# Planar, signed formats that hold what the others hold.
_PLANAR = {"u8": "s16p", "s16": "s16p", "s32": "s32p", "flt": "fltp", "dbl": "dblp"}
# Where the source gives the number of channels only.
USUAL_LAYOUTS = {
    1: "mono",
    2: "stereo",
    3: "3.0",
    4: "quad",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}


class SampleRun:
    """Puts the samples of decoded frames one behind the other.

    Gaps become silence, overlaps are dropped, and frames of another format, layout or rate are
    brought to those of the first: an encoder counts samples and would close every gap.

    Args:
        window: what lies outside, or before output time 0, is cut away, to the sample.
        sample_format: planar format to bring all to; None for the first frame's own.

    Attributes:
        rate: samples a second; 0 before the first.
        format: of the samples, planar, as FFmpeg names it.
        layout: of the channels, likewise.
        begin: number of the first sample, counted at `rate` from source time 0.
    """

    def __init__(self, window: Window, sample_format: str | None = None) -> None:
        self.rate = 0
        self.format = sample_format or ""
        self.layout = ""
        self.begin: int | None = None
        self._window = window
        self._next = 0
        self._resamplers: dict[tuple[str, str, int], AudioResampler] = {}

    def take(self, frame: AudioFrame) -> Iterator[Samples]:
        """What follows from a frame, as arrays ``(channels, samples)``.

        Raises:
            FFmpegError: the frame cannot be brought to the format of the first.
        """
        timed = frame.pts is not None and frame.time_base is not None
        if not frame.samples or (self.begin is None and not timed):
            return
        if not self.rate:
            self._adopt(frame)
        position = self._next
        if frame.pts is not None and frame.time_base is not None:
            position = round(frame.pts * frame.time_base * self.rate)
        if self.begin is not None and abs(position - self._next) <= _SLACK * self.rate:
            position = self._next
        for even in self._resampler(frame).resample(frame):
            samples = even.to_ndarray()
            yield from self._place(position, samples)
            position += samples.shape[1]

    def _adopt(self, frame: AudioFrame) -> None:
        self.rate = frame.sample_rate
        base = frame.format.name.removesuffix("p")
        self.format = self.format or _PLANAR.get(base, "dblp")
        self.layout = frame.layout.name
        if self.layout.endswith("channels"):
            self.layout = USUAL_LAYOUTS.get(len(frame.layout.channels), self.layout)

    def _resampler(self, frame: AudioFrame) -> AudioResampler:
        key = (frame.format.name, frame.layout.name, frame.sample_rate)
        if key not in self._resamplers:
            self._resamplers[key] = AudioResampler(self.format, self.layout, self.rate)
        return self._resamplers[key]

    def _place(self, position: int, samples: Samples) -> Iterator[Samples]:
        """The part inside the window that is new, and silence before it if there is a gap."""
        first = max(position, self._count(self._window.first))
        if self.begin is not None:
            first = max(first, self._next)
        stop = position + samples.shape[1]
        if self._window.end is not None:
            stop = min(stop, self._count(self._window.end))
        if first >= stop:
            return
        if self.begin is None:
            self.begin = self._next = first
        while self._next < first:
            count = min(first - self._next, self.rate)
            self._next += count
            yield np.zeros((samples.shape[0], count), samples.dtype)
        self._next = stop
        yield samples[:, first - position : stop - position]

    def _count(self, time: Fraction) -> int:
        return round(time * self.rate)


def to_frame(samples: Samples, run: SampleRun, position: int) -> AudioFrame:
    """Samples of a run as a frame, `position` samples after output time 0."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), run.format, run.layout)
    frame.sample_rate, frame.time_base = run.rate, Fraction(1, run.rate)
    frame.pts = position
    return frame
