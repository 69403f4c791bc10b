"""Drawing shots from the clips: at random, but always the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.judgement.footage import CANVAS, TEXTURES, Footage, Picture, cover, pixels
from benchmarks.judgement.truth import halves
from PIL import Image

# They hold cuts of their own and are checked by hand instead (hand_checked.py); all others but
# one are single shots.
HAND_CHECKED = ("tears_of_steel.webm", "bbb_480p24.mp4")
# A cut at frame 21, and 60 fps: every second frame makes its motion that of the other clips.
PARTS = {"bbb_1080p60.mp4": slice(21, None, 2)}
# Clips that look alike: toys on the same board, people before the same wall, a car on a track.
FAMILIES = (
    ("mdn_crystal", "mdn_elf", "mdn_frog", "mdn_monster", "mdn_pig", "mdn_rabbit"),
    ("intel_asl",),
    ("davis_drift",),
)
# A jump inside a clip counts as a cut where somebody would see it: the picture changes by so many
# times the clip's usual change from frame to frame, and by so many grey levels.
SEEN_RATIO, SEEN_LEVELS = 3.0, 4.0


@dataclass(frozen=True)
class Shots:
    """Shots of the clips of one half, and a random generator to draw them with."""

    footage: Footage
    clips: list[str]
    textures: list[Path]
    rng: np.random.Generator

    def draw(self, length: int, size: tuple[int, int] = CANVAS) -> Picture:
        """`length` frames of a clip drawn at random among those long enough."""
        while True:
            shot = self.of(self.clips[self.rng.integers(len(self.clips))], length, size)
            if shot is not None:
                return shot

    def several(self, lengths: list[int]) -> list[Picture]:
        """A shot for each length, each of another clip, and none two that look alike."""
        shots: list[Picture] = []
        families: set[str] = set()
        for name in (str(name) for name in self.rng.permutation(self.clips)):
            if len(shots) < len(lengths) and family(name) not in families:
                shot = self.of(name, lengths[len(shots)])
                if shot is not None:
                    shots.append(shot)
                    families.add(family(name))
        if len(shots) < len(lengths):
            raise ValueError(f"too few clips are long enough for {lengths}")
        return shots

    def of(self, name: str, length: int, size: tuple[int, int] = CANVAS) -> Picture | None:
        """`length` frames from somewhere in a clip; None where it is too short."""
        frames = self.frames(name, size)
        if len(frames) < length:
            return None
        start = int(self.rng.integers(len(frames) - length + 1))
        return frames[start : start + length]

    def frames(self, name: str, size: tuple[int, int] = CANVAS) -> Picture:
        """All frames of a clip's one shot, at the pace of the others."""
        return self.footage.clip(name, size)[PARTS.get(name, slice(None))]

    def jump(self, length: int, after: int, apart: int) -> tuple[Picture, Picture, str] | None:
        """Two runs of one clip, `apart` frames left out between them; None if nobody saw it."""
        name = self.clips[self.rng.integers(len(self.clips))]
        frames = self.frames(name)
        room = len(frames) - length - after - apart
        if room < 0:
            return None
        start = int(self.rng.integers(room + 1))
        first = frames[start : start + length]
        second = frames[start + length + apart :][:after]
        return (
            (first, second, f"{apart} frames of {name} left out") if seen(first, second) else None
        )

    def alike(self, lengths: list[int]) -> list[Picture]:
        """Shots in turn of clips that look alike, or of parts of one clip."""
        kin = FAMILIES[self.rng.integers(len(FAMILIES))]
        clips = [clip for clip in self.clips if clip.startswith(kin)] or [self.clips[0]]
        shots = []
        for place, length in enumerate(lengths):
            frames = self.frames(clips[place % len(clips)])
            start = int(self.rng.integers(max(len(frames) - length, 0) + 1))
            shots.append(frames[start : start + length])
        return shots

    def photograph(self) -> Picture:
        """A photograph three canvases wide and twice as high as one, to pan over."""
        path = self.textures[self.rng.integers(len(self.textures))]
        with Image.open(path) as picture:
            return cover(pixels(picture.convert("RGB")), (3 * CANVAS[0], 2 * CANVAS[1]))


def family(name: str) -> str:
    """What clips that look alike share: the first of their family, or their own name."""
    return next((kin[0] for kin in FAMILIES if name.startswith(kin)), name)


def seen(first: Picture, second: Picture) -> bool:
    """Whether the step from one run to the next is plainly more than their motion."""
    usual = np.median([change(run[k], run[k + 1]) for run in (first, second) for k in range(3)])
    step = change(first[-1], second[0])
    return step > SEEN_RATIO * usual and step > SEEN_LEVELS


def change(before: Picture, after: Picture) -> float:
    """Mean absolute difference in grey levels."""
    return float(np.abs(before.astype(np.int16) - after).mean())


def pools(footage: Footage, textures: Path = TEXTURES) -> dict[str, tuple[list[str], list[Path]]]:
    """The clips and photographs of each half: none is in both."""
    clips = halves([name for name in footage.names() if name not in HAND_CHECKED])
    pictures = halves([path.name for path in textures.glob("*.webp")])
    return {half: (clips[half], [textures / name for name in pictures[half]]) for half in clips}
