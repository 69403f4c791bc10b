"""Recipes for sequences with dissolves and fades."""

from __future__ import annotations

from benchmarks.judgement.effects import grain
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots

LENGTHS = (6, 8, 12, 16, 24, 36, 48)
REST = 8  # untouched frames between two changes
LINEAR = 1 / 3  # this share is made in linear light, as compositing programs do; the rest is not


def dissolves(shots: Shots) -> Reel:
    """Three dissolves of 6 to 48 frames."""
    lengths = [int(length) for length in shots.rng.choice(LENGTHS, 3)]
    ends = [*lengths[1:], 0]
    parts = shots.several(
        [REST + lengths[0]]
        + [length + REST + end for length, end in zip(lengths, ends, strict=True)]
    )
    reel = Reel()
    reel.cut(parts[0])
    for part, length in zip(parts[1:], lengths, strict=True):
        reel.dissolve(part, length, linear=bool(shots.rng.random() < LINEAR))
    return reel


def grainy_dissolves(shots: Shots) -> Reel:
    """The same under film grain, which is added last and so does not fade."""
    reel, sigma = dissolves(shots), float(shots.rng.uniform(3, 10))
    reel.frames = [grain(frame[None], sigma, shots.rng)[0] for frame in reel.frames]
    return reel


def fades(shots: Shots) -> Reel:
    """Out to black or white and in again, twice; black thrice as often."""
    reel = Reel()
    lengths = [int(length) for length in shots.rng.choice(LENGTHS, 4)]
    parts = shots.several([REST + lengths[0], lengths[1] + REST + lengths[2], lengths[3] + REST])
    reel.cut(parts[0])
    for part, leaving, coming in zip(parts[1:], lengths[0::2], lengths[1::2], strict=True):
        level, hold = int(shots.rng.choice([0, 0, 0, 255])), int(shots.rng.integers(0, 10))
        linear = bool(shots.rng.random() < LINEAR)
        reel.fade_out(leaving, level, hold, linear=linear)
        reel.fade_in(part, coming, level, linear=linear)
    return reel


def half_fades(shots: Shots) -> Reel:
    """Fades that meet a hard cut at black: out and a cut in, then a cut to black and in."""
    lengths = [int(length) for length in shots.rng.choice(LENGTHS[:5], 2)]
    parts = shots.several([REST + lengths[0], 3 * REST, lengths[1] + REST])
    reel = Reel()
    reel.cut(parts[0])
    reel.fade_out(lengths[0], 0, 6)
    reel.cut(parts[1], "out of black")
    black = parts[1][:5] * 0
    reel.cut(black, "into black")
    reel.fade_in(parts[2], lengths[1], 0)
    return reel
