import cv2
import numpy as np
import pytest

from dain.ops import ClassicalFlow


def textured(height, width, seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def test_finds_a_shift_both_ways():
    picture = textured(96, 128)
    picture0, picture1 = picture[8:-8, 8:-8], picture[5:-11, 12:-4]  # content moves by (-4, +3)
    flow01, flow10 = ClassicalFlow().both(picture0, picture1)
    middle = (slice(16, -16), slice(16, -16))
    assert flow01.shape == (80, 112, 2)
    np.testing.assert_allclose(flow01[middle].mean((0, 1)), (-4, 3), atol=0.1)
    np.testing.assert_allclose(flow10[middle].mean((0, 1)), (4, -3), atol=0.1)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (10, 12), (300, 5), (31, 33)])
def test_takes_any_size(size):
    flow01, flow10 = ClassicalFlow().both(textured(*size), textured(*size, seed=1))
    for flow in (flow01, flow10):
        assert flow.shape == (*size, 2)
        assert flow.flags.c_contiguous
        assert np.isfinite(flow).all()


def test_the_object_can_be_used_again_at_another_size():
    flow = ClassicalFlow()
    first = flow.both(textured(40, 50), textured(40, 50, 1))[0]
    flow.both(textured(64, 80), textured(64, 80, 1))
    assert np.array_equal(flow.both(textured(40, 50), textured(40, 50, 1))[0], first)
