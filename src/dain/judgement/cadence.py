"""The judge of beats: which frames only repeat, and when the drawings are due.

A repeat is taken out only where drawings come at a beat: the motion is then spread over the whole
time to the next drawing. A picture that stands for long and then moves has stood, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dain.judgement.glance import Glance
from dain.judgement.patterns import MIXED, STUCK, Pattern, pattern_at
from dain.judgement.repeats import Change, Hold, change, holds
from dain.judgement.verdict import Beat

LONGEST_ALONE = 4
"""Frames. A drawing that stands for longer among others that do not has stopped: at 24 fps fours
are the slowest that animators move things on."""
LONGEST_REGULAR = 6
"""The same for one among others as long: twos brought from 24 to 60 fps stand for five."""


class CadenceJudge:
    """Tells repeats from new drawings (`BeatJudge`)."""

    behind = 68  # with those ahead, three repeats of 24 in 25 and what is about them
    ahead = 12  # the rest of a hold, and the next two, on fours

    def look(self, before: Glance | None, now: Glance) -> Change:
        """How the frame differs from the one before: a thumbnail and two numbers."""
        return change(before, now)

    def judge(
        self, looks: Sequence[Change], at: int, times: Sequence[Fraction], cuts: Sequence[bool]
    ) -> Beat:
        """When the drawing of frame `at` is due; see `BeatJudge`."""
        begin, end = _shot(cuts, at)
        row = taken_out(holds(looks[begin:end]))
        here = at - begin
        if row[here]:
            brought_by = next(k for k in range(here, -1, -1) if not row[k])
            return Beat(True, times[at], _name(row, brought_by, pattern_at(row, brought_by)))
        found = pattern_at(row, here)
        late = found.late() if found else None
        time = times[at]
        if late and at + 1 < end:
            time += late * (times[at + 1] - time)
        return Beat(False, time, _name(row, here, found))


def _shot(cuts: Sequence[bool], at: int) -> tuple[int, int]:
    """First frame of the shot that a frame is in, and one after its last, within the window."""
    begin = next((k for k in range(at, 0, -1) if cuts[k]), 0)
    end = next((k for k in range(at + 1, len(cuts)) if cuts[k]), len(cuts))
    return begin, end


def taken_out(row: Sequence[Hold]) -> list[bool]:
    """For each frame of a shot whether it is a repeat that stands in the way of motion.

    Args:
        row: the drawings of the shot, every frame belonging to one.
    """
    seen = [at > hold.first for hold in row for at in range(hold.first, hold.end)]
    found: list[bool] = []
    for number, hold in enumerate(row):
        last = 0
        if hold.length > 1 and not hold.is_open and (hold.sure or _comes_regularly(seen, hold)):
            last = _frames_out(hold, row[max(0, number - 1) : number], row[number + 1 :][:2])
        found += [False] * (hold.length - last) + [True] * last
    return found


def _comes_regularly(seen: Sequence[bool], hold: Hold) -> bool:
    asked = hold.first or hold.end  # before a shot's first drawing there is no round
    return pattern_at(seen, asked) is not None


def _frames_out(hold: Hold, before: Sequence[Hold], after: Sequence[Hold]) -> int:
    """How many of a drawing's last frames are taken out."""
    if before and after and _keeps_moving(hold, before[0], after[0]):
        return hold.length - 1
    if len(after) == 2 and _are_a_beat(*after):
        return min(after[0].length, hold.length) - 1
    return 0


def _keeps_moving(hold: Hold, before: Hold, after: Hold) -> bool:
    """Whether things move through the hold, so that its repeats only make them stop and go."""
    alike = [each for each in (before, after) if _are_a_beat(hold, each)]
    if hold.length > LONGEST_ALONE:
        return len(alike) == 2 and hold.length <= LONGEST_REGULAR
    if alike or min(before.length, after.length) > 1:
        return True
    is_short = hold.length == 2 and max(before.length, after.length) <= LONGEST_ALONE
    return (is_short or hold.lost) and not hold.comes_back


def _are_a_beat(one: Hold, other: Hold) -> bool:
    """Whether two drawings stand for about as long, and for more than a frame."""
    shorter, longer = sorted((one.length, other.length))
    return shorter > 1 and longer - shorter <= 1


def _name(row: Sequence[bool], first: int, pattern: Pattern | None) -> str:
    """Of the cadence that a drawing is part of; empty on ones.

    Args:
        row: whether each frame of the shot is taken out.
        first: the frame that brings the drawing.
        pattern: that the row follows there.
    """
    if pattern is not None:
        return pattern.name
    end = next((at for at in range(first + 1, len(row)) if not row[at]), len(row))
    if end == first + 1:
        return ""
    return MIXED if any(row[max(0, first - 1) : first]) or any(row[end + 1 : end + 2]) else STUCK
