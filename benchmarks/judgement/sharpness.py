"""How sharp new frames are beside their neighbours, what evens it, and what that costs.

Of each clip a few runs of three frames are taken. The middle one is made from the outer ones,
and measured against itself and them ("every other"); and frames are made between the first two,
at a quarter, half and three quarters ("neighbours"), as a real run makes them, whose truth
nobody knows. Made by blending, by `dain-lite` in float32 as it is, and with its sharpness evened.

Energy is the power of the spectrum of brightness (Hann window), summed over octaves of spatial
frequency, over the mean of both neighbours', weighted by time. Power, since powers of
independent parts add up; 3 % of it is 1.5 % of amplitude. It is taken from a Fourier transform,
not from the pyramid that the remedy works with.

    python -m benchmarks.judgement.sharpness CLIP... [--runs 2] [--width 864] [--each]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import dain
from dain.engine.sharpness import describe, even_sharpness
from dain.evaluation.measures import psnr, ssim
from dain.media import open_reader

Floats = npt.NDArray[np.float64]

TIMES = (0.25, 0.5, 0.75)
WAYS = ("blend", "plain", "auto", "even")
STAGES = ("encode", "relate", "synthesise", "describe", "auto", "even")
# Cycles per pixel. Frequencies of the plane: the corners of the finest lie beyond 1/2.
OCTAVES = {"1/4..": (1 / 4, 1.0), "1/8..": (1 / 8, 1 / 4), "1/16..": (1 / 16, 1 / 8)}
BLOCK = 64
_BLOCK_BLUR = 2.5  # pixels: leaves what is finer than about a sixteenth of a cycle per pixel


class Maker:
    """Makes a frame in every way, with the network's work done once, and times the remedy."""

    def __init__(self) -> None:
        self._network = dain.load_network("dain-lite")
        self._network.prepare("fp32")
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.counts = dict.fromkeys(self.seconds, 0)

    def between(
        self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any], times: tuple[float, ...]
    ) -> list[dict[str, npt.NDArray[np.uint8]]]:
        """For each time, the frame made in every way."""
        pair = [self.tensor(frame) for frame in (frame0, frame1)]
        details = [self._timed("describe", describe, each, k) for k, each in enumerate(pair)]
        features = [self._timed("encode", self._network.encode, each) for each in pair]
        motion = self._timed("relate", self._network.relate, *features)
        found = []
        for t in times:
            synthesise = self._network.synthesise
            plain = self._timed("synthesise", synthesise, *features, motion, t).frame
            made = {"blend": torch.lerp(*pair, t), "plain": plain}
            for way in ("auto", "even"):
                made[way] = self._timed(way, even_sharpness, plain, *details, motion, t, way)
            found.append({way: self._rounded(frame) for way, frame in made.items()})
        return found

    def _timed(self, name: str, function: Any, *arguments: Any) -> Any:
        begin = time.process_time()
        result = function(*arguments)
        self.seconds[name] += time.process_time() - begin
        self.counts[name] += 1
        return result

    @staticmethod
    def tensor(frame: npt.NDArray[Any]) -> Tensor:
        """8-bit RGB as networks take it."""
        return torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255

    @staticmethod
    def _rounded(frame: Tensor) -> npt.NDArray[np.uint8]:
        levels = (frame[0].permute(1, 2, 0) * 255).round().clamp(0, 255)
        return levels.to(torch.uint8).contiguous().numpy()


def energy(frame: npt.NDArray[Any]) -> Floats:
    """Power in each octave, and in all three."""
    luma = brightness(frame)
    height, width = luma.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    power = np.abs(np.fft.rfft2((luma - luma.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    parts = [power[(frequency >= low) & (frequency < high)].sum() for low, high in OCTAVES.values()]
    return np.array([*parts, sum(parts)])


def block_energy(frame: npt.NDArray[Any]) -> Floats:
    """Power of fine detail in each block of 64x64 pixels."""
    luma = brightness(frame)
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), _BLOCK_BLUR)) ** 2
    rows, columns = (side // BLOCK for side in luma.shape)
    blocks = fine[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return np.asarray(blocks.mean((1, 3)).ravel() + 1 / 12)  # rounding, so that flat is even


def brightness(frame: npt.NDArray[Any]) -> Floats:
    """Luma of 8-bit RGB, in levels."""
    return np.asarray(frame.astype(np.float64) @ [0.299, 0.587, 0.114])


def runs(clip: Path, count: int, width: int) -> Iterator[list[npt.NDArray[np.uint8]]]:
    """Runs of three frames, spread evenly over a clip, none wider than `width`."""
    with open_reader(clip) as reader:
        pts = reader.timestamps().pts
    for k in range(count):
        # A reader is for one pass.
        with open_reader(clip) as reader:
            first = pts[int((len(pts) - 3) * Fraction(2 * k + 1, 2 * count))]
            frames = reader.frames(from_pts=first)
            yield [reduced(next(frames).pixels, width) for _ in range(3)]


def reduced(frame: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    """At most so wide, by area."""
    if frame.shape[1] > width:
        height = round(frame.shape[0] * width / frame.shape[1])
        frame = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(frame)


def measure(maker: Maker, frames: list[npt.NDArray[np.uint8]]) -> dict[str, Floats]:
    """For each way: energies every other (4), of neighbours (4), blocks (3), PSNR, SSIM."""
    first, truth, last = frames
    own = [energy(frame) for frame in frames]
    true_blocks = block_energy(truth)
    (middle,) = maker.between(first, last, (0.5,))
    between = maker.between(first, truth, TIMES)
    found = {"truth": [own[1] * 2 / (own[0] + own[2]), np.full(9, np.nan)]}
    for way in WAYS:
        evenly = [
            energy(made[way]) / (own[0] * (1 - t) + own[1] * t)
            for made, t in zip(between, TIMES, strict=True)
        ]
        blocks = np.percentile(block_energy(middle[way]) / true_blocks, [10, 50, 90])
        likeness = [psnr(middle[way], truth), ssim(middle[way], truth)]
        found[way] = [
            energy(middle[way]) * 2 / (own[0] + own[2]),
            np.concatenate([np.mean(evenly, axis=0), blocks, likeness]),
        ]
    return {way: np.concatenate(parts) for way, parts in found.items()}


def show(name: str, measured: list[dict[str, Floats]]) -> None:
    """Means over runs, a line for each way."""
    print(f"\n{name} ({len(measured)} runs)")
    print(
        f"{'':7}{'every other':24}{'neighbours':24}{'blocks: 10 50 90 %':20}{'PSNR':>7}{'SSIM':>8}"
    )
    for way in measured[0]:
        mean = np.mean([each[way] for each in measured], axis=0)
        energies = [" ".join(f"{x:5.3f}" for x in mean[k : k + 4]) for k in (0, 4)]
        blocks = " ".join(f"{x:5.3f}" for x in mean[8:11])
        line = f"{way:7}{energies[0]} {energies[1]} {blocks} {mean[11]:9.3f}{mean[12]:8.4f}"
        print(line.replace("nan", "  -"), flush=True)


def main() -> None:
    """Measure and print tables: for each clip if asked, for each family of clips, for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--width", type=int, default=864)
    parser.add_argument("--each", action="store_true", help="a table for each clip")
    arguments = parser.parse_args()
    print(f"energy in {', '.join(OCTAVES)} cycles per pixel, and in all three")
    maker, families = Maker(), dict[str, list[dict[str, Floats]]]()
    with torch.inference_mode():
        for clip in arguments.clips:
            measured = [measure(maker, run) for run in runs(clip, arguments.runs, arguments.width)]
            families.setdefault(clip.stem.split("_")[0], []).extend(measured)
            if arguments.each:
                show(clip.stem, measured)
    for family, measured in families.items():
        show(family, measured)
    show("all", [each for measured in families.values() for each in measured])
    for name, seconds in maker.seconds.items():
        print(f"{name}: {seconds / maker.counts[name] * 1000:.1f} ms of processor time a frame")


if __name__ == "__main__":
    main()
