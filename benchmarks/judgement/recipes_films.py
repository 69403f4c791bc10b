"""Recipes for what films and their copies add: grain between bars, punch-ins, held frames."""

from __future__ import annotations

import numpy as np
from benchmarks.judgement.effects import grain, letterboxed
from benchmarks.judgement.footage import CANVAS, WIDE, Picture, cover
from benchmarks.judgement.recipes_cuts import joined, lengths
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots


def film_cuts(shots: Shots) -> Reel:
    """Wide-screen film with heavy grain between clean bars, and a dissolve at the end."""
    sigma, lowest = float(shots.rng.uniform(10, 20)), 23  # rows of a bar: 2.39 to 1
    parts = shots.several(lengths(shots, 5, 22, 40))
    reel = joined(parts[:4], f"film with grain {sigma:.0f}")
    reel.dissolve(parts[4], 16)
    grainy = grain(np.stack(reel.frames), sigma, shots.rng)
    reel.frames = [*letterboxed(grainy, lowest)]
    return reel


def punch_ins(shots: Shots) -> Reel:
    """The same take, cut from the whole picture to a part of it and back while time goes on."""
    reel = Reel()
    for _ in range(2):
        wide = shots.draw(36, WIDE)
        zoom = float(shots.rng.uniform(1.25, 2))
        reel.cut(np.stack([cover(frame, CANVAS) for frame in wide[:12]]), "between takes")
        tight = [cover(inner(frame, zoom), CANVAS) for frame in wide[12:24]]
        reel.cut(np.stack(tight), f"punch-in by {zoom:.2f}")
        reel.cut(np.stack([cover(frame, CANVAS) for frame in wide[24:]]), "back to the whole")
    return reel


def inner(frame: Picture, zoom: float) -> Picture:
    """The middle of a frame, `zoom` times smaller each way."""
    height, width = (round(side / zoom) for side in frame.shape[:2])
    top, left = (frame.shape[0] - height) // 2, (frame.shape[1] - width) // 2
    return frame[top : top + height, left : left + width]


def cuts_on_twos(shots: Shots) -> Reel:
    """Every picture held for two or three frames at the pace of the source, with cuts."""
    hold = int(shots.rng.integers(2, 4))
    parts = [np.repeat(part[::hold], hold, axis=0) for part in shots.several([36] * 4)]
    return joined(parts, f"every picture {hold} times")


def fast_forward(shots: Shots) -> Reel:
    """Clips at two and three times their speed: larger motion than a film has."""
    reel = Reel()
    for pace in (2, 3):
        reel.cut(shots.draw(24 * pace)[::pace], "between fast clips")
    return reel
