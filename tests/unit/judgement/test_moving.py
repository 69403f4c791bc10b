"""Gaps that repeat are told from those that move, by what moves nearby."""

import pytest

from dain.judgement.moving import repeats


def text(motions):
    return "".join("." if each else "m" for each in repeats(motions))


@pytest.mark.parametrize(
    ("motions", "expected"),
    [
        ([100, 90, 120, 100, 80, 100], "mmmmmm"),
        ([100, 3, 120, 2, 80, 0, 90], "m.m.m.m"),
        ([100, 0, 0, 120, 0, 0, 90], "m..m..m"),
        ([100, 2, 3, 1, 90, 2, 3, 1, 100], "m...m...m"),
        ([90, 100, 80, 110, 2, 100, 90, 80, 120], "mmmm.mmmm"),
    ],
)
def test_repeats_move_less_than_all_around(motions, expected):
    assert text(motions) == expected


def test_rest_is_no_repeat():
    assert text([0] * 9) == "m" * 9
    assert text([7]) == "m"
    assert text([0] * 4 + [500] + [0] * 4) == "m" * 9


def test_a_pan_that_ends_makes_no_repeats_of_the_rest():
    assert text([100] * 4 + [1] * 5) == "m" * 9


def test_a_cut_makes_no_repeats_of_quiet_scenes_beside():
    assert text([100] * 5 + [9000] + [100] * 5) == "m" * 11
