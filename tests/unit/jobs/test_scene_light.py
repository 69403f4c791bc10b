"""Frames between frames of scene-linear light."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from tests.support.engines import BlendEngine

from dain.jobs.scene_light import Curve, frames_between

HALF = [Fraction(1, 2)]


class CheckingEngine(BlendEngine):
    """Blends, and insists on what the real engine insists on."""

    def between(self, frame0, frame1, times):
        for frame in (frame0, frame1):
            assert frame.dtype == np.float32
            assert frame.min() >= 0
            assert frame.max() <= 1
        return super().between(frame0, frame1, times)


def noise(seed, *shape):
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 7), (-0.003, 1), (-3, 65504), (-1, 0.2)])
def test_the_curve_has_an_inverse_and_rises(low, high):
    light = np.linspace(low, high, 4001, dtype=np.float32)
    light = np.sort(np.concatenate([light, np.clip(np.geomspace(1e-4, 4, 999), low, high)]))
    light = light.astype(np.float32)
    curve = Curve.of(light)
    values = curve.encode(light)
    assert values.min() >= 0
    assert values.max() <= 1
    assert all(first <= second for first, second in pairwise(values))
    np.testing.assert_allclose(curve.decode(values), light, rtol=2e-4, atol=2e-6)


def test_a_display_keeps_most_of_the_range():
    assert Curve(1.0, 0.0).encode(np.float32(1)) == 1
    for peak in (2.0, 64.0, 65536.0):
        assert Curve(peak, 0.0).encode(np.float32(1)) >= 0.6 - 1e-6


def test_the_curve_is_the_same_for_like_ranges():
    assert Curve.of(np.float32([0, 5])) == Curve.of(np.float32([0.1, 7.9])) == Curve(8.0, 0.0)
    assert Curve.of(np.float32([-0.0005, 0.3])) == Curve(1.0, 2.0**-10)


def test_integers_go_to_the_engine_as_they_are():
    a, b = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 100, np.uint8)
    assert (frames_between(BlendEngine(), a, b, HALF)[0] == 50).all()


def test_equal_frames_are_untouched():
    frame = noise(1, 4, 4, 3) * 900
    engine = CheckingEngine()
    (made,) = frames_between(engine, frame, frame.copy(), HALF)
    np.testing.assert_array_equal(made, frame)
    assert engine.calls == []


def test_light_of_any_range_lies_between():
    a, b = noise(1, 6, 6, 3) * 40 - 1, noise(2, 6, 6, 3) * 40 - 1
    for made in frames_between(CheckingEngine(), a, b, [Fraction(1, 3), Fraction(2, 3)]):
        assert made.dtype == np.float32
        assert (made >= np.minimum(a, b) - 1e-3).all()
        assert (made <= np.maximum(a, b) + 1e-3).all()


def test_no_numbers_spoil_nothing_else():
    a, b = noise(1, 6, 6, 3), noise(2, 6, 6, 3)
    clean = frames_between(CheckingEngine(), a, b, HALF)[0]
    a[0, 0] = [np.nan, np.inf, -np.inf]
    made = frames_between(CheckingEngine(), a, b, HALF)[0]
    assert np.isfinite(made).all()
    np.testing.assert_allclose(made[1:], clean[1:], atol=0.05)


def test_alpha_stays_multiplied_into_the_colours():
    cover = np.clip(noise(3, 6, 6, 1), 0.05, 1)
    colours = np.full((6, 6, 3), 3.0, np.float32)
    pair = [np.dstack([colours * each, each]) for each in (cover, np.flip(cover, 0).copy())]
    engine = CheckingEngine()
    made = frames_between(engine, *pair, HALF)[0]
    np.testing.assert_allclose(made[..., :3], 3 * made[..., [3, 3, 3]], rtol=1e-3)
    assert len(engine.calls) == 1


def test_light_without_alpha_is_added():
    still = np.zeros((6, 6, 4), np.float32)
    still[2:4, 2:4] = [0.2, 0.2, 0.2, 1.0]
    a, b = still.copy(), still.copy()
    a[0, 0, :3] = 50
    b[0, 0, :3] = 50
    b[5, 5, :3] = 8
    engine = CheckingEngine()
    made = frames_between(engine, a, b, HALF)[0]
    assert len(engine.calls) == 2
    np.testing.assert_allclose(made[0, 0], [50, 50, 50, 0], rtol=1e-3)
    np.testing.assert_allclose(made[2:4, 2:4], a[2:4, 2:4], atol=1e-4)
    assert 0 < made[5, 5, 0] < 8
