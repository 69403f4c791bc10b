"""Repeats are found in pictures, and taken out only where drawings come at a beat."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dain.judgement import CadenceJudge, Judges, Passage, drawings, judged
from dain.judgement.repeats import Change, holds

HEIGHT, WIDTH = 48, 64
TEXTURE = np.random.default_rng(5).integers(0, 256, (HEIGHT, 4 * WIDTH, 3)).astype(np.float32)
TEXTURE = (TEXTURE + np.roll(TEXTURE, 1, 1) + np.roll(TEXTURE, 1, 0)) / 3


def panned(drawing):
    """A picture all of which moves, 2 pixels a drawing."""
    return TEXTURE[:, 2 * drawing : 2 * drawing + WIDTH]


def figure(drawing):
    """A block of 12 x 12 pixels that goes to and fro over a still picture."""
    picture = TEXTURE[:, :WIDTH].copy()
    left = abs(3 * drawing % 96 - 48)
    picture[20:32, left : left + 12] = 250
    return picture


class CutBefore:
    """A judge that knows where the cuts are: by the number of looks, as no pass begins late."""

    behind, ahead = 1000, 0

    def __init__(self, *frames):
        self.frames = frames

    def look(self, before, now):
        return None

    def judge(self, looks, at):
        return Passage.CUT if at + 1 in self.frames else Passage.MOTION


def judge(shown, draw=panned, noise=0.0, cuts=(), first=0, times=None):
    """What is found out about frames that show these drawings."""
    times = times or [Fraction(k) for k in range(len(shown))]
    pictures = []
    for number, drawing in enumerate(shown):
        grain = np.random.default_rng(number).normal(0, noise, (HEIGHT, WIDTH, 1))
        pictures.append(np.clip(draw(drawing) + grain, 0, 255).round().astype(np.uint8))
    judges = Judges(beats=CadenceJudge(), passages=CutBefore(*cuts) if cuts else None)
    items = list(range(len(shown)))[first:]
    return list(judged(items, judges, times.__getitem__, pictures.__getitem__))


def taken_out(shown, **how):
    return [each.item for each in judge(shown, **how) if each.beat.repeats]


def repeats(shown):
    return [k for k in range(1, len(shown)) if shown[k] == shown[k - 1]]


def held(*lengths):
    return [number for number, length in enumerate(lengths) for _ in range(length)]


PATTERNS = {
    "twos": [k // 2 for k in range(36)],
    "threes": [k // 3 for k in range(36)],
    "24 in 30": [(k * 4 + 2) // 5 for k in range(40)],
    "3:2": [(k * 2 + 1) // 5 for k in range(40)],
    "2:3:3:2": held(*(2, 3, 3, 2) * 4),
    "24 in 25": [(k * 24 + 10) // 25 for k in range(90)],
}


@pytest.mark.parametrize("noise", [0, 4])
@pytest.mark.parametrize("draw", [panned, figure])
@pytest.mark.parametrize("name", [*PATTERNS])
def test_patterns_are_found_in_moving_pictures_and_small_figures(name, draw, noise):
    shown = PATTERNS[name]
    last = len(shown) - 6  # how the last drawing ends is not known
    found = judge(shown, draw=draw, noise=noise)
    out = [each.item for each in found if each.beat.repeats]
    assert [k for k in out if k < last] == [k for k in repeats(shown) if k < last]
    told_from = {"2:3:3:2": 12, "24 in 25": 56}.get(name, 4)  # three repeats, two rounds in view
    assert {each.beat.pattern for each in found[told_from:last]} == {name}


@pytest.mark.parametrize("noise", [0, 4])
def test_ones_are_left_alone(noise):
    assert taken_out(list(range(40)), noise=noise) == []
    assert {each.beat.pattern for each in judge(list(range(40)), noise=noise)} == {""}


def test_noise_on_a_still_picture_is_no_cadence():
    assert taken_out([0] * 40, noise=6) == []
    assert taken_out([0] * 40) == []


def test_a_still_picture_that_begins_to_move_has_stood():
    assert taken_out([0] * 15 + list(range(1, 20))) == []
    assert taken_out(list(range(15)) + [15] * 10 + list(range(16, 30))) == []


def test_a_still_picture_that_begins_to_move_on_twos_stands_until_the_beat():
    shown = [0] * 10 + [1 + k // 2 for k in range(20)]
    assert taken_out(shown)[:3] == [9, 11, 13]


def test_motion_on_twos_that_stops_does_not_creep_on():
    shown = [k // 2 for k in range(20)] + [10] * 12 + list(range(11, 20))
    assert [k for k in taken_out(shown) if k >= 20] == []


def test_a_stuck_frame_is_taken_out():
    shown = [*range(12), 11, *range(13, 26)]
    found = judge(shown)
    assert [each.item for each in found if each.beat.repeats] == [12]
    assert [(each.item, each.beat.pattern) for each in found if each.beat.pattern] == [
        (11, "stuck"),
        (12, "stuck"),
    ]


def test_three_frames_in_place_of_lost_ones_are_taken_out():
    assert taken_out([*range(12), 11, 11, 11, *range(15, 28)]) == [12, 13, 14]


def test_a_pause_of_three_frames_after_which_nothing_is_missing_stays():
    assert taken_out([*range(12), 11, 11, 11, *range(12, 26)]) == []


def test_a_bounce_is_no_stuck_frame():
    assert taken_out([*range(12), 11, *range(10, -1, -1)]) == []


@pytest.mark.parametrize(("at", "after"), [(0.5, 22.3), (15.0, 22.3)])
def test_a_still_frame_is_known_where_fast_motion_slows_down(at, after):
    most = [60.0, 66.0, 52.0, 58.0, 33.0, at, after, 64.0, 61.0, 66.0]
    found = holds([Change(each, 3.0, np.zeros((2, 2), np.uint8)) for each in most])
    assert [(hold.first, hold.end) for hold in found if hold.length > 1] == (
        [(4, 6)] if at < 1 else []
    )


def test_mixed_twos_and_threes_are_each_due_at_their_own_time():
    shown = held(2, 3, 2, 2, 3, 3, 2, 3, 2, 2, 2, 3, 3, 3, 2, 2)
    found = judge(shown)
    last = len(shown) - 4
    out = [each.item for each in found if each.beat.repeats and each.item < last]
    assert out == [k for k in repeats(shown) if k < last]
    assert all(each.beat.time == each.at for each in found[:8])
    assert "mixed" in {each.beat.pattern for each in found}


def test_a_candle_on_ones_beside_a_figure_on_twos_leaves_nothing_to_do():
    def both(frame):
        picture = figure(frame // 2)
        picture[4:12, 40:48] = 255 if frame % 2 else 60
        return picture

    assert taken_out(list(range(30)), draw=both) == []


def test_each_shot_has_its_own_cadence():
    shown = [k // 2 for k in range(20)] + list(range(40, 60))
    found = judge(shown, cuts=(20,))
    out = [each.item for each in found if each.beat.repeats]
    assert [k for k in out if k < 18] == list(range(1, 18, 2))
    assert [k for k in out if k >= 20] == []


def test_a_cut_is_never_a_repeat_and_its_frame_is_due_at_its_own_time():
    shown = PATTERNS["24 in 30"]
    for cut in (20, 21, 22, 23, 24):
        found = judge(shown, cuts=(cut,))[cut]
        assert not found.beat.repeats
        assert found.beat.time == found.at


@settings(max_examples=20, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=14),
    again=st.integers(1, 4),
    cut=st.integers(1, 30),
    data=st.data(),
)
def test_due_times_rise_within_the_promised_bounds(lengths, again, cut, data):
    shown = held(*lengths * again)[:70]
    steps = data.draw(
        st.lists(st.integers(1, 4), min_size=len(shown), max_size=len(shown)), label="steps"
    )
    times = [Fraction(sum(steps[:k]), 30) for k in range(len(shown))]
    found = judge(shown, times=times, cuts=(cut,))
    kept = [frame for _, frame in drawings(found)]
    assert kept[0].beat.time == times[0]
    assert kept[-1].at == times[-1]  # nothing of the duration is lost
    for before, after in pairwise(kept):
        assert before.at <= before.beat.time < after.at <= after.beat.time
    for each in found:
        if each.item == cut:
            assert each.beat.time == each.at


@settings(max_examples=5, deadline=None)
@given(lengths=st.lists(st.integers(1, 4), min_size=40, max_size=40), begin=st.integers(1, 20))
def test_a_pass_that_begins_late_finds_the_same(lengths, begin):
    shown = held(*lengths)
    judges = Judges(beats=CadenceJudge())
    whole, late = judge(shown), judge(shown, first=begin)
    assert late[judges.behind :] == whole[begin + judges.behind :]


def test_frames_whose_size_changes_are_new_drawings():
    sizes = [(48, 64)] * 6 + [(36, 64)] * 6
    pictures = [np.full((*size, 3), 7 * k, np.uint8) for k, size in enumerate(sizes)]
    found = judged(
        range(12), Judges(beats=CadenceJudge()), lambda k: Fraction(k), pictures.__getitem__
    )
    assert not any(each.beat.repeats for each in found)


def test_the_tiniest_pictures_are_judged():
    pictures = [np.full((1, 1, 3), 20 * (k // 2), np.uint8) for k in range(20)]
    found = judged(
        range(20), Judges(beats=CadenceJudge()), lambda k: Fraction(k), pictures.__getitem__
    )
    assert [each.item for each in found if each.beat.repeats][:4] == [1, 3, 5, 7]
