"""What `notebooks/dain_colab.ipynb` shows: how far a run is, and both videos side by side.

Nothing here is needed to interpolate; it works in any notebook with IPython.
"""

from __future__ import annotations

import base64
import html
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.errors import OptionError
from dain.jobs import Progress
from dain.media import Frame, FrameReader, OutputSpec, VideoInfo, open_reader, open_writer
from dain.settings import DEFAULT_STILLS_RATE, EncodeSettings

_MOST_HEIGHT = 360  # pixels; two of them stand beside each other, and travel inside the notebook
_MOST_SECONDS = 10
_MOST_RATE = Fraction(60)
_CRF = 23
_HALF = Fraction(1, 2)
_PATIENCE = 0.5  # seconds between two looks of the bar

# Both begin again together, so that what they show is the same moment.
_PLAYER = """\
<div class="dain-player" style="display:flex;flex-wrap:wrap;gap:8px;font-family:sans-serif">
{figures}
<button style="flex-basis:100%;max-width:16em" onclick="for (const v of
this.parentElement.querySelectorAll('video')) {{ v.currentTime = 0; v.play(); }}">
Play both from the start</button>
</div>
"""
_FIGURE = """\
<figure style="margin:0"><figcaption>{caption}</figcaption>
<video controls loop muted autoplay playsinline width="{width}" height="{height}"
src="data:video/mp4;base64,{data}"></video></figure>"""


class ProgressBar:
    """A bar below the cell; give one to each run as `on_progress`."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._stage = ""
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show an event, unless the last one was a moment ago."""
        now = time.monotonic()
        is_last = progress.total > 0 and progress.done >= progress.total
        if progress.stage == self._stage and now < self._next and not is_last:
            return
        self._stage, self._next = progress.stage, now + _PATIENCE
        self._show(_bar(progress))

    def _show(self, bar: str) -> None:
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(bar), display_id=True)
        else:
            self._handle.update(HTML(bar))


def _bar(progress: Progress) -> str:
    said: list[str] = [progress.stage]
    if progress.total:
        said.append(f"{progress.done} of {progress.total} frames")
    if progress.rate is not None:
        said.append(f"{progress.rate:.3g} frames/s")
    if progress.seconds_left is not None:
        said.append(f"{progress.seconds_left:.0f} s left")
    total = max(progress.total, 1)
    return f'<progress value="{progress.done}" max="{total}"></progress> {", ".join(said)}'


def side_by_side(
    before: str | PathLike[str],
    after: str | PathLike[str],
    *,
    start_frame: int = 0,
    end_frame: int | None = None,
) -> str:
    """Small copies of two videos in one piece of HTML that plays them together.

    Args:
        before: video, animated image or stills.
        after: likewise; what became of it.
        start_frame: of `before`, with which `after` begins.
        end_frame: of `before`, with which `after` ends; None for its last.

    Returns:
        HTML with the videos inside: the first ten seconds, at most 360 pixels high.

    Raises:
        MediaError: one of them cannot be read.
        OptionError: there is no such frame.
    """
    with tempfile.TemporaryDirectory(prefix="dain-player-") as folder:
        figures = [
            _figure("before", Path(before), Path(folder) / "before.mp4", start_frame, end_frame),
            _figure("after", Path(after), Path(folder) / "after.mp4", 0, None),
        ]
    return _PLAYER.format(figures="\n".join(figures))


def _figure(title: str, source: Path, copy: Path, first: int, last: int | None) -> str:
    with open_reader(source) as reader:
        rate = _rate(reader.info)
        width, height = _size(reader.info)
        spec = OutputSpec(width=width, height=height, rate=rate)
        with open_writer(copy, spec, EncodeSettings(crf=_CRF)) as writer:
            for index, frame in enumerate(_excerpt(reader, rate, first, last)):
                picture = _shrunk(frame, width, height)
                writer.write(Frame(picture, index, 1 / rate, 1, index))
    return _FIGURE.format(
        caption=html.escape(f"{title}: {source.name}, {float(rate):.4g} frames a second"),
        width=width,
        height=height,
        data=base64.b64encode(copy.read_bytes()).decode("ascii"),
    )


def _rate(info: VideoInfo) -> Fraction:
    return min(next(iter(info.rates), DEFAULT_STILLS_RATE), _MOST_RATE)


def _size(info: VideoInfo) -> tuple[int, int]:
    """Even, as the encoder wants it, with square pixels."""
    height = min(info.height, _MOST_HEIGHT)
    width = info.width * info.sample_aspect_ratio * height / info.height
    return max(2, round(width / 2) * 2), max(2, height // 2 * 2)


def _excerpt(reader: FrameReader, rate: Fraction, first: int, last: int | None) -> Iterator[Frame]:
    """The frame that is shown at each instant of a constant rate, for a few seconds."""
    stamps = reader.timestamps()
    pts, base = stamps.pts, stamps.time_base
    if not 0 <= first < len(pts):
        raise OptionError(f"expected a start frame from 0 to {len(pts) - 1}, found {first}")
    end = len(pts) - 1 if last is None else min(last, len(pts) - 1)
    after = pts[end + 1] if end + 1 < len(pts) else pts[end] + (stamps.last_duration or 1)
    begin = pts[first] * base
    seconds = min(after * base - begin, Fraction(_MOST_SECONDS))
    return _held(reader.frames(pts[first]), begin, rate, max(1, round(seconds * rate)))


def _held(frames: Iterable[Frame], begin: Fraction, rate: Fraction, count: int) -> Iterator[Frame]:
    """`count` frames, the one at ``begin + k / rate`` the last that has begun by then.

    Half a frame later counts as by then: many containers round times to milliseconds.
    """
    shown: Frame | None = None
    made = 0
    for frame in frames:
        while shown is not None and made < count and begin + (made + _HALF) / rate < frame.time:
            yield shown
            made += 1
        if made == count:
            return
        shown = frame
    for _ in range(count - made if shown is not None else 0):
        assert shown is not None
        yield shown


def _shrunk(frame: Frame, width: int, height: int) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[Any] = frame.pixels
    if pixels.dtype == np.uint16:
        pixels = pixels // 257
    small = cv2.resize(pixels.astype(np.uint8), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
