"""The demo's landscape."""

from fractions import Fraction

import numpy as np
import pytest

from dain.cli.demo_scene import DURATION, HEIGHT, WIDTH, Scene


@pytest.fixture(scope="module")
def scene():
    return Scene()


def test_it_is_drawn_the_same_each_time(scene):
    picture = scene.render(Fraction(1, 3))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, scene.render(1 / 3))
    np.testing.assert_array_equal(picture, Scene().render(Fraction(1, 3)))


def test_it_moves_steadily(scene):
    step = Fraction(1, 60)
    for time in (Fraction(0), DURATION / 2, DURATION - step):
        near = np.abs(scene.render(time).astype(int) - scene.render(time + step))
        assert 0.5 < near.mean() < 8


def test_every_layer_reaches_the_edge_until_the_end(scene):
    """The strips are long enough: no column of land is empty at the last instant."""
    last = scene.render(DURATION)
    ground = last[-40:, -6:].astype(int)
    assert ground[..., 0].mean() > ground[..., 2].mean()  # a warm field, no sky
