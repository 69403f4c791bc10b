"""Frames are judged in one pass, from windows that are the same wherever the pass begins."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.judgement import Beat, Judges, Passage, judged


class Watcher:
    """A judge of any kind whose verdict is all that it was given."""

    def __init__(self, behind, ahead, verdict):
        self.behind, self.ahead, self._verdict = behind, ahead, verdict

    def look(self, before, now):
        value = int(now.grey[0, 0])
        return (None if before is None else int(before.grey[0, 0]), value)

    def judge(self, looks, at, *more):
        return self._verdict(list(looks), at, *(list(each) for each in more))


def passages(behind, ahead):
    """Cuts where the values in the window make it so, by a rule that no window hides."""

    def verdict(looks, at):
        assert at + 1 < len(looks)
        kept = looks[1:] if len(looks) > 1 else looks  # the first may not know its predecessor
        return Passage.CUT if sum(value for _, value in kept) % 3 == 0 else Passage.MOTION

    return Watcher(behind, ahead, verdict)


def beats(behind, ahead):
    def verdict(looks, at, times, cuts):
        assert len(looks) == len(times) == len(cuts)
        return Beat(
            repeats=False, time=times[at], pattern=repr((looks[1:], at, times[1:], cuts[1:]))
        )

    return Watcher(behind, ahead, verdict)


def standing(behind, ahead):
    return Watcher(behind, ahead, lambda looks, at, cuts: repr((looks[1:], cuts[1:])))


def run(values, judges, first=0):
    items = list(enumerate(values))[first:]
    return list(
        judged(
            items,
            judges,
            time_of=lambda item: Fraction(item[0], 24),
            pixels_of=lambda item: np.full((4, 4, 3), item[1], np.uint8),
        )
    )


WINDOWS = st.tuples(st.integers(1, 5), st.integers(1, 4))


@given(
    values=st.lists(st.integers(0, 255), min_size=1, max_size=40),
    windows=st.tuples(WINDOWS, WINDOWS, WINDOWS),
    data=st.data(),
)
def test_a_pass_that_begins_late_judges_alike(values, windows, data):
    judges = Judges(passages(*windows[0]), beats(*windows[1]), standing(*windows[2]))
    whole = run(values, judges)
    assert [each.item[0] for each in whole] == list(range(len(values)))
    begin = data.draw(st.integers(0, len(values) - 1))
    late = run(values, judges, begin)
    same_from = 0 if begin == 0 else judges.behind
    assert late[same_from:] == whole[begin + same_from :]


@pytest.mark.parametrize(
    "judges",
    [
        Judges(),
        Judges(passages=passages(2, 3)),
        Judges(beats=beats(2, 3)),
        Judges(passages(1, 2), beats(4, 2), standing(1, 5)),
    ],
)
def test_no_more_frames_wait_than_promised(judges):
    taken = 0

    def items():
        nonlocal taken
        for number in range(30):
            taken += 1
            yield number

    for judgement in judged(
        items(), judges, lambda n: Fraction(n), lambda n: np.full((4, 4, 3), n, np.uint8)
    ):
        assert taken == min(30, judgement.item + 1 + judges.ahead)


def test_a_judge_of_gaps_is_never_asked_about_the_last_frame():
    asked = []

    def verdict(looks, at):
        asked.append(looks[at][1])
        return Passage.FADE

    found = run([1, 2, 3], Judges(passages=Watcher(1, 1, verdict)))
    assert asked == [1, 2]
    assert [each.passage for each in found] == [Passage.FADE, Passage.FADE, Passage.MOTION]


def test_later_judges_are_told_of_the_cuts_around():
    told = {}

    def verdict(looks, at, times, cuts):
        told[looks[at][1]] = (cuts, at)
        return Beat(False, times[at])

    cut_before_30 = Watcher(
        0, 0, lambda looks, at: Passage.CUT if looks[at + 1][1] == 30 else Passage.MOTION
    )
    run([10, 20, 30, 40], Judges(cut_before_30, Watcher(1, 2, verdict)))
    assert told[10] == ([False, False, True], 0)
    assert told[20] == ([False, False, True, False], 1)
    assert told[40] == ([True, False], 1)


def test_nothing_gives_nothing():
    assert run([], Judges(passages(1, 1), beats(1, 1))) == []
