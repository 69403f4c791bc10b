"""Things that stand still, drawn over moving pictures by script: subtitles, logos, bars, a HUD.

Layers are drawn at any size and instant, so the frame that was left out has them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]
Draw = Callable[[ImageDraw.ImageDraw, int, int, int], None]

MARGIN = 3
"""Pixels around an overlay that count as inside: where its soft edges and its smear lie."""


@dataclass(frozen=True)
class Layer:
    """One overlay.

    Attributes:
        draw: paints it, given a canvas, its width and height, and its state.
        shown: first frame with it, and the first without it again.
        opacity: of all of it.
        lasts: frames for which it looks the same; None for ever.
    """

    draw: Draw
    shown: tuple[int, int] = (0, 10**9)
    opacity: float = 1.0
    lasts: int | None = None

    def paint(self, width: int, height: int, number: int) -> npt.NDArray[np.float32]:
        """`(H, W, 4)` colours and opacity in [0, 1]; all zero where it is not shown."""
        if not self.shown[0] <= number < self.shown[1]:
            return np.zeros((height, width, 4), np.float32)
        state = number // self.lasts if self.lasts else 0
        return _painted(self.draw, width, height, state) * np.float32(self.opacity)


@lru_cache(maxsize=256)
def _painted(draw: Draw, width: int, height: int, state: int) -> npt.NDArray[np.float32]:
    """Drawn at twice the size, so that edges are as soft as those of films."""
    drawn = Image.new("RGBA", (width * 2, height * 2))
    draw(ImageDraw.Draw(drawn), width * 2, height * 2, state)
    colours = np.asarray(drawn, np.float32) / 255
    colours[..., :3] *= colours[..., 3:]
    reduced: npt.NDArray[np.float32] = cv2.resize(
        colours, (width, height), interpolation=cv2.INTER_AREA
    )
    return reduced


def over(picture: Picture, layers: Mapping[str, Layer], number: int) -> Picture:
    """A picture with layers over it."""
    height, width = picture.shape[:2]
    light = picture.astype(np.float32) / 255
    for layer in layers.values():
        painted = layer.paint(width, height, number)
        light = light * (1 - painted[..., 3:]) + painted[..., :3]
    return (light * 255 + 0.5).astype(np.uint8)


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _subtitle(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    for line, text in enumerate(("He never looked back,", "not even once that winter.")):
        canvas.text(
            (width / 2, height * (0.76 + 0.08 * line)),
            text,
            "white",
            _font(height // 14),
            anchor="mm",
            stroke_width=height // 150,
            stroke_fill="black",
        )


def _logo(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    x, y, r = width * 0.1, height * 0.16, height * 0.08
    canvas.ellipse((x - r, y - r, x + r, y + r), "crimson")
    canvas.ellipse((x - r * 0.8, y - r * 0.8, x + r * 0.8, y + r * 0.8), "gold")
    canvas.text((x, y), "7", "navy", _font(int(r * 1.6)), anchor="mm")


def _glass(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    canvas.text((width * 0.86, height * 0.2), "DAIN", "white", _font(height // 9), anchor="mm")


def _hud(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    box = (width * 0.66, height * 0.08, width * 0.96, height * 0.22)
    canvas.rectangle(box, "#102040", "white", height // 120)
    text = f"{state // 2:02d} : {state * 7 % 60:02d}"
    canvas.text((width * 0.81, height * 0.15), text, "yellow", _font(height // 10), anchor="mm")


def _ticker(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    canvas.text(
        (width * 0.4 - state * height / 60, height * 0.95),
        "markets rise - rain expected in the north - trains late again - " * 3,
        "white",
        _font(height // 16),
        anchor="lm",
        stroke_width=height // 200,
        stroke_fill="black",
    )


def _bars(canvas: ImageDraw.ImageDraw, width: int, height: int, state: int) -> None:
    canvas.rectangle((0, 0, width, height * 0.1 - 1), "black")
    canvas.rectangle((0, height * 0.9, width, height), "black")


def layouts(appears: int, vanishes: int) -> dict[str, dict[str, Layer]]:
    """What is drawn together; the subtitle comes and goes at the given frames."""
    subtitle = Layer(_subtitle, (appears, vanishes))
    return {
        "film": {"bars": Layer(_bars), "subtitle": subtitle, "half": Layer(_glass, opacity=0.5)},
        "television": {
            "logo": Layer(_logo),
            "hud": Layer(_hud, lasts=20),
            "subtitle": subtitle,
            "ticker": Layer(_ticker, lasts=1),
        },
    }
