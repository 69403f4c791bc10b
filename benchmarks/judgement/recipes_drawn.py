"""Recipes for what no camera took: cartoons, slides and desktops, drawn here.

They need none of the clips, and have the flat colours, the exact repeats and the sudden small
changes that footage lacks.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.judgement.footage import CANVAS, Picture, cover
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots

WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "five",
    "wizards",
    "box",
]
FONT = cv2.FONT_HERSHEY_SIMPLEX
INK, PAPER = (30, 30, 30), (250, 250, 248)

Colours = npt.NDArray[np.int64]


def cartoons(shots: Shots) -> Reel:
    """Flat figures with outlines that move on twos or threes; all scenes share a palette."""
    reel, palette = Reel(), shots.rng.integers(20, 236, (6, 3))
    for _ in range(5):
        hold, count = int(shots.rng.integers(2, 4)), int(shots.rng.integers(8, 14))
        scene = drawn_scene(palette, count, shots.rng)
        reel.cut(np.repeat(scene, hold, axis=0), f"cartoon, every drawing {hold} times")
    return reel


def drawn_scene(palette: Colours, count: int, rng: np.random.Generator) -> Picture:
    """`count` drawings: a still background, and three figures that swing and bounce over it."""
    back = blank(palette[rng.integers(6)])
    for _ in range(6):
        corners = rng.integers((-40, 40), (360, 220), (4, 2))
        shape(back, corners, palette[rng.integers(6)])
    places, steps = rng.uniform((40, 40), (280, 140), (3, 2)), rng.normal(0, 9, (3, 2))
    sizes, colours = rng.integers(14, 46, 3), palette[rng.integers(0, 6, 3)]
    drawings = []
    for drawing in range(count):
        picture = back.copy()
        for place, step, size, colour in zip(places, steps, sizes, colours, strict=True):
            x, y = place + step * drawing + (0, 8 * np.sin(drawing))
            angles = np.linspace(0, 2 * np.pi, 9) + 0.2 * drawing
            reach = size * (1 + 0.3 * np.cos(3 * angles + drawing / 2))
            outline = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=1)
            shape(picture, outline, colour)
        drawings.append(picture)
    return np.stack(drawings)


def slides(shots: Shots) -> Reel:
    """Slides of one design, two in three with a picture, at once one after the other."""
    reel, colour = Reel(), shots.rng.integers(20, 200, 3)
    for number in range(6):
        slide = page(shots.rng, int(shots.rng.integers(2, 7)))
        if number % 3:
            left, top = shots.rng.integers((10, 40), (180, 90))
            slide[top : top + 80, left : left + 120] = cover(shots.photograph(), (120, 80))
        cv2.rectangle(slide, (0, 0), (CANVAS[0], 30), colour.tolist(), -1)
        write(slide, f"{number + 1}. {sentence(shots.rng, 3)}", (10, 20), 0.55, PAPER)
        reel.cut(pointed(slide, 18, shots.rng), "slides of one design")
    return reel


def desktops(shots: Shots) -> Reel:
    """A page that is typed on, scrolled in steps, and covered by a window for a while."""
    reel = Reel()
    sheet = np.concatenate([page(shots.rng, 9) for _ in range(3)])
    reel.cut(pointed(sheet[: CANVAS[1]], 10, shots.rng))
    tops = np.repeat(np.arange(0, 160, 20), 2)
    start = reel.join(np.stack([sheet[top : top + CANVAS[1]] for top in tops]))
    reel.mark("pan", start, len(reel) - 1, "scrolled by 20 pixels every other frame")
    typed = sheet[160 : 160 + CANVAS[1]].copy()
    for length in range(1, 16):
        write(typed, "typing this now"[:length], (20, 172), 0.4, (160, 20, 20))
        reel.join(typed[None].copy())
    window = typed.copy()
    cv2.rectangle(window, (70, 40), (250, 140), (90, 110, 150), -1)
    write(window, "Save the changes?", (85, 80), 0.5, PAPER)
    for picture, words in ((window, "a window opens"), (typed, "a window closes")):
        start = reel.join(pointed(picture, 12, shots.rng))
        reel.mark("subtitle", start, start, words)
    return reel


def blank(colour: npt.ArrayLike) -> Picture:
    """A canvas of one colour."""
    return np.full((CANVAS[1], CANVAS[0], 3), colour, np.uint8)


def page(rng: np.random.Generator, lines: int) -> Picture:
    """A page of text as high as the canvas."""
    picture = blank(PAPER)
    for line in range(lines):
        write(picture, sentence(rng, 7), (14, 48 + line * 132 // lines), 0.38, INK)
    return picture


def sentence(rng: np.random.Generator, count: int) -> str:
    """Words in no order."""
    return " ".join(rng.choice(WORDS, count))


def write(
    picture: Picture, words: str, at: tuple[int, int], scale: float, ink: tuple[int, int, int]
) -> None:
    """Text with its lower left corner at a place."""
    cv2.putText(picture, words, at, FONT, scale, ink, 1, cv2.LINE_AA)


def shape(picture: Picture, corners: npt.NDArray[np.number], colour: Colours) -> None:
    """A filled polygon with a dark outline."""
    points = [np.rint(corners).astype(np.int32)]
    cv2.fillPoly(picture, points, colour.tolist(), cv2.LINE_AA)
    cv2.polylines(picture, points, isClosed=True, color=INK, thickness=2, lineType=cv2.LINE_AA)


def pointed(picture: Picture, count: int, rng: np.random.Generator) -> Picture:
    """The picture `count` times, with a pointer that runs over it."""
    begin, end = rng.uniform((20, 20), (300, 160), (2, 2))
    frames = np.repeat(picture[None], count, axis=0)
    for place, frame in enumerate(frames):
        x, y = begin + (end - begin) * place / count
        arrow = np.array([[x, y], [x, y + 12], [x + 8, y + 9]])
        shape(frame, arrow, np.array(PAPER))
    return frames
