"""A person's own clip as a dataset: every other frame is taken out, made again and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dain.errors import MediaError
from dain.evaluation.datasets import spread
from dain.evaluation.measures import Picture
from dain.evaluation.samples import Loaded, Truth, as_8_bit
from dain.media import Frame, FrameReader, open_reader
from dain.timeline import measure


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


class ClipSamples:
    """The samples of a clip: frames 0, 1, 2, then 2, 3, 4, and so on; 1, 3, ... are the truths.

    Each pass over them decodes the clip anew and holds three frames at a time. A true frame's
    time is its exact place between its neighbours, which in a video of variable rate is not
    always half way. Frames that repeat the one before and cuts are measured like all others.

    Args:
        path: video file, or a folder or pattern of stills.
        limit: at most so many samples, spread evenly; None for all.

    Attributes:
        messages: what the reader had to say, complete after a pass; one line each.

    Raises:
        MediaError: it cannot be read, or holds fewer than three frames.
        OptionError: the limit is below 1.
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self.messages: list[str] = []
        self._path = path
        self._is_whole = limit is None
        with open_reader(path) as reader:
            times = reader.timestamps()
            rates = reader.info.rates
        if len(times.pts) < 3:
            raise MediaError(
                f"expected a clip of at least three frames, found {len(times.pts)} in {path}"
            )
        self._timing = measure(times.pts, times.time_base, rates, times.last_duration)
        # The pts of each sample's first frame: where decoding starts for it.
        self._starts = spread(times.pts[:-2:2], limit)

    def __len__(self) -> int:
        """How many samples the container promises; damage may leave fewer."""
        return len(self._starts)

    def __iter__(self) -> Iterator[ClipSample]:
        """Decode the samples one after the other.

        Raises:
            MediaError: none could be decoded.
        """
        count = 0
        with open_reader(self._path) as reader:
            for frames in self._all(reader) if self._is_whole else self._chosen(reader):
                count += 1
                yield self._sample(*frames)
            said = [*reader.messages, *reader.damage.messages]
            self.messages += [line for line in said if line not in self.messages]
        if count == 0:
            raise MediaError(
                f"expected at least three frames, found fewer that can be decoded in {self._path}"
            )

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
        for start in self._starts:
            taken = list(islice(reader.frames(from_pts=start), 3))
            if len(taken) == 3:
                yield taken[0], taken[1], taken[2]

    def _sample(self, first: Frame, truth: Frame, last: Frame) -> ClipSample:
        begin, at, end = (self._timing.time_of(frame.pts) for frame in (first, truth, last))
        time = (at - begin) / (end - begin)
        truths = [Truth(time, _picture(truth))]
        name = f"frame {truth.index} at {float(at):.3f} s"
        return ClipSample(name, Loaded(_picture(first), _picture(last), truths))


def _picture(frame: Frame) -> Picture:
    return as_8_bit(frame.pixels)
