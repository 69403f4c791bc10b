"""Cuts are told from all that only looks like one."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.support.shots import HEIGHT, WIDTH, pan, texture

from dain.judgement import Judges, Passage, ShotJudge, judged
from dain.settings import SCENE_THRESHOLD


def passages(frames, threshold=SCENE_THRESHOLD):
    """Of every gap, as a run finds them."""
    stream = judged(
        enumerate(frames),
        Judges(passages=ShotJudge(float(threshold))),
        time_of=lambda item: Fraction(item[0], 24),
        pixels_of=lambda item: item[1],
    )
    return [each.passage for each in stream][:-1]


def cuts(frames, **options):
    """Numbers of the frames that begin a shot."""
    found = passages(frames, **options)
    return [number + 1 for number, passage in enumerate(found) if passage is Passage.CUT]


def black(count, level=0):
    return np.full((count, HEIGHT, WIDTH, 3), level, np.uint8)


def test_a_cut_between_two_pans():
    assert cuts(np.concatenate([pan(1, 8), pan(2, 8, speed=2)])) == [8]


def test_shots_of_one_and_two_frames():
    frames = np.concatenate([pan(1, 8), pan(2, 1), pan(3, 2), pan(4, 8)])
    assert cuts(frames) == [8, 9, 11]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_of_few_frames_none_is_taken_for_calm(count):
    shot, shot_of_few = pan(1, count), np.concatenate([pan(2, 1), pan(3, count - 1)])
    for number, frame in enumerate(shot):  # a part of the picture is new in each
        frame[: HEIGHT // 3, : WIDTH // 3] = texture(10 + number)[: HEIGHT // 3, : WIDTH // 3]
    assert cuts(shot) == []
    assert cuts(shot_of_few) == [1]


def test_a_cut_between_drawings_that_are_shown_twice():
    drawings = np.concatenate([pan(1, 4, speed=3), pan(2, 4, speed=3)])
    assert cuts(np.repeat(drawings, 2, axis=0)) == [8]


def test_cuts_to_a_still_and_to_and_from_black():
    still = np.repeat(texture(2)[None], 6, axis=0)
    assert cuts(np.concatenate([pan(1, 6), still, black(6, level=16), pan(3, 6)])) == [6, 12, 18]


def test_a_cut_in_the_dark_under_noise():
    frames = np.concatenate([pan(1, 8), pan(2, 8)]) * 0.25
    grain = np.random.default_rng(3).normal(0, 3, frames.shape)
    assert cuts(np.clip(frames + grain, 0, 255).astype(np.uint8)) == [8]


@pytest.mark.parametrize("speed", [0.5, 4, 12])
def test_no_cut_in_a_pan(speed):
    assert cuts(pan(1, 14, speed)) == []


def test_no_cut_where_a_pan_begins_and_ends():
    wide = pan(1, 20, speed=8)
    frames = [wide[place] for place in (0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7)]
    assert cuts(frames) == []


def test_no_cut_in_a_shaken_picture():
    wide = texture(1, HEIGHT + 20, WIDTH + 20)
    places = np.random.default_rng(2).integers(0, 20, (14, 2))
    frames = [wide[down : down + HEIGHT, right : right + WIDTH] for down, right in places]
    assert cuts(frames) == []


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("light", ["everywhere", "on one side", "off"])
def test_no_cut_at_a_flash(length, light):
    frames = pan(1, 18).astype(np.float64)
    lit = slice(8, 8 + length)
    if light == "everywhere":
        frames[lit] = frames[lit] * 0.3 + 180
    elif light == "on one side":
        frames[lit] += 400 * np.linspace(1, 0, WIDTH)[None, None, :, None] ** 2
    else:
        frames[lit] *= 0.05
    assert cuts(np.clip(frames, 0, 255).astype(np.uint8)) == []


def test_no_cut_in_a_strobe():
    frames = pan(1, 16).astype(np.float64)
    frames[1::2] *= 0.2
    assert cuts(frames.astype(np.uint8)) == []


def test_no_cut_where_the_exposure_jumps():
    frames = pan(1, 16).astype(np.float64)
    frames[8:] = frames[8:] * 0.5 + 10
    assert cuts(frames.astype(np.uint8)) == []


def test_no_cut_at_noise_alone():
    grain = np.random.default_rng(3).normal(0, 10, (14, HEIGHT, WIDTH, 3))
    assert cuts(np.clip(120 + grain, 0, 255).astype(np.uint8)) == []


def test_no_cut_where_a_subtitle_comes():
    frames = pan(1, 14).copy()
    for frame in frames[7:]:
        cv2.putText(frame, "subtitle", (8, 44), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255))
    assert cuts(frames) == []


def test_a_larger_threshold_finds_fewer_cuts():
    frames = pan(1, 16).copy()
    frames[8:, :, WIDTH // 3 :] = pan(2, 8)[:, :, WIDTH // 3 :]
    assert cuts(frames, threshold=0.4) == [8]
    assert cuts(frames, threshold=0.95) == []


@pytest.mark.parametrize("shape", [(2, 2, 3), (1, 300, 3), (9, 5, 4)])
def test_frames_of_odd_shapes_are_judged(shape):
    frames = np.random.default_rng(1).integers(0, 256, (4, *shape)).astype(np.uint8)
    assert len(passages(frames)) == 3


def test_a_pass_that_begins_late_judges_alike():
    lit = pan(3, 9).copy()
    lit[4] = 255
    frames = np.concatenate([pan(1, 7), pan(2, 7, speed=9), lit, pan(4, 7), black(3), pan(5, 9)])
    whole = passages(frames)
    warm_up = Judges(passages=ShotJudge(float(SCENE_THRESHOLD))).behind
    for begin in (3, 5, 8, 14):
        assert passages(frames[begin:])[warm_up:] == whole[begin + warm_up :]
