"""The planes of FFmpeg's frames as arrays, and values of full scale between depths."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from av.video.frame import VideoFrame

from dain.media.frame import Pixels


def plane_of(frame: VideoFrame, index: int, channels: int = 1) -> Pixels:
    """A writable view of one plane without the padding at the ends of its lines."""
    plane = frame.planes[index]
    kind = np.dtype(np.uint16 if frame.format.components[0].bits > 8 else np.uint8)
    shape = (plane.height, plane.width, channels)[: 2 if channels == 1 else 3]
    strides = (plane.line_size, channels * kind.itemsize, kind.itemsize)[: len(shape)]
    return cast("Pixels", np.ndarray(shape, kind, cast("Any", plane), strides=strides))


def planes_of(frame: VideoFrame) -> list[Pixels]:
    """A view of each component of a planar frame, or of grey and alpha."""
    if frame.format.name.startswith("ya"):
        both = plane_of(frame, 0, 2)
        return [both[..., 0], both[..., 1]]
    return [plane_of(frame, index) for index in range(len(frame.planes))]


def rescaled(values: Pixels, depth: int, to_depth: int) -> Pixels:
    """Full-scale values, such as alpha, from one depth to another, rounded.

    To a depth no smaller and back is exact.
    """
    if depth == to_depth:
        return values
    top, to_top = (1 << depth) - 1, (1 << to_depth) - 1
    wide = (values.astype(np.uint32) * to_top + top // 2) // top
    return cast("Pixels", wide.astype(np.uint8 if to_depth == 8 else np.uint16))
