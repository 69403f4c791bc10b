"""A small landscape at dusk, drawn at any instant: what the demo films and interpolates.

Layers of paper slide past at speeds that fit their depth, a windmill turns, a balloon and
birds go their own ways, and thin poles with a wire pass in front of it all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import numpy.typing as npt

from dain.cli.demo_drawing import Float, Rgb, ellipse, gradient, line, noise, polygon, rgb

WIDTH, HEIGHT = 480, 270
DURATION = Fraction(5, 2)

_SCALE = 2  # drawn this much larger, then averaged down: smooth edges, motion below one pixel
_W, _H = WIDTH * _SCALE, HEIGHT * _SCALE
_MARGIN = 8

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Layer:
    """A strip wider than the view, its cover (0 to 1), and its speed in output pixels a second."""

    colour: Float
    cover: Float
    speed: float


class Scene:
    """The landscape; `render` draws it at one instant."""

    def __init__(self) -> None:
        random = np.random.default_rng(1896)
        self._sky = _sky(random)
        self._mountains = _mountains(random, 10.0)
        self._hills = _hills(random, 30.0)
        self._field = _field(random, 60.0)
        self._poles = _poles(84.0)

    def render(self, time: Fraction | float) -> Image:
        """Draw the scene.

        Args:
            time: seconds from the start, 0 to `DURATION`.

        Returns:
            ``(HEIGHT, WIDTH, 3)`` RGB uint8.
        """
        seconds = float(time)
        canvas = self._sky.copy()
        _lay(canvas, self._mountains, seconds)
        _draw_birds(canvas, seconds)
        _draw_balloon(canvas, seconds)
        _lay(canvas, self._hills, seconds)
        _draw_windmill(canvas, seconds, self._hills.speed)
        _lay(canvas, self._field, seconds)
        _lay(canvas, self._poles, seconds)
        small = cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        picture = np.clip(small + 0.5, 0, 255).astype(np.uint8)
        cv2.putText(
            picture,
            "an evening that was never filmed",
            (14, HEIGHT - 14),
            cv2.FONT_HERSHEY_SIMPLEX,
            0.45,
            (255, 244, 222),
            1,
            cv2.LINE_AA,
        )
        return np.asarray(picture)


def _sky(random: np.random.Generator) -> Float:
    upper = gradient((44, 56, 112), (232, 138, 112), int(_H * 0.6), _W)
    lower = gradient((232, 138, 112), (255, 214, 150), _H - upper.shape[0], _W)
    sky = np.concatenate([upper, lower])
    y, x = np.mgrid[0:_H, 0:_W].astype(np.float32)
    distance = np.hypot(x - 0.70 * _W, y - 0.44 * _H) / _H
    glow = np.exp(-((distance / 0.30) ** 2))[..., None] * rgb((90, 62, 20))
    disc = np.clip((0.085 - distance) * _H / 2, 0, 1)[..., None]
    wisps = np.clip(noise(random, _H, _W // 5, 60, 4) - 0.05, 0, 1) * 0.9
    clouds = cv2.resize(wisps, (_W, _H))[..., None]  # drawn out flat, as evening clouds are
    sky = sky + glow
    sky = sky * (1 - 0.45 * clouds) + rgb((255, 196, 170)) * 0.45 * clouds
    return np.asarray(sky * (1 - disc) + rgb((255, 240, 205)) * disc, np.float32)


def _ridge(random: np.random.Generator, width: int, base: float, sway: float, cell: int) -> Float:
    """Height of a ridge line for every column, in pixels from the top."""
    return np.asarray(base * _H + sway * _H * noise(random, 1, width, cell, 4)[0], np.float32)


def _land(
    random: np.random.Generator, ridge: Float, top: Rgb, bottom: Rgb, grain: float
) -> tuple[Float, Float]:
    """Paper below a ridge line: graded, grained, and a lit edge along the top."""
    width = len(ridge)
    rows = np.arange(_H, dtype=np.float32)[:, None]
    depth = rows - ridge[None]
    cover = np.clip(depth, 0, 1)
    start = int(ridge.min())
    colour = np.concatenate(
        [
            gradient(top, top, start, width),
            gradient(top, bottom, _H - start, width),
        ]
    )
    colour = colour + grain * noise(random, _H, width, 48, 5)[..., None]
    edge = np.exp(-np.clip(depth, 0, None) / 5)[..., None]
    return np.asarray(colour + edge * rgb((46, 30, 16)), np.float32), cover


def _strip_width(speed: float) -> int:
    return _W + math.ceil(speed * _SCALE * float(DURATION)) + 2 * _MARGIN


def _mountains(random: np.random.Generator, speed: float) -> _Layer:
    ridge = _ridge(random, _strip_width(speed), 0.52, 0.16, 230)
    colour, cover = _land(random, ridge, (104, 84, 134), (176, 128, 146), 14)
    return _Layer(colour, cover, speed)


def _hill_line(x: float) -> float:
    """The windmill's hill: height of the middle layer at a column of its strip."""
    return _H * (0.70 - 0.055 * math.cos((x - 0.52 * _W) / (0.26 * _W)))


def _hills(random: np.random.Generator, speed: float) -> _Layer:
    width = _strip_width(speed)
    ridge = np.array([_hill_line(x) for x in range(width)], np.float32)
    colour, cover = _land(random, ridge, (70, 98, 92), (38, 70, 78), 15)
    cover = cover.copy()
    for _ in range(46):
        x = float(random.uniform(0, width))
        if abs(x - 0.52 * _W) > 60:
            _draw_tree(colour, cover, x, _hill_line(x) + 6, float(random.uniform(20, 46)))
    return _Layer(colour, cover, speed)


def _draw_tree(colour: Float, cover: Float, x: float, y: float, size: float) -> None:
    for step in range(3):
        top, half = y - size * (1 - 0.26 * step), size * (0.16 + 0.07 * step)
        corners = [(x, top), (x - half, top + size * 0.46), (x + half, top + size * 0.46)]
        shade = 30.0 + 7 * step
        polygon(colour, corners, (shade, shade + 30, shade + 28))
        polygon(cover, corners, (1.0, 1.0, 1.0))


def _field(random: np.random.Generator, speed: float) -> _Layer:
    ridge = _ridge(random, _strip_width(speed), 0.855, 0.02, 300)
    colour, cover = _land(random, ridge, (196, 142, 66), (110, 70, 48), 16)
    for _ in range(900):  # stubble
        x = float(random.uniform(0, len(ridge)))
        foot = float(random.uniform(ridge[int(x)] + 4, _H + 8))
        length, lean = 6 + 0.05 * (foot - ridge.min()), float(random.uniform(-3, 3))
        shade = float(random.uniform(-40, 34))
        blade = [(x, foot), (x + 2, foot), (x + lean + 1, foot - length)]
        polygon(colour, blade, (190 + shade, 138 + shade, 70 + shade))
    return _Layer(colour, cover, speed)


def _poles(speed: float) -> _Layer:
    """Telegraph poles and their sagging wire, the nearest and thinnest things of all."""
    width = _strip_width(speed)
    colour = np.full((_H, width, 3), (34.0, 24.0, 34.0), np.float32)
    cover = np.zeros((_H, width), np.float32)
    gap, top, foot = 430.0, 0.30 * _H, 0.97 * _H
    first = 210.0
    for place in np.arange(first - gap, width + gap, gap):
        line(cover, [(place, top - 14), (place, foot)], 7)
        line(cover, [(place - 22, top), (place + 22, top)], 5)
        for arm in (-20.0, 20.0):
            along = np.linspace(0, 1, 33)
            sag = top - 4 + 4 * 34 * along * (1 - along)
            wire = [(place + arm + gap * a, s) for a, s in zip(along, sag, strict=True)]
            line(cover, wire, 2)
    return _Layer(colour, cover, speed)


def _lay(canvas: Float, layer: _Layer, seconds: float) -> None:
    """Lay a strip over the canvas, slid to where it is at this instant."""
    offset = _MARGIN + layer.speed * _SCALE * seconds
    slide = np.array([[1, 0, offset], [0, 1, 0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cover = cv2.warpAffine(layer.cover, slide, (_W, _H), flags=flags)[..., None]
    colour = cv2.warpAffine(layer.colour, slide, (_W, _H), flags=flags)
    canvas += (colour - canvas) * cover


def _draw_windmill(canvas: Float, seconds: float, speed: float) -> None:
    x = 0.52 * _W - speed * _SCALE * seconds - _MARGIN
    foot = _hill_line(0.52 * _W) + 10
    top = foot - 120
    body = [(x - 26, foot), (x + 26, foot), (x + 15, top), (x - 15, top)]
    polygon(canvas, body, (232, 214, 192))
    polygon(canvas, [(x, foot), (x + 26, foot), (x + 15, top), (x, top)], (198, 168, 152))
    polygon(canvas, [(x - 19, top), (x + 19, top), (x, top - 24)], (150, 62, 54))
    polygon(
        canvas, [(x - 7, foot), (x + 7, foot), (x + 7, foot - 22), (x - 7, foot - 22)], (92, 58, 52)
    )
    turn = math.radians(70) * seconds
    for blade in range(4):
        angle = turn + blade * math.pi / 2
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        hub = np.array([x, top + 2])
        sail = [
            hub + 16 * along,
            hub + 88 * along,
            hub + 88 * along + 17 * across,
            hub + 16 * along + 17 * across,
        ]
        polygon(canvas, [(p[0], p[1]) for p in sail], (250, 240, 222))
        for rung in range(20, 88, 12):
            ends = [hub + rung * along, hub + rung * along + 17 * across]
            line(canvas, [(p[0], p[1]) for p in ends], 2, (150, 104, 92))
        tip = hub + 90 * along
        line(canvas, [(hub[0], hub[1]), (tip[0], tip[1])], 5, (98, 62, 58))
    ellipse(canvas, (x, top + 2), (6, 6), (74, 44, 44))


def _draw_balloon(canvas: Float, seconds: float) -> None:
    x = _W * (0.17 + 0.085 * seconds)
    y = _H * (0.33 - 0.035 * seconds) + 5 * math.sin(1.6 * seconds)
    radius = 62.0
    for side in (-1, 1):
        line(canvas, [(x + side * 40, y + 48), (x + side * 10, y + 100)], 2, (84, 56, 56))
    stripes: tuple[Rgb, ...] = ((214, 68, 60), (250, 226, 180), (36, 122, 128), (250, 226, 180))
    # Narrowing ellipses, one stripe each, read as gores of a round envelope.
    widths = np.sin(np.linspace(math.pi / 2, 0.16, 5))
    _envelope(canvas, x, y, radius, 1.0, stripes[0])
    for step, width in enumerate(widths[1:], start=1):
        _envelope(canvas, x, y, radius, float(width), stripes[step % 4])
    basket = [(x - 12, y + 98), (x + 12, y + 98), (x + 10, y + 116), (x - 10, y + 116)]
    polygon(canvas, basket, (122, 78, 50))
    line(canvas, [(x - 13, y + 98), (x + 13, y + 98)], 4, (88, 52, 40))


def _envelope(canvas: Float, x: float, y: float, radius: float, width: float, tone: Rgb) -> None:
    angle = np.linspace(0, 2 * math.pi, 72)
    taper = np.where(np.sin(angle) > 0, 1 - 0.55 * np.sin(angle) ** 3, 1.0)
    outline = np.stack(
        [x + width * radius * taper * np.cos(angle), y + radius * 1.14 * np.sin(angle)], axis=1
    )
    polygon(canvas, [(px, py) for px, py in outline], tone)


def _draw_birds(canvas: Float, seconds: float) -> None:
    for bird, (dx, dy) in enumerate(((0, 0), (-46, 20), (-62, -16), (-104, 34), (-118, -30))):
        x, y = _W * (0.60 + 0.11 * seconds) + dx, _H * 0.17 + dy - 10 * seconds
        beat = 9 * math.sin(7.5 * seconds + bird)
        wings = [
            (x - 17, y - beat),
            (x - 7, y - 0.3 * beat - 4),
            (x, y),
            (x + 7, y - 0.3 * beat - 4),
            (x + 17, y - beat),
        ]
        line(canvas, wings, 3, (52, 40, 66))
