"""Recipes for sequences that hold what looks like a cut and is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from benchmarks.judgement.effects import (
    Mask,
    crop,
    exploded,
    flashed,
    glow,
    grain,
    lit,
    mix,
    rounded,
    subtitled,
    swept,
)
from benchmarks.judgement.footage import CANVAS, WIDE, Picture, pixels
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots

PHOTOGRAPHIC = (1.0, 0.7, 0.3)
LIGHTNING = (0.8, 0.2, 0.9, 0.6, 0.4, 0.25, 0.15, 0.08)
LINES = (["Where have you been?"], ["Out.", "It was raining all day."], ["I said nothing."])

Change = Callable[[Reel, int, Shots], None]


def parts(shots: Shots, change: Change, count: int = 3, length: int = 34) -> Reel:
    """Shots with ordinary cuts between them, and a change from the tenth frame of each on."""
    reel = Reel()
    for shot in shots.several([length] * count):
        change(reel, reel.cut(shot, "between events") + 10, shots)
    return reel


def flashes(shots: Shots) -> Reel:
    """A photographer's flash over one to three frames; lightning that decays; whole or in part."""
    return parts(shots, flash)


def flash(reel: Reel, start: int, shots: Shots) -> None:
    """One flash, in words what of."""
    storm = bool(shots.rng.random() < 1 / 3)
    lights = LIGHTNING if storm else PHOTOGRAPHIC[: int(shots.rng.integers(1, 4))]
    strength = float(shots.rng.uniform(0.5, 1))
    mask: Mask | None = None
    if shots.rng.random() < 0.4:
        centre = float(shots.rng.uniform(0, CANVAS[0])), float(shots.rng.uniform(0, CANVAS[1]))
        mask = glow((CANVAS[1], CANVAS[0]), centre, float(shots.rng.uniform(60, 160)))
    for place, light in enumerate(lights, start):
        reel.frames[place] = flashed(reel.frames[place], strength * light, mask)
    words = ("lightning" if storm else "flash") + (", whole frame" if mask is None else ", region")
    reel.mark("flash", start, start + len(lights) - 1, f"{words}, {strength:.1f}")


def strobes(shots: Shots) -> Reel:
    """A club: dark frames, and one lit frame in every two to five."""
    reel = Reel()
    for shot in shots.several([36, 36]):
        start, period = reel.cut(shot, "in strobe light"), int(shots.rng.integers(2, 6))
        for place in range(start, start + len(shot)):
            on = (place - start) % period == 0
            reel.frames[place] = lit(reel.frames[place], 1.6 if on else 0.03)
        reel.mark("flash", start + 1, start + len(shot) - 1, f"strobe, every {period} frames")
    return reel


def explosions(shots: Shots) -> Reel:
    """A ball of fire grows over some frames, and fades."""
    return parts(shots, explosion, count=2, length=38)


def explosion(reel: Reel, start: int, shots: Shots) -> None:
    """One explosion."""
    growth, decay = int(shots.rng.integers(2, 9)), 12
    centre = float(shots.rng.uniform(60, 260)), float(shots.rng.uniform(40, 140))
    full = float(shots.rng.uniform(90, 300))
    for place in range(growth + decay):
        radius = full * min(1.0, (place + 1) / growth)
        weight = 1.0 if place < growth else 1 - (place - growth + 1) / (decay + 1)
        frame = reel.frames[start + place]
        reel.frames[start + place] = exploded(frame, centre, radius, weight)
    reel.mark("explosion", start, start + growth + decay - 1, f"grows in {growth} frames")


def pans(shots: Shots) -> Reel:
    """The camera swings from one rest to another over a photograph or a clip."""
    reel = Reel()
    for place in range(3):
        wide = [shots.photograph()] * 60 if place % 2 else list(shots.draw(36, WIDE))
        swing, first, last, note = swung(wide, shots)
        start = reel.cut(swing, "between pans")
        reel.mark("pan", start + first, start + last, note)
    return reel


def swung(wide: list[Picture], shots: Shots) -> tuple[Picture, int, int, str]:
    """Frames of a swing; the first and last moved frame; and its peak speed in words."""
    reach = min(wide[0].shape[1] - CANVAS[0], 2 * CANVAS[0])
    rest, longest = 8, min(len(wide) - 16, 40)
    speed = float(np.exp(shots.rng.uniform(np.log(0.4), np.log(4))))  # widths in a second, peak
    length = max(6, min(longest, round(1.5 * reach / (speed * CANVAS[0] / 24))))
    reach = min(reach, round(speed * CANVAS[0] / 24 * length / 1.5))
    at = np.concatenate([np.zeros(rest), np.linspace(0, 1, length + 1), np.ones(rest - 1)])
    left = reach * at**2 * (3 - 2 * at)
    left = left if shots.rng.random() < 0.5 else reach - left
    top = float(shots.rng.uniform(0, wide[0].shape[0] - CANVAS[1]))
    blur = 0.5 if shots.rng.random() < 0.5 else 0.0
    ahead = np.append(left[1:], left[-1])
    frames = [
        swept(frame, (a, a + blur * (b - a)), top, CANVAS)
        for frame, a, b in zip(wide, left, ahead, strict=False)
    ]
    words = f"{1.5 * reach / length * 24 / CANVAS[0]:.1f} widths/s" + ", blurred" * bool(blur)
    return grain(np.stack(frames), 1, shots.rng), rest, rest + length, words


def shakes(shots: Shots) -> Reel:
    """The camera shakes: in a hand, or hard from a blow and dying away."""
    reel = Reel()
    for _ in range(3):
        wide = shots.draw(34, WIDE)
        blow = bool(shots.rng.random() < 0.5)
        reach = float(shots.rng.uniform(12, 40) if blow else shots.rng.uniform(4, 16))
        start = reel.cut(shaken(wide, reach, blow, shots.rng), "between shakes")
        words = f"{'a blow' if blow else 'in a hand'}, {reach:.0f} px of {CANVAS[0]}"
        reel.mark("shake", start + 10, start + 27, words)
    return reel


def shaken(wide: Picture, reach: float, blow: bool, rng: np.random.Generator) -> Picture:
    """The middle of wide frames, displaced from the tenth frame to the 27th."""
    offsets = rng.standard_normal((18, 3)) * (reach / 2, reach / 2, reach / 1000)
    if blow:
        offsets *= np.exp(-np.arange(18) / 5)[:, None]
    frames = []
    for place, frame in enumerate(wide):
        x, y, turn = offsets[place - 10] if 10 <= place < 28 else (0, 0, 0)
        left, top = (WIDE[0] - CANVAS[0]) / 2 + x, (WIDE[1] - CANVAS[1]) / 2 + y
        frames.append(crop(frame, left, top, CANVAS, turn))
    return np.stack(frames)


def subtitles(shots: Shots) -> Reel:
    """Subtitles come, change and go."""
    reel = Reel()
    for shot in shots.several([48, 48]):
        start = reel.cut(shot, "between subtitles")
        shown: list[list[str]] = [[], LINES[0], LINES[1], [], LINES[2], []]
        for place in range(len(shot)):
            frame = subtitled(reel.frames[start + place], shown[place // 8])
            reel.frames[start + place] = frame
            if place and place % 8 == 0:
                reel.mark("subtitle", start + place, start + place, "change of subtitle")
    return reel


def passings(shots: Shots) -> Reel:
    """Something big passes close before the lens."""
    return parts(shots, passing)


def passing(reel: Reel, start: int, shots: Shots) -> None:
    """One object, out of focus and blurred by its motion, over 5 to 14 frames."""
    length, wide = int(shots.rng.integers(5, 15)), float(shots.rng.uniform(0.4, 1.1)) * CANVAS[0]
    skin = shots.photograph()[: CANVAS[1], : CANVAS[0]]
    skin = lit(pixels(cv2.GaussianBlur(skin, (0, 0), 3)), float(shots.rng.uniform(0.05, 0.7)))
    step = (CANVAS[0] + wide) / (length + 1)
    x = np.arange(CANVAS[0], dtype=np.float32)
    for place in range(length):
        right = (place + 1) * step
        edge = 6 + step / 4  # soft: out of focus, and half a step of motion blur
        cover = np.clip((right - x) / edge, 0, 1) * np.clip((x - right + wide) / edge, 0, 1)
        frame, moved = reel.frames[start + place], np.roll(skin, round(right), axis=1)
        reel.frames[start + place] = mix(frame, moved, cover[None, :, None].astype(np.float32))
    reel.mark("passing", start, start + length - 1, f"{wide / CANVAS[0]:.0%} in {length} frames")


def exposures(shots: Shots) -> Reel:
    """The light jumps, and the camera's exposure settles over the following frames."""
    return parts(shots, exposure)


def exposure(reel: Reel, start: int, shots: Shots) -> None:
    """One jump, up or down."""
    stops = float(shots.rng.choice([-2.5, -1.5, -1, 1, 1.5, 2.5]))
    settle = float(shots.rng.uniform(2, 6))
    for place in range(20):
        gain = 2 ** (stops * float(np.exp(-place / settle)))
        reel.frames[start + place] = lit(reel.frames[start + place], gain)
    reel.mark("exposure", start, start + 19, f"{stops:+.1f} stops, settles")


def clips(shots: Shots) -> Reel:
    """A clip as it is, from its fastest part."""
    name = str(shots.rng.choice([name for name in shots.clips if name.startswith("davis")]))
    reel = Reel()
    reel.cut(shots.frames(name)[:100])
    return reel


def flicker(shots: Shots) -> Reel:
    """An old film: brightness varies from frame to frame, with grain, scratches and dust."""
    reel = Reel()
    for shot in shots.several([40, 40]):
        old = []
        for frame in grain(shot, 8, shots.rng):
            dirty = lit(frame, float(shots.rng.uniform(0.6, 1.3)))
            for _ in range(int(shots.rng.integers(0, 4))):
                at = int(shots.rng.integers(CANVAS[0])), int(shots.rng.integers(CANVAS[1]))
                cv2.circle(dirty, at, int(shots.rng.integers(2, 14)), (230, 230, 230), -1)
            old.append(rounded(dirty.mean(axis=2, keepdims=True) * np.ones(3)))
        start = reel.cut(np.stack(old), "in an old film")
        reel.mark("exposure", start + 1, start + len(old) - 1, "flicker and dust")
    return reel
