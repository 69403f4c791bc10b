"""Repeats are left out but where they show that a picture stands."""

from fractions import Fraction

from dain.judgement import Beat, Judged, Passage, drawings

MOTION, FADE, CUT = Passage.MOTION, Passage.FADE, Passage.CUT


def stream(*marks):
    """Frames from (repeats, passage to the next)."""
    return [
        Judged(number, Fraction(number), Beat(repeats, Fraction(number)), passage)
        for number, (repeats, passage) in enumerate(marks)
    ]


def shown(*marks):
    return [(each.item, each.passage) for each in drawings(stream(*marks))]


def test_animation_on_twos():
    found = shown((False, MOTION), (True, MOTION), (False, MOTION), (True, MOTION), (False, MOTION))
    assert found == [(0, MOTION), (2, MOTION), (4, MOTION)]


def test_a_repeat_before_a_cut_stays():
    found = shown((False, MOTION), (True, MOTION), (True, CUT), (False, MOTION))
    assert found == [(0, MOTION), (2, CUT), (3, MOTION)]


def test_the_last_frame_stays():
    assert shown((False, MOTION), (True, MOTION)) == [(0, MOTION), (1, MOTION)]


def test_a_fade_on_twos_stays_a_fade():
    assert shown((False, MOTION), (True, FADE), (False, MOTION)) == [(0, FADE), (2, MOTION)]


def test_a_repeat_at_the_very_beginning_is_a_drawing():
    assert shown((True, MOTION), (False, MOTION)) == [(0, MOTION), (1, MOTION)]


def test_nothing():
    assert shown() == []
