"""Fades are told where light is mixed, and motion is never taken for one."""

import numpy as np
import pytest
from tests.support.shots import dissolve, pan, texture
from tests.unit.judgement.test_cuts import black, passages

from dain.judgement import Passage


def still(seed, count):
    return np.repeat(texture(seed)[None], count, axis=0)


def fades(frames):
    """Numbers of the gaps in which light is mixed."""
    return {at for at, found in enumerate(passages(frames)) if found is Passage.FADE}


@pytest.mark.parametrize("length", [8, 16])
def test_a_dissolve_between_stills(length):
    mixed = dissolve(still(1, length + 1), still(2, length + 1))
    frames = np.concatenate([still(1, 5), mixed, still(2, 5)])
    inside = set(range(6, 6 + length - 2))
    assert inside <= fades(frames) <= set(range(4, 6 + length))
    assert Passage.CUT not in passages(frames)


def test_a_still_that_fades_to_black():
    mixed = dissolve(still(1, 11), black(11))
    found = fades(np.concatenate([still(1, 5), mixed, black(5)]))
    assert set(range(7, 13)) <= found <= set(range(4, 16))


@pytest.mark.parametrize("speed", [0.1, 0.5, 2, 8])
def test_no_fade_in_motion(speed):
    assert fades(pan(1, 16, speed)) == set()


def test_no_fade_around_a_cut():
    assert fades(np.concatenate([pan(1, 8), pan(2, 8)])) == set()


def test_no_fade_in_noise():
    grain = np.random.default_rng(3).normal(0, 10, (14, 48, 80, 3))
    assert fades(np.clip(still(1, 14) + grain, 0, 255).astype(np.uint8)) == set()


@pytest.mark.parametrize("length", [6, 12, 24])
@pytest.mark.parametrize("speed", [0, 1])
def test_the_plain_end_of_a_fade_is_no_cut(length, speed):
    shot = pan(1, length + 12, speed)
    out = np.concatenate([shot[:6], dissolve(shot[6 : length + 7], black(length + 1)), black(6)])
    for frames in (out, out[::-1]):
        assert Passage.CUT not in passages(frames)


def test_a_shot_that_comes_out_of_black_at_once_is_a_cut():
    frames = np.concatenate([black(8), pan(1, 12)])
    assert passages(frames)[7] is Passage.CUT
    assert passages(frames[::-1])[11] is Passage.CUT
