"""Repeats are left out but where they show that a picture stands."""

from dataclasses import replace
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
    return [(way.passage, each.item) for way, each in drawings(stream(*marks))]


def test_animation_on_twos():
    found = shown((False, MOTION), (True, MOTION), (False, MOTION), (True, MOTION), (False, MOTION))
    assert found == [(MOTION, 0), (MOTION, 2), (MOTION, 4)]


def test_a_repeat_before_a_cut_stays():
    found = shown((False, MOTION), (True, MOTION), (True, CUT), (False, MOTION))
    assert found == [(MOTION, 0), (MOTION, 2), (CUT, 3)]


def test_the_last_frame_stays():
    assert shown((False, MOTION), (True, MOTION)) == [(MOTION, 0), (MOTION, 1)]


def test_a_fade_on_twos_stays_a_fade():
    assert shown((False, MOTION), (True, FADE), (False, MOTION)) == [(MOTION, 0), (FADE, 2)]


def test_a_repeat_at_the_very_beginning_is_a_drawing():
    assert shown((True, MOTION), (False, MOTION)) == [(MOTION, 0), (MOTION, 1)]


def test_what_stands_is_what_stands_while_the_picture_changes():
    frames = [
        replace(each, standing=f"over gap {each.item}")
        for each in stream((False, MOTION), (True, MOTION), (False, MOTION), (False, MOTION))
    ]
    assert [way.standing for way, _ in drawings(frames)] == [None, "over gap 1", "over gap 2"]


def test_a_drawing_is_given_as_it_comes():
    taken = []

    def watched():
        for each in stream((False, MOTION), (True, MOTION), (False, MOTION)):
            taken.append(each.item)
            yield each

    given = drawings(watched())
    assert next(given)[1].item == 0
    assert taken == [0]


def test_nothing():
    assert shown() == []
