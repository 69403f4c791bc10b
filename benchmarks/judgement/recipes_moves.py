"""Recipes for cameras that zoom and roll, lights that dim, air full of things, and wipes."""

from __future__ import annotations

import cv2
import numpy as np
from benchmarks.judgement.effects import lit, mix, ramp
from benchmarks.judgement.footage import CANVAS, WIDE, Picture, pixels
from benchmarks.judgement.recipes_cuts import lengths
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots

REST = 8


def zooms(shots: Shots) -> Reel:
    """Crash zooms by 2 to 3 within 6 to 20 frames, in or out, and rolls of the camera."""
    reel = Reel()
    for _ in range(3):
        wide, length = shots.draw(36, WIDE), int(shots.rng.integers(6, 21))
        ends = [1.0, float(shots.rng.uniform(2, 3))]
        turn = float(shots.rng.choice([0, 0, np.pi / 2]))
        if shots.rng.random() < 0.5:
            ends.reverse()
        at = np.concatenate([np.zeros(REST), ramp(length), np.ones(36 - REST - length)])
        frames = [
            zoomed(frame, ends[0] * (ends[1] / ends[0]) ** place, turn * place)
            for frame, place in zip(wide, at * at * (3 - 2 * at), strict=True)
        ]
        start = reel.cut(np.stack(frames), "between zooms") + REST
        words = f"zoom {ends[0]:.1f} to {ends[1]:.1f} in {length} frames" + ", roll" * bool(turn)
        reel.mark("pan", start, start + length, words)
    return reel


def zoomed(wide: Picture, zoom: float, turn: float) -> Picture:
    """A canvas from the middle of a wide frame: the whole of it at a zoom of 1."""
    middle = ((WIDE[0] - 1) / 2, (WIDE[1] - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, float(np.degrees(turn)), zoom * CANVAS[0] / WIDE[0])
    matrix = np.asarray(matrix, np.float64)
    matrix[0, 2] += (CANVAS[0] - 1) / 2 - middle[0]
    matrix[1, 2] += (CANVAS[1] - 1) / 2 - middle[1]
    blurred = cv2.GaussianBlur(wide, (0, 0), 0.8) if zoom < WIDE[0] / CANVAS[0] else wide
    return pixels(cv2.warpAffine(blurred, matrix, CANVAS, borderMode=cv2.BORDER_REFLECT))


def lights(shots: Shots) -> Reel:
    """The lights of a scene go down within 12 to 36 frames, not to black, or up again."""
    reel = Reel()
    for shot in shots.several([60] * 2):
        length, lowest = int(shots.rng.integers(12, 37)), float(shots.rng.uniform(0.05, 0.3))
        gains = [1.0] * REST + [lowest**place for place in ramp(length)]
        gains += [lowest] * (len(shot) - len(gains))
        if shots.rng.random() < 0.5:
            gains.reverse()
        start = reel.cut(
            np.stack([lit(*pair) for pair in zip(shot, gains, strict=True)]), "in other light"
        )
        dimmed = [place for place, gain in enumerate(gains) if lowest < gain < 1]
        words = f"to or from {lowest:.2f} of the light"
        reel.mark("exposure", start + dimmed[0], start + dimmed[-1], words)
    return reel


def confetti(shots: Shots) -> Reel:
    """Pieces of paper fly through the picture, too many and too fast to follow."""
    reel = Reel()
    for shot in shots.several([36] * 2):
        count, frames = int(shots.rng.integers(60, 240)), []
        places = shots.rng.uniform((0, 0), CANVAS, (count, 2))
        steps = shots.rng.normal((0, 12), 14, (count, 2))
        colours = shots.rng.integers(0, 256, (count, 3))
        sizes = shots.rng.integers(2, 8, count)
        for time, frame in enumerate(shot):
            flying = pixels(frame.copy())
            for place, size, colour in zip(places + steps * time, sizes, colours, strict=True):
                x, y = (int(value) for value in np.mod(place, CANVAS))
                cv2.circle(flying, (x, y), int(size), colour.tolist(), -1, cv2.LINE_AA)
            frames.append(flying)
        start = reel.cut(np.stack(frames), "in confetti")
        reel.mark("passing", start + 1, start + len(frames) - 1, f"{count} pieces of paper")
    return reel


def wipes(shots: Shots) -> Reel:
    """A soft edge runs over the picture, or a shot pushes another one away."""
    reel, parts = Reel(), shots.several([40] * 4)
    reel.cut(parts[0])
    for part in parts[1:]:
        length, pushes = int(shots.rng.integers(6, 20)), bool(shots.rng.random() < 0.5)
        start = len(reel) - length
        for place, share in enumerate(ramp(length)):
            before = reel.frames[start + place]
            joint = pushed if pushes else wiped
            reel.frames[start + place] = joint(before, part[place], share)
        reel.join(part[length:])
        reel.mark("wipe", start, start + length - 1, "a push" if pushes else "a soft edge")
    return reel


def pushed(before: Picture, after: Picture, share: float) -> Picture:
    """One picture beside the other, shifted by a share of the width."""
    left = round(share * before.shape[1])
    return np.concatenate([before[:, left:], after[:, :left]], axis=1)


def wiped(before: Picture, after: Picture, share: float) -> Picture:
    """One picture over the other up to a share of the width."""
    x = np.arange(before.shape[1], dtype=np.float32)
    weight = np.clip((share * (before.shape[1] + 16) - x) / 16, 0, 1)
    return mix(before, after, weight[None, :, None].astype(np.float32))


def same_scene_dissolves(shots: Shots) -> Reel:
    """Dissolves from a clip to a later part of it."""
    reel = Reel()
    while len(reel.events) < 3:
        length = lengths(shots, 1, 6, 25)[0]
        pair = shots.jump(REST + length, length + REST, int(shots.rng.integers(0, 40)))
        if pair is not None:
            reel.cut(pair[0], "between pairs")
            reel.dissolve(pair[1], length)
    return reel
