"""Grain of new frames beside that of the film they lie in, and where grain is found at all.

Grain of a known kind is added to frames of clips, anew for each frame and stronger in the dark,
and a frame is made half way and at a quarter. Measured are, in places where the clip itself is
flat, the amplitude of the grain over that of both neighbours, and its correlation with itself a
pixel and two apart; over the whole picture, energy as in `benchmarks.judgement.sharpness`.

    python -m benchmarks.judgement.grain CLIP...            # grain added, and made again
    python -m benchmarks.judgement.grain CLIP... --found    # evenness of clips as they are
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from benchmarks.judgement.sharpness import Floats, Maker, brightness, energy, runs

from dain.engine.grain import flatness_of
from dain.engine.octaves import energy_of, luma_of, means_in_cells, octaves_of

KINDS = {"fine": (4.0, 0.5), "usual": (4.0, 0.7), "coarse": (6.0, 1.1)}  # levels, blur in pixels
TIMES = (0.25, 0.5)
APART = ((0, 1), (1, 1), (0, 2), (0, 3))
FAR = 4.0  # pixels: what is coarser is picture
FLAT = 2.0  # levels: the most that a flat place differs from its surroundings
AROUND = 15  # pixels around anything else that are not flat


def grainy(
    frame: npt.NDArray[Any], kind: str, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """A frame with grain, the same in all its channels."""
    level, blur = KINDS[kind]
    noise = cv2.GaussianBlur(generator.standard_normal(frame.shape[:2]), (0, 0), blur)
    strength = 1.3 - 0.6 * brightness(frame) / 255
    grain = (noise / noise.std() * level * strength)[..., None]
    return np.clip(np.rint(frame + grain), 0, 255).astype(np.uint8)


def flat_places(frame: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a clip without grain is flat, and not so bright or dark that grain is cut off."""
    luma = brightness(frame)
    detail = np.abs(luma - cv2.GaussianBlur(luma, (0, 0), FAR)) > FLAT
    detail |= (luma < 20) | (luma > 235)
    near = cv2.dilate(detail.astype(np.uint8), np.ones((AROUND, AROUND), np.uint8))
    return np.asarray(near == 0)


def grain_of(frame: npt.NDArray[Any], flat: npt.NDArray[np.bool_]) -> Floats:
    """Amplitude in levels, and correlation with itself."""
    luma = brightness(frame)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), FAR)
    height, width = fine.shape
    variance = float((fine[flat] ** 2).mean())
    found = [variance**0.5]
    for down, across in APART:
        one, two = fine[: height - down, : width - across], fine[down:, across:]
        found.append(float((one * two)[flat[: height - down, : width - across]].mean()) / variance)
    return np.array(found)


def measure(maker: Maker, frames: list[npt.NDArray[np.uint8]], kind: str) -> None:
    """Print a line for the film, and for a new frame made in each way."""
    generator = np.random.default_rng(0)
    flat = flat_places(frames[0]) & flat_places(frames[1])
    if flat.mean() < 0.01:
        print("  nothing flat to measure grain in")
        return
    film = [grainy(frame, kind, generator) for frame in frames[:2]]
    own, energies = [grain_of(frame, flat) for frame in film], [energy(frame) for frame in film]
    print(line(f"{kind}, film", np.mean(own, axis=0), None))
    for t, made in zip(TIMES, maker.between(film[0], film[1], TIMES), strict=True):
        wanted = energies[0] * (1 - t) + energies[1] * t
        for way in ("plain", "auto"):
            of_flat = grain_of(made[way], flat)
            print(line(f"{kind}, {way} at {t}", of_flat, energy(made[way]) / wanted))


def line(name: str, grain: Floats, energies: Floats | None) -> str:
    """Of the table."""
    numbers = " ".join(f"{number:6.3f}" for number in grain)
    if energies is not None:
        numbers += "   " + " ".join(f"{number:5.3f}" for number in energies)
    return f"  {name:20}{numbers}"


def found(frame: npt.NDArray[Any]) -> str:
    """Evenness of a frame's flattest places, and their amplitude in levels."""
    luma = luma_of(Maker.tensor(frame))
    powers, cells = energy_of(octaves_of(luma))[0].flatten(1), means_in_cells(luma).flatten()
    measured = flatness_of(powers, cells)
    if measured is None:
        return "too dark"
    return f"{float(measured.evenness):.2f} at {float(measured.typical[0].sqrt()) * 255:.2f}"


def main() -> None:
    """Measure clip by clip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--width", type=int, default=864)
    parser.add_argument("--found", action="store_true", help="of the clips as they are")
    arguments = parser.parse_args()
    if not arguments.found:
        print("amplitude, correlation at (0, 1) (1, 1) (0, 2) (0, 3); energy by octave and in all")
    maker = Maker()
    with torch.inference_mode():
        for clip in arguments.clips:
            taken = list(runs(clip, arguments.runs, arguments.width))
            if arguments.found:
                print(
                    f"{clip.stem:28}{', '.join(found(frames[0]) for frames in taken)}", flush=True
                )
                continue
            print(clip.stem, flush=True)
            for frames in taken:
                for kind in KINDS:
                    measure(maker, frames, kind)


if __name__ == "__main__":
    main()
