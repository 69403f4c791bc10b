"""Cross-fades are mixed as light is."""

import numpy as np
import pytest

from dain.media.hdr import HLG, PQ
from dain.media.light import mixed
from dain.media.scene_light import linear_of

TRANSFERS = [2, 1, PQ, HLG]


def ramp(dtype):
    top = np.iinfo(dtype).max
    return np.rint(np.linspace(0, top, 3 * 256)).astype(dtype).reshape(16, 16, 3)


@pytest.mark.parametrize("transfer", TRANSFERS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_frame_mixed_with_itself_stays(dtype, transfer):
    frame = ramp(dtype)
    found = mixed(frame, frame, 0.3, transfer)
    assert found.dtype == dtype
    # Float arithmetic may cost a few of 65535 levels, never one of 255.
    assert np.abs(found.astype(int) - frame.astype(int)).max() <= (0 if dtype == np.uint8 else 8)


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_the_ends_are_the_frames(transfer):
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    assert np.array_equal(mixed(black, white, 0, transfer), black)
    assert np.array_equal(mixed(black, white, 1, transfer), white)


def test_half_way_is_half_of_the_light():
    black, white = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)
    value = mixed(black, white, 0.5)[0, 0, 0]
    assert value == 188  # not 128
    assert linear_of(np.float32([value / 255]))[0] == pytest.approx(0.5, abs=0.005)
    pq = mixed(black, white, 0.5, PQ)[0, 0, 0]
    assert pq == round(255 * 0.9251)  # 5000 of 10000 cd/m2
    hlg = mixed(black, white, 0.5, HLG)[0, 0, 0]
    assert hlg == round(255 * 0.8716)  # half of the scene's light


def test_scene_light_is_mixed_as_it_is():
    before, after = np.zeros((1, 1, 4), np.float32), np.full((1, 1, 4), 8, np.float32)
    assert mixed(before, after, 0.25)[0, 0].tolist() == [2, 2, 2, 2]


def test_scene_light_without_an_end_stays_a_number():
    before = np.float32([[[np.inf, 0, 4]]])
    after = np.float32([[[np.nan, np.inf, 8]]])
    assert mixed(before, after, 0.5)[0, 0].tolist() == [2, 4, 6]


def test_what_is_transparent_gives_no_colour():
    before, after = np.zeros((1, 1, 4), np.uint8), np.zeros((1, 1, 4), np.uint8)
    before[...] = (255, 0, 0, 0)  # red that nobody sees
    after[...] = (0, 0, 200, 255)
    assert mixed(before, after, 0.5)[0, 0].tolist() == [0, 0, 200, 128]
