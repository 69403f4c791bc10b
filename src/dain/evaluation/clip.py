"""A person's own clip as a dataset: every other frame is taken out, made again and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

from dain.errors import MediaError
from dain.evaluation.datasets import spread
from dain.evaluation.measures import Picture
from dain.evaluation.samples import Loaded, Truth, as_8_bit
from dain.media import Frame, FrameReader, open_reader
from dain.timeline import Timing, measure

SHORTEST_RUN = 12
"""Samples that are taken in a row where neighbours are needed: a second of a film of 24 fps."""
MOST_RUNS = 8
"""Such rows at most: before each, many frames are looked at to judge by."""


@dataclass(frozen=True)
class ClipSample:
    """Three frames of a clip that follow each other.

    Attributes:
        name: number of the middle frame, from 0, and its time.
        loaded: their pictures.
        subset: empty: a clip has no parts.
    """

    name: str
    loaded: Loaded
    subset: str = ""

    def load(self) -> Loaded:
        """The pictures, which are in memory already."""
        return self.loaded


@dataclass(frozen=True)
class Window:
    """A part of a clip that is decoded in one go.

    Attributes:
        first: pts of its first frame, whose number is even.
        last: pts of its last one.
        wanted: pts of the first and of the last frame of each run of samples in it.
    """

    first: int
    last: int
    wanted: tuple[tuple[int, int], ...]

    def wants(self, pts: int) -> bool:
        """Whether a frame between two others is to be made."""
        return any(first < pts < last for first, last in self.wanted)


class ClipSamples:
    """The samples of a clip: frames 0, 1, 2, then 2, 3, 4, and so on; 1, 3, ... are the truths.

    Each pass over them decodes the clip anew and holds three frames at a time. A true frame's
    time is its exact place between its neighbours, which in a video of variable rate is not
    always half way. Frames that repeat the one before and cuts are measured like all others.

    Args:
        path: video file, or a folder or pattern of stills.
        limit: at most so many samples, spread evenly; None for all.
        in_runs: these come in few runs of neighbours (`SHORTEST_RUN`, `MOST_RUNS`), which are
            what is spread: judgement takes its time to look around before each.

    Attributes:
        path: of the clip.
        timing: of its frames.
        messages: what the reader had to say, complete after a pass; one line each.

    Raises:
        MediaError: it cannot be read, or holds fewer than three frames.
        OptionError: the limit is below 1.
    """

    def __init__(self, path: Path, limit: int | None = None, in_runs: bool = False) -> None:
        self.messages: list[str] = []
        self.path = path
        self._is_whole = limit is None
        with open_reader(path) as reader:
            times = reader.timestamps()
            rates = reader.info.rates
        if len(times.pts) < 3:
            raise MediaError(
                f"expected a clip of at least three frames, found {len(times.pts)} in {path}"
            )
        self.timing: Timing = measure(times.pts, times.time_base, rates, times.last_duration)
        self._pts = times.pts
        # Numbers of the samples: the frames of sample k are 2 k, 2 k + 1 and 2 k + 2.
        self._runs = _runs((len(times.pts) - 1) // 2, limit, in_runs)

    def __len__(self) -> int:
        """How many samples the container promises; damage may leave fewer."""
        return sum(map(len, self._runs))

    def windows(self, behind: int, ahead: int) -> list[Window]:
        """Parts of the clip that hold all samples, with frames around each run of them.

        Args:
            behind: even frames before the first one of a run.
            ahead: even frames after its last one.
        """
        count = (len(self._pts) - 1) // 2
        parts: list[tuple[int, int, list[range]]] = []
        for run in self._runs:
            low, high = max(0, run.start - behind), min(count, run.stop + ahead)
            if parts and low <= parts[-1][1]:
                begin, _, runs = parts.pop()
                parts.append((begin, high, [*runs, run]))
            else:
                parts.append((low, high, [run]))
        return [
            Window(
                self._pts[2 * low],
                self._pts[2 * high],
                tuple((self._pts[2 * run.start], self._pts[2 * run.stop]) for run in runs),
            )
            for low, high, runs in parts
        ]

    def hear(self, reader: FrameReader) -> None:
        """Keep what a reader of the clip had to say."""
        said = [*reader.messages, *reader.damage.messages]
        self.messages += [line for line in said if line not in self.messages]

    def nothing_decoded(self) -> MediaError:
        """That not even one sample could be decoded."""
        return MediaError(
            f"expected at least three frames, found fewer that can be decoded in {self.path}"
        )

    def __iter__(self) -> Iterator[ClipSample]:
        """Decode the samples one after the other.

        Raises:
            MediaError: none could be decoded.
        """
        count = 0
        with open_reader(self.path) as reader:
            for frames in self._all(reader) if self._is_whole else self._chosen(reader):
                count += 1
                yield self._sample(*frames)
            self.hear(reader)
        if count == 0:
            raise self.nothing_decoded()

    def _all(self, reader: FrameReader) -> Iterator[tuple[Frame, Frame, Frame]]:
        stream = reader.frames()
        first = next(stream, None)
        while first is not None:
            truth, last = next(stream, None), next(stream, None)
            if truth is None or last is None:
                return
            yield first, truth, last
            first = last

    def _chosen(self, reader: FrameReader) -> Iterator[tuple[Frame, Frame, Frame]]:
        for number in chain.from_iterable(self._runs):
            taken = list(islice(reader.frames(from_pts=self._pts[2 * number]), 3))
            if len(taken) == 3:
                yield taken[0], taken[1], taken[2]

    def _sample(self, first: Frame, truth: Frame, last: Frame) -> ClipSample:
        begin, at, end = (self.timing.time_of(frame.pts) for frame in (first, truth, last))
        time = (at - begin) / (end - begin)
        truths = [Truth(time, _picture(truth))]
        return ClipSample(name_of(truth.index, at), Loaded(_picture(first), _picture(last), truths))


def name_of(number: int, time: Fraction) -> str:
    """Name of the sample of a true frame."""
    return f"frame {number} at {float(time):.3f} s"


def _picture(frame: Frame) -> Picture:
    return as_8_bit(frame.pixels)


def _runs(count: int, limit: int | None, in_runs: bool) -> Sequence[range]:
    """Which of `count` samples are taken, as runs of their numbers, rising and apart.

    Raises:
        OptionError: the limit is below 1.
    """
    taken = spread(range(count), limit)
    if limit is None or limit >= count:
        return [range(count)]
    if not in_runs:
        return [range(number, number + 1) for number in taken]
    runs = max(1, min(MOST_RUNS, limit // SHORTEST_RUN))
    # A run lies within its share of the clip, so none reaches into the next.
    return [
        range(count * k // runs, count * k // runs + limit * (k + 1) // runs - limit * k // runs)
        for k in range(runs)
    ]
