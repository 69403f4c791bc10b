"""FFmpeg's deinterlacer bwdif, fed and read picture by picture."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from av.error import BlockingIOError as NotYet
from av.error import EOFError as AtEnd
from av.filter import Graph
from av.video.frame import VideoFrame

from dain.media.decoding import Picture


@dataclass(frozen=True, slots=True)
class Deinterlaced:
    """A picture out of the filter.

    Attributes:
        picture: with the time and duration of the one that went in.
        is_second: it shows the second field of an interlaced one.
    """

    picture: Picture
    is_second: bool


def deinterlace(
    pictures: Iterator[Picture], each_field: bool, flagged: bool = True
) -> Iterator[Deinterlaced]:
    """Make whole pictures of interlaced ones, by their own field order; others pass untouched.

    Args:
        pictures: in order.
        each_field: an interlaced one gives two, one for each field, in order of time.
        flagged: interlaced are those that are flagged so; otherwise all.

    Raises:
        FFmpegError: the filter does not take pictures of this kind.
    """
    run: _Run | None = None
    for picture in pictures:
        if run is None or not run.takes(picture.native):
            if run is not None:
                yield from run.flush()
            run = _Run(picture.native, each_field, flagged)
        yield from run.push(picture)
    if run is not None:
        yield from run.flush()


class _Run:
    """One filter, for pictures of one size and kind; times inside are numbers of pictures."""

    def __init__(self, native: VideoFrame, each_field: bool, flagged: bool) -> None:
        self._kind = _kind_of(native)
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=native.width,
            height=native.height,
            format=native.format,
            time_base=Fraction(1),
        )
        mode = "send_field" if each_field else "send_frame"
        which = "interlaced" if flagged else "all"
        bwdif = self._graph.add("bwdif", f"mode={mode}:parity=auto:deint={which}:threads=1")
        # Pictures of a format that the filter does not take are converted, and back again.
        back = self._graph.add("format", f"pix_fmts={native.format.name}")
        sink = self._graph.add("buffersink")
        for one, following in ((source, bwdif), (bwdif, back), (back, sink)):
            one.link_to(following)
        self._graph.configure()
        self._waiting: deque[Picture] = deque()
        self._first = 0  # number of the picture that waits longest
        self._latest = -1  # number of the one that came out last

    def takes(self, native: VideoFrame) -> bool:
        return _kind_of(native) == self._kind

    def push(self, picture: Picture) -> Iterator[Deinterlaced]:
        """Feed a picture; gives what is ready, which is about the one before it."""
        native = picture.native
        native.pts, native.time_base = self._first + len(self._waiting), Fraction(1)
        self._waiting.append(picture)
        self._graph.push(native)
        yield from self._ready()

    def flush(self) -> Iterator[Deinterlaced]:
        """What is left."""
        self._graph.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[Deinterlaced]:
        while True:
            try:
                made = self._graph.pull()
            except (NotYet, AtEnd):
                return
            assert isinstance(made, VideoFrame)
            assert made.pts is not None
            # The filter counts in halves, but gives a frame without neighbours the same time twice.
            number = made.pts // 2
            is_second, self._latest = number == self._latest, number
            while self._first < number:
                self._waiting.popleft()
                self._first += 1
            yield Deinterlaced(replace(self._waiting[0], native=made), is_second)


def _kind_of(native: VideoFrame) -> tuple[int, int, str, int, int]:
    return (
        native.width,
        native.height,
        native.format.name,
        int(native.colorspace),
        int(native.color_range),
    )
