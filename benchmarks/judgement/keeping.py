"""Finishing made sequences, and keeping them on disk: making them all takes minutes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.judgement.effects import grain, recompressed
from benchmarks.judgement.footage import Picture
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.truth import Event, Sequence

RATE = Fraction(24)
CRF = 30  # visibly poor
SIGMA = 4.0
# What every recipe hangs on.
MAKERS = ("effects", "footage", "keeping", "reel", "shots", "truth", "recipes_cuts")


def mark(recipes: str) -> str:
    """Changes with the code of a module of recipes or of what it hangs on.

    Sequences are kept under it, so that none is used that other code has made.
    """
    files = [Path(__file__).with_name(f"{name}.py") for name in (*MAKERS, recipes)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def treated(
    reel: Reel, treatment: int, rng: np.random.Generator
) -> tuple[Picture, tuple[Event, ...]]:
    """What a reel holds; recompressed for treatment 1, with grain for 2, and else as it is."""
    frames, events = reel.finished()
    if treatment == 1:
        frames = recompressed(frames, CRF)
    elif treatment == 2:
        frames = grain(frames, SIGMA, rng)
    return frames, events


def keep(stem: Path, frames: Picture, events: tuple[Event, ...]) -> None:
    """Keep a sequence as two files, the second once the first is whole; others may do the same."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    facts = {"count": len(frames), "events": [asdict(event) for event in events]}
    own = stem.with_suffix(f".{os.getpid()}.npy")
    np.save(own, frames)
    own.replace(stem.with_suffix(".npy"))
    own.write_text(json.dumps(facts))
    own.replace(stem.with_suffix(".json"))


def is_kept(stem: Path) -> bool:
    """Whether a sequence is there, whole."""
    return stem.with_suffix(".json").exists()


def kept(stem: Path, half: str) -> Sequence:
    """A sequence that was kept; its frames are read when they are asked for."""
    facts = json.loads(stem.with_suffix(".json").read_text())
    events = tuple(Event(**event) for event in facts["events"])

    def frames() -> Iterator[Picture]:
        return iter(np.load(stem.with_suffix(".npy")))

    return Sequence(stem.name, frames, facts["count"], RATE, events, half)
