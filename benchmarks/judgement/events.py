"""Sequences whose cuts, dissolves, fades and false friends are known: made, not collected.

Shots of the clips are put together in memory, with changes of which the frames are known, by a
generator that gives the same in every run. A sequence belongs to `tune` or to `test`, and the two
halves share no clip and no photograph, so that what was tuned on one is measured on the other.

    python -m benchmarks.judgement.events [--clips DIR]    lists the sequences and counts the events
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from benchmarks.judgement import (
    recipes_cuts,
    recipes_drawn,
    recipes_films,
    recipes_gradual,
    recipes_harmless,
    recipes_moves,
)
from benchmarks.judgement.footage import CLIPS, Footage
from benchmarks.judgement.keeping import is_kept, keep, kept, mark, treated
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.shots import Shots, pools
from benchmarks.judgement.truth import HALVES, Sequence, seed

# How many sequences of each recipe; even numbers, half of them to tune on. Of each four of a half,
# the second is recompressed and the third has grain.
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
    (recipes_films.film_cuts, 4),
    (recipes_films.punch_ins, 8),
    (recipes_films.cuts_on_twos, 8),
    (recipes_drawn.cartoons, 8),
    (recipes_drawn.slides, 6),
    (recipes_gradual.dissolves, 16),
    (recipes_gradual.grainy_dissolves, 4),
    (recipes_moves.same_scene_dissolves, 6),
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
    (recipes_films.fast_forward, 6),
    (recipes_moves.zooms, 6),
    (recipes_moves.lights, 6),
    (recipes_moves.confetti, 4),
    (recipes_moves.wipes, 4),
    (recipes_drawn.desktops, 6),
)


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
    stock = pools(footage)
    for recipe, count in RECIPES:
        folder = footage.cache / mark(recipe.__module__.rpartition(".")[2])
        for place in range(count):
            name, own = f"{recipe.__name__}-{place:02}", HALVES[place % len(HALVES)]
            if half in (None, own) and fnmatch(name, pattern):
                shots = Shots(footage, *stock[own], np.random.default_rng(seed(name)))
                stem = folder / name
                if not is_kept(stem):
                    keep(stem, *treated(recipe(shots), place // len(HALVES) % 4, shots.rng))
                yield kept(stem, own)


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
