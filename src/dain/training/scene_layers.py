"""What a scene is made of: a background, things in front of it, and what is painted on top."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.procedural_textures import Picture, random_colour, to_bytes
from dain.training.scene_bending import random_bending
from dain.training.scene_motion import (
    Camera,
    Path,
    chance,
    direction,
    log_uniform,
    random_camera,
    random_path,
    random_speed,
)
from dain.training.scene_rendering import DENSITY, Layer
from dain.training.scene_shapes import CUT_OUT, SHAPES, TEXT, Mask, Shape, cut_out
from dain.training.textures import Textures

_WEIGHTS = np.array([shape.weight for shape in SHAPES]) / sum(shape.weight for shape in SHAPES)
_THINNEST = 10  # pixels of a mask, margin included


class Composer:
    """Puts the layers of one scene together.

    Args:
        random: chooses everything.
        textures: to cut from.
        index: number of the sample.
        size: side of the frame in pixels.
        reach: the largest movement, as a share of `size`.
        shadows: how often a thing casts one.
    """

    def __init__(
        self,
        random: np.random.Generator,
        textures: Textures,
        index: int,
        size: int,
        reach: float,
        shadows: float = 0.0,
    ) -> None:
        self._random = random
        self._textures = textures
        self._index = index
        self._size = size
        self._largest = reach * size
        self._shadows = shadows
        self._scenery: Picture | None = None
        self._drawn_share = 0.15 if textures.photographs else 1.0
        if chance(random, 0.08):  # an animated film
            self._drawn_share = 1.0

    def layers(self) -> list[Layer]:
        """From the farthest to the nearest; the first one is endless."""
        random = self._random
        speed = random_speed(random, self._largest)
        camera = random_camera(random, self._size, speed)
        count = int(random.integers(2, 8))
        nearness = np.sort(random.uniform(0.1, 1, count + 1))
        layers = [self._background(camera, float(nearness[0]), speed)]
        for place in nearness[1:]:
            layers.extend(self._thing(camera, float(place), speed))
        return layers

    def overlays(self) -> list[Layer]:
        """What does not move: subtitles, a station's logo, or black bars."""
        kind = self._random.random()
        if kind < 0.4:
            return [self._caption()]
        return [self._logo()] if kind < 0.7 else self._bars()

    def _background(self, camera: Camera, nearness: float, speed: float) -> Layer:
        random, size = self._random, self._size
        side = round(size * DENSITY * 1.15)
        picture = _opaque(self._texture(side, side))
        centre = ((size - 1) / 2, (size - 1) / 2)
        path, bending = Path(centre=centre), None
        if chance(random, 0.15):
            own = speed * float(random.uniform(0, 0.5))
            path = random_path(random, centre, own, size / 2, upright=True)
        if speed and chance(random, 0.12):  # water, crowds, trees in the wind
            bending = random_bending(random, side, side, _bend(random, speed))
        picture = _softened(picture, self._sharpness())
        return Layer(picture, path, camera, nearness, endless=True, bending=bending)

    def _thing(self, camera: Camera, nearness: float, speed: float) -> list[Layer]:
        """One thing; with its shadow behind it, at times."""
        random, size = self._random, self._size
        shape = SHAPES[int(random.choice(len(SHAPES), p=_WEIGHTS))]
        height, width = self._extent(shape)
        colours = self._texture(height, width)
        mask = cut_out(random, colours) if shape is CUT_OUT else None
        if mask is None:
            mask = shape.mask(random, height, width)
        if chance(random, 0.3):
            _shade_edges(random, colours, mask)
        picture = np.asarray(cv2.merge([*cv2.split(colours), mask]), np.uint8)
        blur = self._sharpness()
        if chance(random, 0.06):  # out of focus
            blur = DENSITY * float(random.uniform(1, 3.5))
            picture = _padded(picture, round(3 * blur))
            height, width = picture.shape[:2]
        picture = _softened(picture, blur)
        place = random.uniform(-0.05 * size, 1.05 * size, 2)
        own = self._own_speed(camera, nearness, speed)
        path = random_path(
            random,
            (float(place[0]), float(place[1])),
            own,
            max(height, width) / (2 * DENSITY),
            upright=shape.upright or chance(random, 0.3),
        )
        bending = None
        if own and chance(random, 0.25):
            bending = random_bending(random, height, width, _bend(random, own))
        thing = Layer(picture, path, camera, nearness, bending=bending)
        return [self._shadow(thing), thing] if chance(random, self._shadows) else [thing]

    def _shadow(self, thing: Layer) -> Layer:
        """Of a thing, on what lies behind it; too faint to count as a layer of its own."""
        random = self._random
        darkness = float(random.uniform(0.15, 0.48))
        spread = int(random.integers(1, 8))
        picture = _padded(thing.picture, spread + 1)
        mask = cv2.blur(picture[..., 3], (2 * spread + 1, 2 * spread + 1))
        picture[..., :3] = 0
        picture[..., 3] = to_bytes(mask * darkness)
        x, y = direction(random, self._size * float(random.uniform(0.01, 0.08)))
        centre = (thing.path.centre[0] + x, thing.path.centre[1] + y)
        path = replace(thing.path, centre=centre)
        return replace(thing, picture=picture, path=path, bending=None)

    def _own_speed(self, camera: Camera, nearness: float, speed: float) -> float:
        """Of a thing; with the camera's it stays within reach."""
        random = self._random
        kind = random.random()
        if kind < 0.2:  # stands in the scene
            return 0.0
        own = speed if kind < 0.4 else speed * log_uniform(random, 0.05, 1)
        if speed == 0 and kind > 0.7 and self._largest:  # before a scene that stands still
            own = self._largest * log_uniform(random, 0.01, 1)
        share = 1 - camera.parallax * (1 - nearness)
        taken = share * float(np.hypot(*camera.path.shift))
        return max(0.0, min(own, self._largest - taken))

    def _extent(self, shape: Shape) -> tuple[int, int]:
        """Height and width of a mask."""
        random = self._random
        longer = self._size * DENSITY * log_uniform(random, shape.smallest, shape.largest)
        shorter = longer * log_uniform(random, shape.slimmest, 1)
        if shape.slimmest < 0.1:  # a thin one stays thin
            shorter = longer * log_uniform(random, shape.slimmest, 8 * shape.slimmest)
        sides = [max(_THINNEST, round(longer)), max(_THINNEST, round(shorter))]
        if chance(random, 0.5):
            sides.reverse()
        return sides[0], sides[1]

    def _sharpness(self) -> float:
        """Blur of a plane, as a lens and a sensor do it, in the plane's pixels."""
        return float(self._random.uniform(0.45, 0.85))

    def _texture(self, height: int, width: int) -> Picture:
        """A piece of a picture, ``(height, width, 3)``, its colours changed a little."""
        random = self._random
        photograph = not chance(random, self._drawn_share)
        source = self._textures.pick(random, self._index, photograph=photograph)
        if self._scenery is None or not chance(random, 0.15):
            self._scenery = source
        source = self._scenery  # at times the same again: things look like what is behind them
        zoom = log_uniform(random, 0.35, 1.3)  # pixels of the source for one of the piece
        zoom = min(zoom, source.shape[0] / height, source.shape[1] / width)
        rows, columns = max(2, int(height * zoom)), max(2, int(width * zoom))
        top = int(random.integers(source.shape[0] - min(rows, source.shape[0]) + 1))
        left = int(random.integers(source.shape[1] - min(columns, source.shape[1]) + 1))
        piece = source[top : top + rows, left : left + columns]
        how = cv2.INTER_AREA if zoom > 1 else cv2.INTER_CUBIC if zoom < 0.5 else cv2.INTER_LINEAR
        piece = _recoloured(random, piece[:, ::-1] if chance(random, 0.5) else piece)
        return np.asarray(cv2.resize(piece, (width, height), interpolation=how), np.uint8)

    def _caption(self) -> Layer:
        random, size = self._random, self._size
        width = round(size * DENSITY * random.uniform(0.4, 0.9))
        height = max(_THINNEST, round(size * DENSITY * random.uniform(0.07, 0.16)))
        colour = (255, 255, 255) if chance(random, 0.7) else tuple(random_colour(random))
        place = (size / 2, size * float(random.choice([0.12, 0.85, 0.92])))
        return self._painted(TEXT.mask(random, height, width), colour, place)

    def _logo(self) -> Layer:
        random, size = self._random, self._size
        shape = SHAPES[int(random.integers(len(SHAPES)))]
        side = max(16, round(size * DENSITY * random.uniform(0.08, 0.2)))
        mask = shape.mask(random, side, side)
        if chance(random, 0.4):  # translucent
            mask = to_bytes(mask * random.uniform(0.55, 0.9))
        corner = random.choice([0.13, 0.87], 2) * size
        place = (float(corner[0]), float(corner[1]))
        return self._painted(mask, tuple(random_colour(random)), place)

    def _bars(self) -> list[Layer]:
        """Above and below, or at both sides."""
        size = self._size
        thickness = round(size * float(self._random.uniform(0.04, 0.16)))
        upright = chance(self._random, 0.2)
        bars = []
        for end in (thickness / 2 - 0.5, size - 0.5 - thickness / 2):
            # Edges lie between two pixels, as those of real bars do.
            long, short = round((size + 8) * DENSITY), round(thickness * DENSITY)
            mask = np.full((short, long), 255, np.uint8)
            place = ((size - 1) / 2, end)
            if upright:
                mask, place = np.ascontiguousarray(mask.T), (end, (size - 1) / 2)
            bars.append(self._painted(mask, (0, 0, 0), place))
        return bars

    def _painted(self, mask: Mask, colour: tuple[float, ...], place: tuple[float, float]) -> Layer:
        picture = np.empty((*mask.shape, 4), np.uint8)
        picture[..., :3] = to_bytes(np.asarray(colour, np.float32))
        picture[..., 3] = mask
        return Layer(picture, Path(centre=place), None, 1.0)


def _bend(random: np.random.Generator, speed: float) -> float:
    """How far a plane bends, in its own pixels, if it goes at this speed."""
    return DENSITY * speed * float(random.uniform(0.1, 0.7))


def _opaque(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.uint8)


def _padded(picture: Picture, border: int) -> Picture:
    """Wider on all sides by `border` pixels, which are transparent."""
    sides = (border,) * 4
    padded = np.asarray(cv2.copyMakeBorder(picture, *sides, cv2.BORDER_REPLICATE), np.uint8)
    alpha = cv2.copyMakeBorder(picture[..., 3], *sides, cv2.BORDER_CONSTANT, value=0)
    padded[..., 3] = alpha
    return padded


def _softened(picture: npt.NDArray[Any], sigma: float) -> Picture:
    side = 3 if sigma < 1 else 2 * round(2.5 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(picture, (side, side), sigma), np.uint8)


def _recoloured(random: np.random.Generator, picture: npt.NDArray[np.uint8]) -> Picture:
    """Light, contrast and tint changed a little; now and then much."""
    strength = 2.5 if chance(random, 0.15) else 1.0
    level = np.linspace(0, 1, 256)[:, None] ** np.exp(random.normal(0, 0.2 * strength))
    contrast = np.exp(random.normal(0, 0.12 * strength))
    tint = np.exp(random.normal(0, 0.05 * strength, 3))
    table = ((level - 0.5) * contrast + 0.5 + random.normal(0, 0.04 * strength)) * tint * 255
    return np.asarray(cv2.LUT(picture, to_bytes(table)[None]), np.uint8)


def _shade_edges(random: np.random.Generator, colours: Picture, mask: Mask) -> None:
    """Darker or lighter towards the edge, as round things are, or with a drawn outline."""
    reach = 2 * max(1, round(min(mask.shape) * float(random.uniform(0.02, 0.15)))) + 1
    inner = cv2.blur(mask, (reach, reach))
    strength = float(random.uniform(0.3, 1.0)) * (-1 if chance(random, 0.15) else 1)
    light = 1 - strength * (1 - np.clip(inner.astype(np.float32) / 255, 0, 1))
    colours[:] = to_bytes(colours * light[..., None])
