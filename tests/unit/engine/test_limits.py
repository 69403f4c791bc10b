from fractions import Fraction

import pytest

from dain.engine import FrameLimits, Interpolator
from dain.engine.limits import automatic_scale, find_limits


class Frugal:
    """A network whose working set is the pixels that it sees at once."""

    least_tile = 64

    def working_set(self, height, width, scale, tile):
        return height * width if tile is None else height * width // 4


@pytest.mark.parametrize(
    ("size", "scale"),
    [
        ((1, 1), 1),
        ((1080, 1920), 1),
        ((1440, 2560), 1),
        ((1442, 2560), Fraction(1, 2)),
        ((4320, 7680), Fraction(1, 4)),
    ],
)
def test_the_automatic_scale(size, scale):
    assert automatic_scale(*size) == scale


def test_the_largest_frames():
    assert find_limits(Frugal(), 1920 * 1080) == FrameLimits((1920, 1080), (3840, 2160))
    assert find_limits(Frugal(), 1920 * 1080 - 1).whole == (1916, 1078)


def test_nothing_fits():
    assert find_limits(Frugal(), 0) == FrameLimits(None, None)


def test_a_network_without_tiles():
    network = Frugal()
    network.least_tile = None
    assert find_limits(network, 1920 * 1080).tiled is None


def test_all_smaller_frames_fit_too():
    class Searching(Frugal):
        def working_set(self, height, width, scale, tile):
            return int(height * width * scale * scale)

    # 2882x1622 would fit again, searched at half its size; 1440 lines at full size do not.
    assert find_limits(Searching(), 1280 * 720).whole == (1280, 720)


def test_the_limits_of_an_interpolator_follow_its_memory():
    small, large = (Interpolator(memory=size).limits().whole for size in (2**29, 2**31))
    assert small < large
    assert large[0] >= 1920
