"""How well cuts, dissolves and fades are told from motion, flashes, pans and shakes.

    python -m benchmarks.judgement.cuts [--detector NAME]... [--half tune|test] [--only PATTERN]
        [--faults] [--clips DIR]

NAME is one of the detectors that `--list` shows, or MODULE:FUNCTION, a callable that takes an
iterator of (H, W, 3) RGB uint8 frames and gives `motion`, `cut` or `fade` for every gap between
them. All detectors see the same frames. `--faults` lists every miss and every false alarm.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

from benchmarks.judgement import events, hand_checked
from benchmarks.judgement.footage import CLIPS, Footage, Picture
from benchmarks.judgement.matching import Detector, Score, folded, share
from benchmarks.judgement.ours import streamed
from benchmarks.judgement.peers import PEERS
from benchmarks.judgement.truth import GRADUAL, HALVES, HARMLESS, Sequence

from dain.judgement import ShotJudge
from dain.settings import SCENE_THRESHOLD

DETECTORS: dict[str, Callable[[], Detector]] = {
    "dain": lambda: streamed(ShotJudge(float(SCENE_THRESHOLD))),
    **PEERS,
}


class Table:
    """Scores of one detector: of each half, and of each recipe; and its running time."""

    def __init__(self, detector: Detector) -> None:
        self.halves = {half: Score() for half in HALVES}
        self.recipes: dict[str, Score] = {}
        self._detect, self._seconds, self._frames = detector, 0.0, 0

    def run(self, sequence: Sequence, frames: list[Picture]) -> None:
        """Run the detector over a sequence and count."""
        began = time.process_time()
        told = [str(getattr(each, "value", each)) for each in self._detect(iter(frames))]
        self._seconds += time.process_time() - began
        self._frames += len(frames)
        self.halves[sequence.half].add(sequence, told)
        recipe = sequence.name.rpartition("-")[0]
        self.recipes.setdefault(recipe, Score()).add(sequence, told)

    @property
    def milliseconds(self) -> float:
        """Processor time for each frame."""
        return 1000 * self._seconds / max(self._frames, 1)


def main() -> None:
    """Measure and print."""
    arguments = parse()
    if arguments.list:
        print("\n".join(DETECTORS))
        return
    names = arguments.detector or [*DETECTORS]
    tables = {name: Table(detector_named(name)) for name in names}
    for sequence in chosen(arguments):
        frames = list(sequence.frames())
        for table in tables.values():
            table.run(sequence, frames)
    for half in HALVES if arguments.half is None else (arguments.half,):
        show(half, {name: table.halves[half] for name, table in tables.items()})
    show_recipes(tables)
    for name, table in tables.items():
        print(f"{name}: {table.milliseconds:.2f} ms of processor time for each frame")
    if arguments.faults:
        for name, table in tables.items():
            for half, score in table.halves.items():
                print(f"\n{name}, {half}:")
                print("\n".join(str(fault) for fault in folded(score.faults)))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--detector", action="append", help="may be given again")
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--only", default="*", help="sequences whose names match")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--clips", type=Path, default=CLIPS)
    return parser.parse_args()


def chosen(arguments: argparse.Namespace) -> Iterator[Sequence]:
    """The made sequences that were asked for, and the films."""
    footage = Footage(arguments.clips)
    films = hand_checked.sequences(footage, arguments.half)
    yield from chain(
        events.sequences(footage, arguments.half, arguments.only),
        (film for film in films if fnmatch(film.name, arguments.only)),
    )


def detector_named(name: str) -> Detector:
    """One of the list, or a function of a module."""
    if name in DETECTORS:
        return DETECTORS[name]()
    module, colon, function = name.partition(":")
    if not colon:
        raise SystemExit(f"expected a detector that --list shows or MODULE:FUNCTION, found {name}")
    detector: Detector = getattr(importlib.import_module(module), function)
    return detector


def show(half: str, scores: dict[str, Score]) -> None:
    """One half's table: a line for each detector, then what was taken for cuts, kind by kind."""
    print(f"\n{half}: hard cuts, and gradual changes")
    print(f"{'':24}{'precision':>10}{'recall':>8}{'F1':>8}{'false':>7}{'in gradual':>12}", end="")
    print(f"{'dissolves':>11}{'fades':>8}{'precision':>11}{'marked':>8}")
    for name, score in scores.items():
        fades, known = total(score.found, GRADUAL[1:]), total(score.known, GRADUAL[1:])
        dissolves = share(score.found.get("dissolve", 0), score.known.get("dissolve", 0))
        marked = share(total(score.touched, GRADUAL), total(score.known, GRADUAL))
        print(
            f"{name:24}{score.precision:10.3f}{score.recall:8.3f}{score.f1:8.3f}"
            f"{score.cuts_false:7}{score.cuts_in_gradual:12}{dissolves:11.3f}"
            f"{share(fades, known):8.3f}{share(score.runs_right, score.runs_told):11.3f}"
            f"{marked:8.3f}"
        )
    kinds = [kind for kind in HARMLESS if kind != "none"]
    print(f"\n{half}: events taken for cuts, and cuts called where nothing happens")
    print(f"{'':24}" + "".join(f"{kind:>11}" for kind in [*kinds, "none"]))
    for name, score in scores.items():
        cells = [f"{score.taken.get(kind, 0)}/{score.known.get(kind, 0)}" for kind in kinds]
        nothing = sum(fault.what == "no cut" and fault.kind == "none" for fault in score.faults)
        print(f"{name:24}" + "".join(f"{cell:>11}" for cell in [*cells, str(nothing)]), flush=True)


def show_recipes(tables: dict[str, Table]) -> None:
    """Both halves, recipe by recipe: cuts found of those known, and false ones."""
    print("\nboth halves, by recipe: cuts found/known +false; gradual changes found/known")
    for name, table in tables.items():
        print(name)
        for recipe, score in table.recipes.items():
            gradual = f"{total(score.found, GRADUAL)}/{total(score.known, GRADUAL)}"
            cuts = f"{score.cuts_found}/{score.cuts_known}"
            print(f"    {recipe:20}{cuts:>9}{score.cuts_false:+5}{gradual:>9}")


def total(counts: dict[str, int], kinds: tuple[str, ...]) -> int:
    """The sum over kinds."""
    return sum(counts.get(kind, 0) for kind in kinds)


if __name__ == "__main__":
    main()
