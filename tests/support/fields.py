"""Interlaced clips from a scene that is known at every instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.filter import Graph

from tests.support.videos import make_video

SIZE = (64, 48)
NTSC = Fraction(30000, 1001)


def scene(instant: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A bright block on grey that moves two pixels to the right from instant to instant."""
    picture = np.full((size[1], size[0], 3), 60, np.uint8)
    left = 4 + 2 * instant
    picture[12:36, left : left + 12] = 200
    return picture


def woven(first: np.ndarray, second: np.ndarray, top_first: bool) -> np.ndarray:
    """The lines of two instants in one picture; the top field has the first line."""
    picture = first.copy()
    begin = 1 if top_first else 0
    picture[begin::2] = second[begin::2]
    return picture


def interlaced_frame(number: int, top_first: bool, pixel_format: str) -> av.VideoFrame:
    """Frame `number` of the scene: instants ``2 * number`` and the one after it."""
    image = woven(scene(2 * number), scene(2 * number + 1), top_first)
    return flagged(image, "tff" if top_first else "bff", pixel_format)


def whole_frame(number: int, pixel_format: str) -> av.VideoFrame:
    """Both fields from the instant ``2 * number``."""
    return flagged(scene(2 * number), "prog", pixel_format)


def flagged(image: np.ndarray, mode: str, pixel_format: str) -> av.VideoFrame:
    """With the flags that only a filter can set: ``tff``, ``bff`` or ``prog``."""
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pixel_format)
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    flags, sink = graph.add("setfield", mode), graph.add("buffersink")
    source.link_to(flags)
    flags.link_to(sink)
    graph.configure()
    graph.push(frame)
    made = graph.pull()
    assert isinstance(made, av.VideoFrame)
    return made


def make_fields(
    path: Path,
    count: int = 6,
    top_first: bool = True,
    codec: str = "ffv1",
    pixel_format: str = "yuv420p",
    whole: Sequence[int] = (),
    options: Mapping[str, str] | None = None,
    **kinds: object,
) -> Path:
    """Write an interlaced clip of the scene.

    Args:
        path: of the file.
        count: frames.
        top_first: the field with the first line is the earlier one.
        codec: encoder; FFV1 keeps the flags of each frame.
        pixel_format: what to encode.
        whole: numbers of frames that are not interlaced.
        options: of the encoder.
        kinds: further arguments of `make_video`.
    """
    frames = [
        whole_frame(number, pixel_format)
        if number in whole
        else interlaced_frame(number, top_first, pixel_format)
        for number in range(count)
    ]
    kinds = {"rate": NTSC, **kinds}
    return make_video(path, frames=frames, codec=codec, options=options, **kinds)  # type: ignore[arg-type]
