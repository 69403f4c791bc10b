"""Whether mixing beats warping inside dissolves and fades: where to call a gap a fade.

    python -m benchmarks.judgement.fading [--clips DIR] [--clip NAME]...

A fade is laid over clips of which every other frame is left out; what was left out, with its own
share of the fade, is the truth. Prints PSNR in dB of frames made by `dain-lite` and of a mix of the
two frames, for every kind and length of fade.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from benchmarks.judgement.footage import CLIPS, Footage, Picture

import dain

LENGTHS = (6, 12, 24, 48)
KINDS = ("dissolve", "to black", "to white")
FIVE = ("davis_dog.mp4", "davis_parkour.mp4", "davis_cows.mp4", "bee.mp4", "mdn_rabbit.mp4")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--clip", action="append")
    arguments = parser.parse_args()
    footage = Footage(arguments.clips)
    names = arguments.clip or [*FIVE]
    engine = dain.Interpolator()
    print(f"{'clip':22}{'fade':10}{'frames':>7}{'warped':>8}{'mixed':>8}")
    for place, name in enumerate(names):
        shot, other = (footage.clip(each) for each in (name, names[place - 1]))
        for kind in KINDS:
            for length in LENGTHS:
                warped, mixed = np.mean([*measured(engine, shot, other, kind, length)], axis=0)
                print(f"{name:22}{kind:10}{length:7}{warped:8.2f}{mixed:8.2f}", flush=True)


def measured(
    engine: dain.Interpolator, shot: Picture, other: Picture, kind: str, length: int
) -> Iterator[tuple[float, float]]:
    """PSNR of the warped and of the mixed frame, for three gaps of a fade."""
    for share in (0.25, 0.5, 0.75):
        at = round(share * length)
        before, truth, after = (
            faded(shot[at + step], other[at + step], kind, min(max((at + step) / length, 0), 1))
            for step in (-1, 0, 1)
        )
        warped = engine.between(before, after, times=[0.5])[0]
        mixed = (before.astype(np.float64) + after) / 2
        yield psnr(warped, truth), psnr(mixed, truth)


def faded(frame: Picture, other: Picture, kind: str, share: float) -> Picture:
    """A frame at `share` of a fade."""
    levels = {"dissolve": other, "to black": 0, "to white": 255}[kind]
    return np.rint(frame * (1 - share) + np.asarray(levels) * share).astype(np.uint8)


def psnr(made: npt.ArrayLike, truth: Picture) -> float:
    """In dB of 8 bits."""
    error = float(np.mean((np.asarray(made, np.float64) - truth) ** 2))
    return 10 * float(np.log10(255**2 / max(error, 1e-2)))


if __name__ == "__main__":
    main()
