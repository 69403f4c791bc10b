"""Field matching: which bottom field belongs to a frame's top field, and the frame of both.

In film on video the two fields of one film frame may lie in neighbouring frames. The field that
belongs to another continues it: its lines lie between the lines above and below, and where a
field of another instant is laid there instead, they stand out as a comb.

FFmpeg's fieldmatch does this, too, but was left aside. Of six clips of 854x480, woven into 3:2
without loss, it mismatched 5 frames of 60 in the most detailed one and took 14 for combed; of 24
frames of slow interlaced video it found whole all but 2; it takes 20 to 60 ms a frame rather than
2; and it weaves deeper pictures (`ppsrc`) by half their width (libavfilter 11.14).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from dain.media.planes import plane_of

Luma: TypeAlias = "npt.NDArray[np.uint8]"

# Of 255: how far a line may stand out for noise alone. Noise of sigma 3 then leaves the
# figures of `python -m benchmarks.judgement.telecine` nearly as they are.
_NOISE = 4
# The frame's own bottom field is taken unless another fits better by this factor ...
_BETTER = 0.8
# ... and by more than this, in levels on average: less is a still picture.
_STILL = 0.002


@dataclass(frozen=True, slots=True)
class Fit:
    """How well three bottom fields continue a frame's top field.

    Attributes:
        partner: where the one that fits best lies: -1 in the frame before, 0, or 1 in the next.
        combs: how far each stands out where another does not, from the best fit to the worst;
            levels of 255, on average over the picture.
    """

    partner: int
    combs: tuple[float, ...]


def fit(before: Luma | None, now: Luma, after: Luma | None) -> Fit:
    """Compare the bottom fields of three frames in the top field of the middle one.

    Args:
        before: luma, ``(H, W)`` uint8; None where there is none.
        now: likewise, of the same size.
        after: as `before`.
    """
    lines = (now.shape[0] - 1) // 2  # bottom lines that have a line below
    if lines < 1:
        return Fit(0, (0.0,))
    above, below = now[0 : 2 * lines : 2], now[2 : 2 * lines + 1 : 2]
    low, high = np.minimum(above, below), np.maximum(above, below)
    partners = [(0, now), (-1, before), (1, after)]
    out = {
        partner: _standing_out(frame[1 : 2 * lines : 2], low, high)
        for partner, frame in partners
        if frame is not None and frame.shape == now.shape
    }
    # What stands out in all of them is detail of the picture.
    shared = np.minimum(functools.reduce(np.minimum, out.values()), 255 - _NOISE) + _NOISE
    combs = {
        partner: float(cv2.sumElems(cv2.subtract(excess, shared))[0]) / low.size
        for partner, excess in out.items()
    }
    best = min(combs, key=lambda partner: combs[partner])
    if combs[best] > _BETTER * combs[0] - _STILL:
        best = 0
    return Fit(best, tuple(sorted(combs.values())))


def joined(top: VideoFrame, bottom: VideoFrame) -> VideoFrame:
    """A whole frame from the top field of one and the bottom field of another of its kind."""
    made = VideoFrame(top.width, top.height, top.format.name)
    for target, *sources in zip(_lines(made), _lines(top), _lines(bottom), strict=True):
        for parity, source in enumerate(sources):
            width = min(target.shape[1], source.shape[1])
            target[parity::2, :width] = source[parity::2, :width]
    made.pts, made.time_base = top.pts, top.time_base
    made.colorspace, made.color_range = top.colorspace, top.color_range
    made.color_primaries, made.color_trc = top.color_primaries, top.color_trc
    return made


def luma_of(native: VideoFrame) -> Luma:
    """The brightness of a frame, ``(H, W)`` uint8; shared with it where it has such a plane."""
    name, components = native.format.name, native.format.components
    if (
        name.startswith(("yuv", "nv", "gray"))
        and components[0].bits == 8
        and len(native.planes) > 1
    ):
        return cast("Luma", plane_of(native, 0))
    return cast("Luma", plane_of(native.reformat(format="gray"), 0))


def _standing_out(field: Luma, low: Luma, high: Luma) -> Luma:
    """How far each sample lies outside of the two above and below it."""
    return cast("Luma", cv2.add(cv2.subtract(field, high), cv2.subtract(low, field)))


def _lines(frame: VideoFrame) -> Iterator[Luma]:
    """Each plane as bytes, line by line, whatever lies in them."""
    for plane in frame.planes:
        shape = (plane.height, plane.line_size)
        yield np.ndarray(shape, np.uint8, cast("Any", plane))
