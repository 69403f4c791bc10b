"""Outlines of things: opacity masks that are soft, hard, thin, holed, or written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.procedural_textures import fractal_noise
from dain.training.scene_motion import chance, log_uniform

Mask = npt.NDArray[np.uint8]
Draw = Callable[[np.random.Generator, int, int], Mask]

MARGIN = 3  # pixels around every mask that stay empty
_SHIFT = 4  # OpenCV draws at sixteenths of a pixel
_FULL = 255


@dataclass(frozen=True)
class Shape:
    """A kind of outline.

    Attributes:
        draw: from random numbers, height and width to a mask; it may reach into the margin.
        weight: how often it occurs, against the others.
        smallest: of its longer side, as a share of the frame.
        largest: likewise.
        slimmest: its shorter side, as a share of the longer one.
        upright: it stands or lies; it is not turned at random.
    """

    draw: Draw
    weight: float
    smallest: float = 0.1
    largest: float = 1.0
    slimmest: float = 0.35
    upright: bool = False

    def mask(self, random: np.random.Generator, height: int, width: int) -> Mask:
        """Drawn, with an empty margin, ``(height, width)`` uint8."""
        return _cleared(self.draw(random, height, width))


def _empty(height: int, width: int) -> Mask:
    return np.zeros((height, width), np.uint8)


def _fixed(points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(points * (1 << _SHIFT)), np.int32)


def _fill(mask: Mask, points: npt.NDArray[np.floating], value: int = _FULL) -> None:
    cv2.fillPoly(mask, [_fixed(points)], value, cv2.LINE_AA, _SHIFT)


def _stroke(mask: Mask, points: npt.NDArray[np.floating], thickness: int) -> None:
    cv2.polylines(mask, [_fixed(points)], False, _FULL, max(thickness, 1), cv2.LINE_AA, _SHIFT)


def _within(points: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.floating]:
    """Points in [-1, 1] as pixels inside the margin."""
    half = np.array([(width - 1) / 2 - MARGIN, (height - 1) / 2 - MARGIN])
    return np.asarray(points * np.maximum(half, 1) + [(width - 1) / 2, (height - 1) / 2])


def _round_about(
    random: np.random.Generator, count: int, roughness: float
) -> npt.NDArray[np.float64]:
    """A star-shaped outline in [-1, 1]."""
    angles = (np.arange(count) + random.uniform(-0.3, 0.3, count)) * (2 * np.pi / count)
    radius = random.uniform(1 - roughness, 1, count)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], -1)


def _ellipse(random: np.random.Generator, height: int, width: int) -> Mask:
    mask = _empty(height, width)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    _fill(mask, _within(np.stack([np.cos(angles), np.sin(angles)], -1), height, width))
    return mask


def _polygon(random: np.random.Generator, height: int, width: int) -> Mask:
    mask = _empty(height, width)
    outline = _round_about(random, int(random.integers(3, 11)), float(random.uniform(0, 0.6)))
    _fill(mask, _within(outline, height, width))
    return mask


def _box(random: np.random.Generator, height: int, width: int) -> Mask:
    """A rectangle, its corners rounded or not."""
    mask = _empty(height, width)
    mask[MARGIN : height - MARGIN, MARGIN : width - MARGIN] = _FULL
    if chance(random, 0.5):
        reach = 2 * int(random.uniform(0, 0.25) * min(height, width)) + 1
        blurred = cv2.GaussianBlur(mask, (reach, reach), 0)
        mask = _hardened(blurred, 0.6, 0.08)
    return mask


def _smooth_blob(random: np.random.Generator, height: int, width: int) -> Mask:
    """A smooth closed curve: few corners, joined by a curve through more."""
    mask = _empty(height, width)
    harmonics = int(random.integers(2, 6))
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = np.ones_like(angles)
    for n in range(1, harmonics + 1):
        strength, phase = random.uniform(0, 0.45) / n, random.uniform(0, 2 * np.pi)
        radius += strength * np.cos(n * angles + phase)
    radius /= radius.max()
    points = np.stack([radius * np.cos(angles), radius * np.sin(angles)], -1)
    _fill(mask, _within(points, height, width))
    return mask


def _torn(random: np.random.Generator, height: int, width: int) -> Mask:
    """Noise above a level, within an ellipse: rocks, leaves, splashes, with holes at times."""
    cell = int(min(height, width) * random.uniform(0.12, 0.6))
    noise = fractal_noise(random, height, width, max(cell, 4), int(random.integers(1, 4)))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    value = 1.05 - (x * x + y * y) + random.uniform(0.3, 1.2) * noise
    return np.asarray(np.clip(128 + 127 * value * min(height, width) / 10, 0, 255), np.uint8)


def _mist(random: np.random.Generator, height: int, width: int) -> Mask:
    """Smoke, fire, a lens out of focus: edges that take a good part of the whole."""
    noise = fractal_noise(random, height, width, max(min(height, width) // 3, 4), 3)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)
    value = 1 - (x * x + y * y) + random.uniform(0, 0.5) * noise
    return np.asarray(np.clip(255 * value * random.uniform(0.7, 2.5), 0, 255), np.uint8)


def _ring(random: np.random.Generator, height: int, width: int) -> Mask:
    """A ring or a frame: the middle of a shape is missing."""
    draw = (_ellipse, _box, _smooth_blob)[int(random.integers(3))]
    mask = draw(random, height, width)
    share = random.uniform(0.45, 0.85)
    inner = draw(random, max(int(height * share), 9), max(int(width * share), 9))
    top, left = (height - inner.shape[0]) // 2, (width - inner.shape[1]) // 2
    part = mask[max(top, 0) :, max(left, 0) :][: inner.shape[0], : inner.shape[1]]
    np.minimum(part, _FULL - inner[: part.shape[0], : part.shape[1]], out=part)
    return mask


def _holed(random: np.random.Generator, height: int, width: int) -> Mask:
    """A shape with several holes."""
    mask = (_box, _smooth_blob, _polygon)[int(random.integers(3))](random, height, width)
    for _ in range(int(random.integers(2, 9))):
        centre = random.uniform([0, 0], [width, height])
        radius = min(height, width) * random.uniform(0.05, 0.2)
        count = int(random.integers(3, 20))
        _fill(mask, centre + radius * _round_about(random, count, 0.15), 0)
    return mask


def _figure(random: np.random.Generator, height: int, width: int) -> Mask:
    """A body with limbs and a head."""
    mask = _empty(height, width)
    scale = min(height, width)
    hip, neck = np.array([width * 0.5, height * 0.58]), np.array([width * 0.5, height * 0.24])
    ends = [
        (neck, random.uniform([0.05, 0.2], [0.35, 0.6])),
        (neck, random.uniform([0.65, 0.2], [0.95, 0.6])),
        (hip, random.uniform([0.15, 0.85], [0.45, 0.95])),
        (hip, random.uniform([0.55, 0.85], [0.85, 0.95])),
    ]
    thickness = max(2, int(scale * random.uniform(0.06, 0.16)))
    _stroke(mask, np.stack([neck, hip]), int(thickness * random.uniform(1.5, 2.5)))
    for root, end in ends:
        target = end * [width, height]
        joint = (root + target) / 2 + random.normal(0, 0.06, 2) * [width, height]
        _stroke(mask, np.stack([root, joint, target]), thickness)
    head = np.array([width * 0.5, height * 0.14])
    _fill(mask, head + scale * 0.11 * _round_about(random, 24, 0.05))
    return mask


def _foliage(random: np.random.Generator, height: int, width: int) -> Mask:
    """Many leaves with sky between them."""
    mask = _empty(height, width)
    leaf = max(2.0, min(height, width) * random.uniform(0.03, 0.1))
    count = int(min(220, random.uniform(0.3, 0.9) * height * width / (3 * leaf * leaf)))
    places = _within(np.clip(random.normal(0, 0.4, (count, 2)), -0.9, 0.9), height, width)
    angles, sizes = random.uniform(0, 180, count), leaf * random.uniform(0.5, 1.2, count)
    for place, angle, length in zip(_fixed(places).tolist(), angles, sizes, strict=True):
        axes = (int(length * (1 << _SHIFT)), int(length * 0.4 * (1 << _SHIFT)))
        cv2.ellipse(mask, place, axes, float(angle), 0, 360, _FULL, -1, cv2.LINE_AA, _SHIFT)
    return mask


def _pole(random: np.random.Generator, height: int, width: int) -> Mask:
    """A post, a mast, an arm: one straight piece from end to end."""
    mask = _empty(height, width)
    mask[MARGIN : height - MARGIN, MARGIN : width - MARGIN] = _FULL
    return mask


def _wires(random: np.random.Generator, height: int, width: int) -> Mask:
    """Lines that sag from side to side, and branches."""
    mask = _empty(height, width)
    along = np.linspace(-1, 1, 16)
    for _ in range(int(random.integers(1, 6))):
        ends = random.uniform(-0.9, 0.9, 2)
        sag = random.uniform(-0.5, 0.5)
        across = ends[0] + (ends[1] - ends[0]) * (along + 1) / 2 + sag * (1 - along**2)
        points = np.stack([along, np.clip(across, -1, 1)], -1)
        _stroke(mask, _within(points, height, width), int(random.integers(1, 6)))
    return mask


def _fence(random: np.random.Generator, height: int, width: int) -> Mask:
    """Bars, or a mesh of them."""
    mask = _empty(height, width)
    spacing = max(6, int(max(height, width) * log_uniform(random, 0.04, 0.25)))
    bar = max(1, int(spacing * random.uniform(0.12, 0.45)))
    for x in range(MARGIN, width - MARGIN - bar, spacing):
        mask[MARGIN : height - MARGIN, x : x + bar] = _FULL
    if chance(random, 0.6):
        gap = spacing if chance(random, 0.5) else max(spacing, height // 3)
        for y in range(MARGIN, height - MARGIN - bar, gap):
            mask[y : y + bar, MARGIN : width - MARGIN] = _FULL
    return mask


def _text(random: np.random.Generator, height: int, width: int) -> Mask:
    """One or two lines of random letters, as large as fit."""
    mask = _empty(height, width)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.!?"))
    lines = 1 if width > 3 * height else int(random.integers(1, 4))
    font = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)[
        int(random.integers(3))
    ]
    room = height / lines
    scale = max(room / 34, 0.25)
    thickness = max(1, round(scale * random.uniform(1, 3)))
    count = max(1, int((width - 2 * MARGIN) / (18 * scale)))
    for line in range(lines):
        text = "".join(random.choice(letters, max(1, int(count * random.uniform(0.6, 1)))))
        place = (MARGIN, int((line + 0.75) * room))
        cv2.putText(mask, text, place, font, scale, _FULL, thickness, cv2.LINE_AA)
    return mask


def cut_out(random: np.random.Generator, picture: npt.NDArray[np.uint8]) -> Mask | None:
    """A piece along a picture's own edges: what is joined to a point and of like colour.

    Args:
        random: chooses the point and how like.
        picture: ``(H, W, 3)`` uint8.

    Returns:
        A mask of the same size; None if next to nothing or nearly all is alike.
    """
    height, width = picture.shape[:2]
    smooth = cv2.blur(picture, (5, 5))
    found = np.zeros((height + 2, width + 2), np.uint8)
    point = (int(random.uniform(0.25, 0.75) * width), int(random.uniform(0.25, 0.75) * height))
    range_ = (int(random.integers(12, 45)),) * 3
    flags = 4 | (_FULL << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
    cv2.floodFill(smooth, found, point, 0, range_, range_, flags)
    mask = found[1:-1, 1:-1]
    if not 0.1 < float(mask.mean()) / _FULL < 0.75:
        return None
    return _cleared(_hardened(cv2.blur(mask, (7, 7)), 0.7, 0.25))


def _hardened(mask: npt.NDArray[Any], level: float, softness: float) -> Mask:
    """A blurred mask with an edge again, where it was above ``1 - level``."""
    value = (mask.astype(np.float32) / 255 - (1 - level)) / softness + 0.5
    return np.asarray(np.clip(value * 255, 0, 255), np.uint8)


def _cleared(mask: Mask) -> Mask:
    """The mask itself, its margin made transparent."""
    mask[:MARGIN] = mask[-MARGIN:] = 0
    mask[:, :MARGIN] = mask[:, -MARGIN:] = 0
    return mask


# Cut from its texture by `cut_out`; drawn where that finds nothing.
CUT_OUT = Shape(_smooth_blob, 2.0, smallest=0.25, largest=1.1)
TEXT = Shape(_text, 0.4, smallest=0.3, largest=0.9, slimmest=0.15, upright=True)

SHAPES = (
    CUT_OUT,
    Shape(_ellipse, 1.0),
    Shape(_polygon, 1.2),
    Shape(_box, 1.2, upright=True),
    Shape(_smooth_blob, 2.0),
    Shape(_torn, 1.6, smallest=0.15, largest=1.0),
    Shape(_mist, 0.5, smallest=0.25, largest=1.0),
    Shape(_ring, 0.5, smallest=0.15),
    Shape(_holed, 0.7, smallest=0.2),
    Shape(_figure, 1.6, smallest=0.25, largest=1.1, slimmest=0.45, upright=True),
    Shape(_foliage, 0.9, smallest=0.2, largest=1.0),
    Shape(_pole, 1.0, smallest=0.3, largest=1.6, slimmest=0.02, upright=True),
    Shape(_wires, 0.6, smallest=0.6, largest=1.5, slimmest=0.3, upright=True),
    Shape(_fence, 0.5, smallest=0.4, largest=1.4, slimmest=0.4, upright=True),
    TEXT,
)
