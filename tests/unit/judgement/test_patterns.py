"""From rows of repeats to patterns and due times: arithmetic alone."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dain.judgement.patterns import pattern_at


def row(*holds, rounds=4):
    """Whether each frame repeats the one before, for drawings that stand for so many frames."""
    return [later > 0 for length in holds * rounds for later in range(length)]


@pytest.mark.parametrize(
    ("holds", "name"),
    [
        ((2,), "twos"),
        ((3,), "threes"),
        ((4,), "fours"),
        ((1, 1, 1, 2), "24 in 30"),
        ((3, 2), "3:2"),
        ((2, 3, 3, 2), "2:3:3:2"),
        ((1,) * 23 + (2,), "24 in 25"),
        ((3, 3, 2), "3 in 8"),
    ],
)
def test_each_pattern_is_named_wherever_it_is_looked_at(holds, name):
    repeats = row(*holds)
    for at in range(1, len(repeats)):
        found = pattern_at(repeats, at)
        assert (found is None) if repeats[at] else (found is not None and found.name == name)


@pytest.mark.parametrize("holds", [(1, 1, 1, 2), (3, 2), (3, 3, 2), (1,) * 23 + (2,), (2,)])
def test_due_times_are_even_and_no_later_than_the_next_frame(holds):
    repeats = row(*holds)
    due = []
    for at in range(1, len(repeats)):
        if not repeats[at]:
            late = pattern_at(repeats, at).late()
            assert 0 <= late < 1
            due.append(at + late)
    step = Fraction(sum(holds), len(holds))
    assert {after - before for before, after in pairwise(due)} == {step}
    assert any(at.denominator == 1 for at in due)  # the least late is not late


@settings(max_examples=50, deadline=None)
@given(
    drawings=st.integers(1, 12),
    more=st.integers(1, 12),
    phase=st.fractions(0, 1),
    data=st.data(),
)
def test_any_repetition_to_a_higher_rate_is_made_even(drawings, more, phase, data):
    frames = drawings + more
    shown = [int(k * Fraction(drawings, frames) + phase) for k in range(5 * frames)]
    repeats = [k > 0 and shown[k] == shown[k - 1] for k in range(len(shown))]
    at = data.draw(st.sampled_from([k for k in range(1, len(shown)) if not repeats[k]]))
    found = pattern_at(repeats, at)
    assert found is not None
    assert Fraction(len(found.starts), found.frames) == Fraction(drawings, frames)
    assert 0 <= found.late() < 1


def test_a_drawing_due_just_at_its_repeat_is_due_a_little_before():
    repeats = row(2, 3, 3, 2)
    assert [pattern_at(repeats, at).late() for at in (10, 12, 15, 18)] == [
        Fraction(1, 2),
        Fraction(31, 32),
        Fraction(1, 2),
        0,
    ]


def test_holds_that_no_rate_makes_have_no_even_times():
    repeats = row(1, 1, 1, 5)
    assert pattern_at(repeats, 8).late() is None


def test_two_lone_repeats_make_no_pattern():
    repeats = [k in (12, 24) for k in range(40)]
    assert pattern_at(repeats, 15) is None
    repeats[36] = True
    assert pattern_at(repeats, 15).name == "11 in 12"


def test_ones_and_short_rows_have_no_pattern():
    assert pattern_at([False] * 30, 10) is None
    assert pattern_at([False, True, False, True], 2) is None
    assert pattern_at([False], 0) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=80), st.data())
def test_whatever_the_row_a_pattern_holds_around_the_frame(repeats, data):
    at = data.draw(st.integers(0, len(repeats) - 1))
    found = pattern_at(repeats, at)
    if found is not None:
        assert not repeats[at]
        assert found.starts[0] == 0
        assert 0 < len(found.starts) < found.frames
