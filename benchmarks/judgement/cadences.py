"""Rows of drawings as the world shows them: which drawing is in each frame, and what to find.

Pure lists, no pictures. `make` gives them all, the same in every run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

FRAMES = 42
LONG = 84  # three repeats of 24 in 25


@dataclass(frozen=True)
class Cadence:
    """A row of frames.

    Attributes:
        name: of the pattern.
        shown: number of the drawing that each frame shows.
        repeats: frames that a judge should take out.
        step: frames from drawing to drawing where they are due evenly; None where each is due
            when it is first shown.
    """

    name: str
    shown: list[int]
    repeats: set[int]
    step: Fraction | None = None


def make() -> list[Cadence]:
    """All of them."""
    dice = random.Random(7)
    return [
        Cadence("ones", list(range(FRAMES)), set()),
        _even("twos", Fraction(1, 2)),
        _even("threes", Fraction(1, 3)),
        _even("24 in 30", Fraction(4, 5)),
        _even("3:2 at 60", Fraction(2, 5)),
        _even("24 in 25", Fraction(24, 25), LONG),
        _all_out("2:3:3:2", _held((2, 3, 3, 2) * 4), Fraction(5, 2)),
        _all_out("twos and threes", _held([dice.choice((2, 3)) for _ in range(18)])),
        _all_out("ones, then twos", [*range(21), *(21 + k // 2 for k in range(21))]),
        _all_out("stuck", _stuck(dice)),
        Cadence("still, then ones", [*[0] * 20, *range(1, FRAMES - 19)], set()),
        _still_then_twos(),
        Cadence("pauses", _pauses(), set()),
    ]


def _even(name: str, rate: Fraction, frames: int = FRAMES) -> Cadence:
    # Half a drawing on: a shot seldom begins with a whole hold.
    return _all_out(name, [int(k * rate + Fraction(1, 2)) for k in range(frames)], 1 / rate)


def _all_out(name: str, shown: list[int], step: Fraction | None = None) -> Cadence:
    return Cadence(name, shown, _again(shown), step)


def _again(shown: list[int]) -> set[int]:
    """Repeats, but for those of the last drawing: how long it stands is not known."""
    return {k for k in range(1, len(shown)) if shown[k] == shown[k - 1] != shown[-1]}


def _held(lengths: list[int] | tuple[int, ...]) -> list[int]:
    return [number for number, length in enumerate(lengths) for _ in range(length)]


def _stuck(dice: random.Random) -> list[int]:
    """Frames in place of lost ones, 1 to 3 at a time."""
    shown = list(range(FRAMES))
    at = 6
    while at < FRAMES - 8:
        for lost in range(dice.choice((1, 1, 2, 3))):
            shown[at + lost] = shown[at - 1]
        at += dice.randint(9, 14)
    return shown


def _still_then_twos() -> Cadence:
    """The still drawing gives only its last frame to the motion."""
    shown = [*[0] * 20, *(1 + k // 2 for k in range(FRAMES - 20))]
    return Cadence("still, then twos", shown, {k for k in _again(shown) if k >= 19})


def _pauses() -> list[int]:
    """Motion on ones that stops for 5 to 12 frames and goes on where it was."""
    return _held([1] * 8 + [8] + [1] * 5 + [5] + [1] * 6 + [12] + [1] * 5)
