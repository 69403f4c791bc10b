"""Hard cuts: gaps over which nothing is explained, by the gap itself nor around it.

Motion explains most of the next frame, and of a very fast shot about as much in each of its gaps. A
cut stands out against the gaps on both sides. A flash does so, too, but the pictures before and
after it explain each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from dain.judgement.explaining import OTHER_COLOURS, Sketch, palette_change, unexplained

REPEATED = 0.3
"""Mean difference in grey levels of a sketch, up to which a frame repeats the one before: below
that of any moving frame of the clips, above that of a still in a compressed film."""

NEIGHBOURS = 4
"""Gaps on each side that tell how well motion explains this shot."""

REACH = 8
"""Frames in which these are looked for: drawings on twos leave every other gap empty."""

FEWEST = 2
"""Gaps on a side from which on it tells of the shot. Of 2 to 4 frames of four DAVIS clips, every
other one left out, up to 10 in 13 were cut while so few were taken for calm."""

CALM = 0.03
"""What is unexplained in a calm shot: below it is chance."""

ORDINARY = 0.15
"""What is unexplained in an ordinary shot, for which scores are told. With it, 0.5 parts cuts from
all else best (tune half of `benchmarks.judgement.cuts`)."""

SURE = 0.85
"""What is unexplained in what is likely a cut."""

FLASHES = (
    *((0, 1), (1, 0), (0, 2), (2, 0), (1, 1), (0, 3), (3, 0), (1, 2), (2, 1)),
    *((0, 4), (4, 0), (0, 6), (6, 0), (0, 8), (8, 0)),
)
"""Frames before and after a gap that a flash may cover: muzzle flashes last 1 to 3, an explosion 7,
in the film beside the checkout."""

ONE_SIGN = 0.05
"""Share of the change that goes the other way: 0.01 at the most for flashes of the same film."""

PLACES = (8, 5)
"""Width and height at which light is compared: a shake of a few pixels does not show."""


@dataclass(frozen=True)
class ShotLook:
    """What is kept of a frame.

    Attributes:
        sketch: the frame, small.
        unexplained: how much nothing in the frame before explains, 0 to 1; 0 for the first.
        difference: mean absolute difference from the frame before, grey levels.
    """

    sketch: Sketch
    unexplained: float
    difference: float


def cut_score(looks: Sequence[ShotLook], at: int, enough: float) -> float:
    """How much of the next frame nothing explains, 0 to 1, were this an ordinary shot.

    Args:
        looks: of neighbouring frames.
        at: number of the frame before the gap.
        enough: what is surely below is not looked at any further.
    """
    after = looks[at + 1]
    if after.difference <= REPEATED:
        return 0.0
    sides = [
        [looks[number] for number in numbers if 0 < number < len(looks)]
        for numbers in (range(at, at - REACH, -1), range(at + 2, at + 2 + REACH))
    ]
    usual = max(_usual(side) for side in sides)
    if all(len(side) < FEWEST for side in sides):
        usual = max(usual, ORDINARY)
    score = _in_ordinary_shot(after.unexplained, usual)
    if score < enough or not _might_be_flash(looks[at], after):
        return score
    for one, other in _across(looks, at):
        share = unexplained(looks[one].sketch, looks[other].sketch)
        score = min(score, _in_ordinary_shot(share, usual))
        if score < enough:
            break
    return score


def _in_ordinary_shot(share: float, usual: float) -> float:
    """An unexplained share, less where more is usual and more where less is: odds over odds."""
    odds = _odds(share) * _odds(ORDINARY) / _odds(max(usual, CALM))
    return odds / (1 + odds)


def _odds(share: float) -> float:
    return share / max(1 - share, 1e-3)


def _usual(looks: Sequence[ShotLook]) -> float:
    """How badly the gaps of one side, from near to far, are explained as a rule.

    The lower median of the nearest that move; and the second largest of all that are no cuts
    themselves, since of a drawing that is held for three frames only one gap in three moves.
    """
    moving = [look.unexplained for look in looks if look.difference > REPEATED][:NEIGHBOURS]
    median = sorted(moving)[(len(moving) - 1) // 2] if len(moving) > 1 else 0.0
    no_cuts = sorted(look.unexplained for look in looks if look.unexplained < SURE)
    return max(median, no_cuts[-2] if len(no_cuts) > 1 else 0.0)


def _across(looks: Sequence[ShotLook], at: int) -> Iterator[tuple[int, int]]:
    """Pairs of frames between which a flash may begin and end, the nearest first."""
    for behind, ahead in FLASHES:
        if at - behind >= 0 and at + 1 + ahead < len(looks):
            yield at - behind, at + 1 + ahead


def _might_be_flash(before: ShotLook, after: ShotLook) -> bool:
    """Whether light was added everywhere, or taken away everywhere; another picture does both."""
    dark, bright = (
        cv2.resize(each.sketch.grey, PLACES, interpolation=cv2.INTER_AREA).astype(np.int32)
        for each in (before, after)
    )
    change = bright - dark
    whole = int(np.abs(change).sum())
    up = int(np.maximum(change, 0).sum())
    return (
        min(up, whole - up) <= ONE_SIGN * whole
        or palette_change(before.sketch, after.sketch) < OTHER_COLOURS
    )
