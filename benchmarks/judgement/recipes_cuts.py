"""Recipes for sequences with hard cuts, from easy to hard."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from benchmarks.judgement.effects import flashed, grain, letterboxed, lit, swept
from benchmarks.judgement.footage import CANVAS, Picture
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots, seen


def lengths(shots: Shots, count: int, low: int = 14, high: int = 36) -> list[int]:
    """Random lengths of shots."""
    return [int(length) for length in shots.rng.integers(low, high, count)]


def joined(parts: list[Picture], note: str) -> Reel:
    """Shots with cuts between them."""
    reel = Reel()
    for part in parts:
        reel.cut(part, note)
    return reel


def cuts(shots: Shots) -> Reel:
    """Cuts between different clips."""
    return joined(shots.several(lengths(shots, 5)), "between clips")


def jump_cuts(shots: Shots) -> Reel:
    """Cuts inside a clip: the same scene a little later; one ordinary cut between the pairs."""
    reel = Reel()
    while len(reel) < 90:
        before, after = lengths(shots, 2, 12, 20)
        pair = shots.jump(before, after, int(shots.rng.integers(10, 72)))
        if pair is not None and (not reel.frames or seen(np.stack(reel.frames[-4:]), pair[0])):
            reel.cut(pair[0], "between jumps")
            reel.cut(pair[1], pair[2])
    return reel


def similar_cuts(shots: Shots) -> Reel:
    """Cuts between clips of the same place and light."""
    while True:
        parts = shots.alike(lengths(shots, 4))
        if all(seen(first, second) for first, second in pairwise(parts)):
            return joined(parts, "similar shots")


def dark_cuts(shots: Shots) -> Reel:
    """Cuts between night shots with the noise of a fast sensor."""
    parts = []
    for part in shots.several(lengths(shots, 5)):
        gain = float(shots.rng.uniform(0.01, 0.06))  # 12 to 28 % of the coded values
        dark = np.stack([lit(frame, gain) for frame in part])
        parts.append(grain(dark, float(shots.rng.uniform(0.5, 2)), shots.rng))
    return joined(parts, "dark")


def noisy_cuts(shots: Shots) -> Reel:
    """Cuts in heavy film grain."""
    sigma = float(shots.rng.uniform(6, 20))
    parts = [grain(part, sigma, shots.rng) for part in shots.several(lengths(shots, 5))]
    return joined(parts, f"grain {sigma:.0f}")


def short_shots(shots: Shots) -> Reel:
    """Shots of 1, 2 and 3 frames between longer ones."""
    brief = int(shots.rng.integers(1, 4))
    return joined(shots.several([20, 1, 20, 3, 20, brief, 20]), "short shot")


def cuts_after_pans(shots: Shots) -> Reel:
    """Cuts at the end of a pan that is still moving, and into one."""
    reel = Reel()
    for part in shots.several([24, 24, 24]):
        pan, note = moving(shots, 16)
        start = reel.cut(pan, f"before {note}")
        reel.mark("pan", start + 1, start + len(pan) - 1, note)
        reel.cut(part, f"after {note}")
    return reel


def moving(shots: Shots, length: int) -> tuple[Picture, str]:
    """A steady pan over a photograph, and its speed in words."""
    speed = float(shots.rng.uniform(0.4, 2.4))  # widths in a second at 24 fps
    step, photograph = speed * CANVAS[0] / 24, shots.photograph()
    top = float(shots.rng.uniform(0, CANVAS[1]))
    places = [step * place for place in range(length)]
    shutter = 0.5 * step
    frames = [swept(photograph, (left, left + shutter), top, CANVAS) for left in places]
    return grain(np.stack(frames), 1, shots.rng), f"pan of {speed:.1f} widths/s"


def flashes_at_cuts(shots: Shots) -> Reel:
    """Cuts whose first frame is lit by a flash, which then decays."""
    reel = Reel()
    for part in shots.several(lengths(shots, 4, 18, 30)):
        lights = (0.8, 0.4, 0.15)
        head = [flashed(frame, light) for frame, light in zip(part, lights, strict=False)]
        start = reel.cut(np.stack([*head, *part[len(lights) :]]), "into a flash")
        reel.mark("flash", start, start + len(lights) - 1, "at a cut")
    return reel


def letterbox_cuts(shots: Shots) -> Reel:
    """Cuts and a dissolve between black bars."""
    parts = shots.several(lengths(shots, 4))
    bar = int(shots.rng.choice([22, 26, 30]))
    reel = joined([letterboxed(part, bar) for part in parts], "letterboxed")
    last = letterboxed(shots.draw(40), bar)
    reel.dissolve(last, 12)
    return reel
