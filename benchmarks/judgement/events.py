"""Sequences whose cuts, dissolves, fades and false friends are known: made, not collected.

Shots of the clips are put together in memory, with changes of which the frames are known, by a
generator that gives the same in every run. A sequence belongs to `tune` or to `test`, and the two
halves share no clip and no photograph, so that what was tuned on one is measured on the other.

    python -m benchmarks.judgement.events [--clips DIR]    lists the sequences and counts the events
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.judgement import recipes_cuts, recipes_gradual, recipes_harmless
from benchmarks.judgement.effects import grain, recompressed
from benchmarks.judgement.footage import CLIPS, Footage, Picture
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots, pools
from benchmarks.judgement.truth import HALVES, Event, Sequence, seed

RATE = Fraction(24)
# How many sequences of each recipe; even numbers, half of them to tune on.
RECIPES: tuple[tuple[Callable[[Shots], Reel], int], ...] = (
    (recipes_cuts.cuts, 8),
    (recipes_cuts.jump_cuts, 12),
    (recipes_cuts.similar_cuts, 8),
    (recipes_cuts.dark_cuts, 8),
    (recipes_cuts.noisy_cuts, 8),
    (recipes_cuts.short_shots, 8),
    (recipes_cuts.cuts_after_pans, 8),
    (recipes_cuts.flashes_at_cuts, 4),
    (recipes_cuts.letterbox_cuts, 6),
    (recipes_gradual.dissolves, 16),
    (recipes_gradual.grainy_dissolves, 4),
    (recipes_gradual.fades, 16),
    (recipes_gradual.half_fades, 6),
    (recipes_harmless.flashes, 12),
    (recipes_harmless.strobes, 4),
    (recipes_harmless.explosions, 8),
    (recipes_harmless.pans, 12),
    (recipes_harmless.shakes, 8),
    (recipes_harmless.subtitles, 6),
    (recipes_harmless.passings, 8),
    (recipes_harmless.exposures, 8),
    (recipes_harmless.flicker, 4),
    (recipes_harmless.clips, 8),
)
CRF = 30  # visibly poor
SIGMA = 4.0
MAKERS = ("effects", "events", "footage", "reel", "shots", "truth")  # and all recipes


def sequences(
    footage: Footage | None = None, half: str | None = None, pattern: str = "*"
) -> Iterator[Sequence]:
    """The sequences, each made when it is reached.

    Args:
        footage: where the clips come from.
        half: only those of `tune` or of `test`.
        pattern: only those whose name matches, as a shell would.
    """
    footage = footage or Footage()
    stock, folder = pools(footage), footage.cache / f"sequences-{recipe_mark()}"
    folder.mkdir(parents=True, exist_ok=True)
    for recipe, count in RECIPES:
        for place in range(count):
            name, own = f"{recipe.__name__}-{place:02}", HALVES[place % len(HALVES)]
            if half in (None, own) and fnmatch(name, pattern):
                shots = Shots(footage, *stock[own], np.random.default_rng(seed(name)))
                stem = folder / name
                if not stem.with_suffix(".json").exists():
                    keep(stem, *treated(recipe(shots), place // len(HALVES) % 4, shots.rng))
                yield kept(stem, own)


def treated(
    reel: Reel, treatment: int, rng: np.random.Generator
) -> tuple[Picture, tuple[Event, ...]]:
    """What a reel holds; of each four of a recipe, one is recompressed and one is noisy."""
    frames, events = reel.finished()
    if treatment == 1:
        frames = recompressed(frames, CRF)
    elif treatment == 2:
        frames = grain(frames, SIGMA, rng)
    return frames, events


def recipe_mark() -> str:
    """Changes whenever the code beside this file does: what was made before is then not used."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    makers = [file for file in files if file.stem in MAKERS or file.stem.startswith("recipes_")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in makers)).hexdigest()[:12]


def keep(stem: Path, frames: Picture, events: tuple[Event, ...]) -> None:
    """Keep a sequence as two files; the second is there only once the first is whole."""
    np.save(stem.with_suffix(".npy"), frames)
    facts = {"count": len(frames), "events": [asdict(event) for event in events]}
    partial = stem.with_suffix(".partial")
    partial.write_text(json.dumps(facts))
    partial.replace(stem.with_suffix(".json"))


def kept(stem: Path, half: str) -> Sequence:
    """A sequence that was kept; its frames are read when they are asked for."""
    facts = json.loads(stem.with_suffix(".json").read_text())
    events = tuple(Event(**event) for event in facts["events"])

    def frames() -> Iterator[Picture]:
        return iter(np.load(stem.with_suffix(".npy")))

    return Sequence(stem.name, frames, facts["count"], RATE, events, half)


def main() -> None:
    """List them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    arguments = parser.parse_args()
    counts: dict[str, Counter[str]] = {half: Counter() for half in HALVES}
    for sequence in sequences(Footage(arguments.clips)):
        kinds = Counter(event.kind for event in sequence.events)
        counts[sequence.half].update(kinds)
        words = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
        print(f"{sequence.name:24} {sequence.half} {sequence.count:4} frames: {words}", flush=True)
    for half, kinds in counts.items():
        print(half, kinds.total(), dict(kinds))


if __name__ == "__main__":
    main()
