"""How well held and repeated frames are found: patterns made from real footage, with the truth.

Each pattern of `benchmarks.judgement.cadences` is shown with frames of the clips as its drawings,
all of which move, or as a figure that moves over a still picture; then with grain, and
recompressed.

    python -m benchmarks.judgement.cadence [--clips DIR] [--width 320] [--only NAME]...
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.judgement.cadences import Cadence, make
from benchmarks.judgement.effects import grain, recompressed
from benchmarks.judgement.footage import CLIPS, Footage, Picture, pixels

from dain.judgement import CadenceJudge, Judged, Judges, judged

# Each moves throughout, fast or faintly, and has 84 frames or more without a cut; from that frame.
SHOTS = {
    "bbb_480p24.mp4": 100,
    "davis_cows.mp4": 0,
    "gopro_karma.mp4": 0,
    "mdn_frog.mp4": 0,
}
SPOILT: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda frames: frames,
    "grain 2": lambda frames: grain(frames, 2, np.random.default_rng(1)),
    "grain 4": lambda frames: grain(frames, 4, np.random.default_rng(2)),
    "grain 8": lambda frames: grain(frames, 8, np.random.default_rng(3)),
    "crf 18": lambda frames: recompressed(frames, 18),
    "crf 28": lambda frames: recompressed(frames, 28),
    "crf 35": lambda frames: recompressed(frames, 35),
}


@dataclass
class Score:
    """Repeats found, missed and made up, and how far drawings are from their true times."""

    right: int = 0
    missed: int = 0
    false: int = 0
    off: float = 0.0
    drawings: int = 0

    def line(self) -> str:
        """Precision, recall, mean error of due times in frames."""
        named = self.right + self.false
        precision = f"{self.right / named:9.3f}" if named else "        -"
        wanted = self.right + self.missed
        recall = f"{self.right / wanted:9.3f}" if wanted else "        -"
        off = f"{self.off / self.drawings:9.3f}" if self.drawings else "        -"
        return f"{wanted:7}{self.false:7}{precision}{recall}{off}"


def main() -> None:
    """Print a line for each pattern, and one for each way in which pictures are spoilt."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--only", action="append", help="ways of spoiling", choices=[*SPOILT])
    arguments = parser.parse_args()
    drawn = list(scenes(Footage(arguments.clips), arguments.width))
    by_pattern: dict[str, Score] = defaultdict(Score)
    print(f"{'':28} wanted  false precision  recall  frames off")
    for spoiling in arguments.only or SPOILT:
        whole = Score()
        for cadence in make():
            for name, drawings in drawn:
                found = judge(SPOILT[spoiling](pixels(drawings[cadence.shown])))
                kind = "figure" if name.startswith("figure") else "all moves"
                for score in (by_pattern[f"{cadence.name}, {kind}"], whole):
                    add(score, cadence, found)
        print(f"{spoiling:28}{whole.line()}", flush=True)
    for title, score in by_pattern.items():
        print(f"{title:28}{score.line()}")
    print(f"glance, look and judge at 854x480: {cost(arguments.clips):.2f} ms a frame")


def scenes(footage: Footage, width: int) -> Iterator[tuple[str, Picture]]:
    """Drawings to show: frames of each clip, and a figure cut out of it that crosses its first."""
    for clip, first in SHOTS.items():
        frames = footage.whole(clip, width)[first : first + 90]
        yield clip, frames
        yield f"figure of {clip}", figure(frames)


def figure(frames: Picture) -> Picture:
    """A part of the moving picture, an eighth of the width, that moves over the still first."""
    _, height, width, _ = frames.shape
    size, top = width // 8, height // 3
    out = np.repeat(frames[:1], len(frames), axis=0)
    for number, frame in enumerate(frames):
        left = abs((4 * number) % (2 * (width - size)) - (width - size))
        out[number, top : top + size, left : left + size] = frame[
            top : top + size, width // 2 - size // 2 : width // 2 - size // 2 + size
        ]
    return out


def judge(frames: Picture) -> list[Judged[int]]:
    """Judge a shot."""
    return list(
        judged(range(len(frames)), Judges(beats=CadenceJudge()), Fraction, frames.__getitem__)
    )


def add(score: Score, cadence: Cadence, found: list[Judged[int]]) -> None:
    """Compare with the truth. Repeats of the last drawing count neither way."""
    out = {each.item for each in found if each.beat.repeats}
    last = cadence.shown[-1]
    out = {at for at in out if cadence.shown[at] != last or at not in _repeats(cadence.shown)}
    score.right += len(out & cadence.repeats)
    score.missed += len(cadence.repeats - out)
    score.false += len(out - cadence.repeats)
    if cadence.step is not None:
        off = errors([each for each in found if not each.beat.repeats], cadence)
        score.off += sum(off)
        score.drawings += len(off)


def _repeats(shown: list[int]) -> set[int]:
    return {k for k in range(1, len(shown)) if shown[k] == shown[k - 1]}


def errors(kept: list[Judged[int]], cadence: Cadence) -> list[float]:
    """How far each due time is from even ones, in frames; these may be late as a whole."""
    step = cadence.step or Fraction(1)
    lags = [float(each.beat.time - cadence.shown[each.item] * step) for each in kept]
    middle = float(np.median(lags))
    return [abs(lag - middle) for lag in lags]


def cost(clips: Path) -> float:
    """Milliseconds of processor time for a frame of animation on twos, at 854x480."""
    frames = Footage(clips).whole("bbb_480p24.mp4", 854)[100:140].repeat(2, axis=0)
    began = time.process_time()
    judge(pixels(frames))
    return (time.process_time() - began) * 1000 / len(frames)


if __name__ == "__main__":
    main()
