"""Planes in depth order to frames, flow, order and visibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.scene_bending import Bending, Box, Map
from dain.training.scene_motion import Camera, Matrix, Path, inverse

Picture = npt.NDArray[np.uint8]

# Planes hold this many pixels for each of the frame's: what is sampled between them stays sharp.
DENSITY = 1.5


@dataclass(frozen=True)
class Layer:
    """A textured plane.

    Attributes:
        picture: ``(h, w, 4)`` uint8 RGBA; colours go on where alpha is 0.
        path: its own movement.
        camera: that of the camera; None for what is painted onto the film.
        nearness: in (0, 1], 1 nearest.
        endless: it fills the frame, mirrored beyond its edges.
        bending: within itself; None for what is stiff.
    """

    picture: Picture
    path: Path
    camera: Camera | None
    nearness: float
    endless: bool = False
    bending: Bending | None = None
    _matrices: dict[float, Matrix] = field(default_factory=dict, init=False, repr=False)

    def matrix(self, t: float) -> Matrix:
        """Pixels of the picture to pixels of the frame."""
        known = self._matrices.get(t)
        if known is None:
            known = self._matrices[t] = self._matrix(t)
        return known

    def _matrix(self, t: float) -> Matrix:
        height, width = self.picture.shape[:2]
        x, y, scale = (width - 1) / 2, (height - 1) / 2, 1 / DENSITY
        inner = np.array([[scale, 0, -x * scale], [0, scale, -y * scale], [0, 0, 1]])
        outer = self.path.matrix(t, max(x, y) * scale + 1)
        if self.camera is not None:
            outer = self.camera.matrix(t, self.nearness) @ outer
        return np.asarray(outer @ inner)

    def box(self, t: float, size: int) -> Box | None:
        """The part of the frame that it can touch; None if it touches none."""
        if self.endless:
            return 0, 0, size, size
        height, width = self.picture.shape[:2]
        more = 1 + (self.bending.reach if self.bending else 0)
        # Plain numbers: for four corners numpy takes ten times as long.
        (a, b, c), (d, e, f), (g, h, i) = self.matrix(t).tolist()
        xs, ys = [], []
        for x in (-more, width - 1 + more):
            for y in (-more, height - 1 + more):
                depth = max(g * x + h * y + i, 1e-3)
                xs.append((a * x + b * y + c) / depth)
                ys.append((d * x + e * y + f) / depth)
        left, top = max(0, floor(min(xs))), max(0, floor(min(ys)))
        right, bottom = min(size, ceil(max(xs)) + 1), min(size, ceil(max(ys)) + 1)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def seen(self, t: float, box: Box) -> Picture:
        """The part of the frame in `box` if nothing else were there, ``(h, w, 4)`` RGBA."""
        border = cv2.BORDER_REFLECT_101 if self.endless else cv2.BORDER_CONSTANT
        if self.bending is not None:
            x, y = self.bending.sources(self.matrix(t), box, self.path.done(t))
            part = cv2.remap(self.picture, x, y, cv2.INTER_LINEAR, borderMode=border)
            return np.asarray(part, np.uint8)
        left, top, right, bottom = box
        back = inverse(self.matrix(t)) @ np.array([[1, 0, left], [0, 1, top], [0, 0, 1.0]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (right - left, bottom - top)
        part = cv2.warpPerspective(self.picture, back, size, flags=flags, borderMode=border)
        return np.asarray(part, np.uint8)

    def carry(self, box: Box, start: float, end: float) -> tuple[Map, Map]:
        """Where what is at each pixel of `box` at `start` is at `end`: x and y, ``(h, w)`` each."""
        if self.bending is not None:
            x, y = self.bending.sources(self.matrix(start), box, self.path.done(start))
            return self.bending.places(x, y, self.matrix(end), self.path.done(end))
        return _carry(self.matrix(end) @ inverse(self.matrix(start)), box)


def render(layers: Sequence[Layer], t: float, size: int, labels: Picture | None = None) -> Picture:
    """The frame at time `t`, ``(size, size, 4)`` uint8, RGB and a channel without meaning.

    Args:
        layers: from the farthest, which must be endless, to the nearest.
        t: 0 at the first frame, 1 at the last.
        size: of the frame.
        labels: ``(size, size)``; filled with the number of the layer seen at each pixel.
    """
    frame = np.empty((size, size, 4), np.uint8)
    for number, layer in enumerate(layers):
        box = layer.box(t, size)
        if box is None:
            continue
        part = layer.seen(t, box)
        if layer.endless:
            frame = part
            if labels is not None:
                labels[:] = number
            continue
        left, top, right, bottom = box
        opacity = cv2.extractChannel(part, 3)
        weight = np.multiply(opacity, np.float32(1 / 255), dtype=np.float32)
        behind = frame[top:bottom, left:right]
        cv2.blendLinear(part, behind, weight, 1 - weight, dst=behind)
        if labels is not None:
            labels[top:bottom, left:right][opacity > 127] = number
    return frame


def render_exposed(
    layers: Sequence[Layer], t: float, size: int, shutter: float, steps: int
) -> Picture:
    """The frame as a shutter sees it that is open for a while, as `render` gives it.

    Args:
        layers: see `render`.
        t: the middle of the exposure.
        size: of the frame.
        shutter: how long it is open, 1 for the whole time from the first frame to the last.
        steps: how many moments stand for the exposure.
    """
    total = np.zeros((size, size, 4), np.float32)
    for moment in exposure_moments(t, shutter, steps):
        cv2.accumulate(render(layers, moment, size), total)
    return np.asarray(np.rint(total / steps), np.uint8)


def exposure_moments(t: float, shutter: float, steps: int) -> list[float]:
    """The moments that stand for an exposure; arguments as for `render_exposed`."""
    return [t + shutter * ((step + 0.5) / steps - 0.5) for step in range(steps)]


@dataclass(frozen=True)
class Truth:
    """What is known of one frame; attributes as in `dain.training.samples.Sample`."""

    flow: npt.NDArray[np.float32]
    nearness: Map
    visible: Map


def describe(
    layers: Sequence[Layer], labels: Picture, other_labels: Picture, start: float, end: float
) -> Truth:
    """Flow from `start` to `end`, order and visibility of a frame.

    Args:
        layers: as rendered.
        labels: of the frame at `start`, as `render` makes them.
        other_labels: of the frame at `end`.
        start: a time.
        end: another.
    """
    target_x, target_y = _carry_all(layers, labels, start, end)
    visible = _within(target_x, target_y, labels.shape[0])
    visible &= _look_up_labels(other_labels, target_x, target_y) == labels
    nearness = np.array([layer.nearness for layer in layers], np.float32)
    return Truth(_flow_to(target_x, target_y), nearness[labels], visible.astype(np.float32))


def flow_between(
    layers: Sequence[Layer], labels: Picture, start: float, end: float
) -> npt.NDArray[np.float32]:
    """Flow alone, ``(size, size, 2)`` in pixels; arguments as for `describe`."""
    return _flow_to(*_carry_all(layers, labels, start, end))


def _carry_all(
    layers: Sequence[Layer], labels: Picture, start: float, end: float
) -> tuple[Map, Map]:
    """Where what is seen at each pixel at `start` is at `end`: x and y, ``(size, size)`` each."""
    size = labels.shape[0]
    target_x, target_y = np.empty((2, size, size), np.float32)
    for number, layer in enumerate(layers):
        box = layer.box(start, size)
        if box is None:
            continue
        left, top, right, bottom = box
        mine = (labels[top:bottom, left:right] == number).view(np.uint8)
        x, y = layer.carry(box, start, end)
        cv2.copyTo(x, mine, target_x[top:bottom, left:right])
        cv2.copyTo(y, mine, target_y[top:bottom, left:right])
    return target_x, target_y


def _flow_to(x: Map, y: Map) -> npt.NDArray[np.float32]:
    line = np.arange(x.shape[0], dtype=np.float32)
    return np.asarray(cv2.merge([x - line, y - line[:, None]]), np.float32)


def _within(x: Map, y: Map, size: int) -> npt.NDArray[np.bool_]:
    """Which places lie in the frame."""
    slack = 1e-3  # what stands still at the border is inside, rounding or not
    return np.asarray((np.minimum(x, y) > -slack) & (np.maximum(x, y) < size - 1 + slack), np.bool_)


def _look_up_labels(labels: Picture, x: Map, y: Map) -> Picture:
    return np.asarray(
        cv2.remap(labels, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _carry(matrix: Matrix, box: Box) -> tuple[Map, Map]:
    """Where each pixel of `box` goes: x and y, each ``(h, w)``."""
    left, top, right, bottom = box
    m = (matrix / matrix[2, 2]).astype(np.float32)
    x = np.arange(left, right, dtype=np.float32)
    y = np.arange(top, bottom, dtype=np.float32)[:, None]
    carried_x = m[0, 0] * x + (m[0, 1] * y + m[0, 2])
    carried_y = m[1, 0] * x + (m[1, 1] * y + m[1, 2])
    if abs(m[2, 0]) > 1e-9 or abs(m[2, 1]) > 1e-9:
        depth = m[2, 0] * x + (m[2, 1] * y + 1)
        carried_x /= depth
        carried_y /= depth
    return carried_x, carried_y
