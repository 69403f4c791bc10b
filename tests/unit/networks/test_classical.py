from fractions import Fraction

import numpy as np
import pytest
import torch
from tests.unit.networks.test_lite import moving_pair

from dain.networks.classical import log_confidence, search_both, search_size, visibility
from dain.ops import ClassicalFlow


def test_large_frames_are_searched_at_two_thirds_of_the_size():
    assert search_size(16, 16) == (16, 16)
    assert search_size(448, 432) == (448, 432)
    assert search_size(480, 640) == (320, 427)
    assert search_size(1088, 1920) == (726, 1280)


def test_the_size_of_the_search_can_be_asked_for():
    assert search_size(192, 192, Fraction(1, 2)) == (96, 96)
    assert search_size(480, 640, Fraction(1)) == (480, 640)


@pytest.mark.parametrize("size", [(32, 40), (64, 80)])
def test_flows_come_in_pixels_of_the_size_asked_for(size):
    """All F01 first, then all F10, of a shift by 4 pixels of 64x80 in either direction."""
    pairs = [moving_pair(2, 64, 80, seed=k) for k in range(2)]
    greys = [torch.cat([pair[k] for pair in pairs]).mean(1).numpy() for k in (0, 2)]
    grey0, grey1 = (np.rint(255 * grey).astype(np.uint8) for grey in greys)
    flows = search_both(ClassicalFlow(), grey0, grey1, size, torch.device("cpu"))
    assert flows.shape == (4, 2, *size)
    expected = 4 * size[0] / 64
    inner = flows[..., 8:-8, 8:-8].median(3).values.median(2).values
    torch.testing.assert_close(inner[:2, 0], torch.full((2,), expected), atol=0.2, rtol=0)
    torch.testing.assert_close(inner[2:, 0], torch.full((2,), -expected), atol=0.2, rtol=0)
    assert inner[:, 1].abs().max() < 0.2


def shifted(step):
    """Luma of a frame and of the same moved to the right by `step`, one under the other."""
    wide = moving_pair(8, 32, 64)[1].mean(1, keepdim=True)
    return torch.cat([wide[..., 8:56], wide[..., 8 - step : 56 - step]])


def steady(step):
    flow = torch.zeros(2, 2, 32, 48)
    flow[0, 0], flow[1, 0] = step, -step
    return flow


def test_a_flow_that_explains_both_frames_is_trusted():
    trust = log_confidence(steady(4.0), shifted(4)).exp()
    assert trust.shape == (2, 1, 32, 48)
    assert trust.max() <= 1
    assert trust[..., 8:-8].min() > 0.99


@pytest.mark.parametrize("wrong", ["colours", "way back", "both"])
def test_a_flow_that_does_not_is_trusted_less(wrong):
    flow, luma = steady(4.0), shifted(4)
    if wrong != "colours":
        flow[1] = 3.0
    if wrong != "way back":
        luma[1] = luma[1].flip(1)
    right = log_confidence(steady(4.0), shifted(4))[0, :, :, 8:-8]
    found = log_confidence(flow, luma)[0, :, :, 8:-8]
    assert found.mean() < right.mean() - 0.1


def test_all_large_disagreements_are_alike():
    luma = torch.zeros(2, 1, 8, 8)
    one, two = (torch.full((2, 2, 8, 8), size) for size in (100.0, 1000.0))
    assert torch.equal(log_confidence(one, luma), log_confidence(two, luma))
    assert torch.isfinite(log_confidence(one * 1e6, luma)).all()


def test_visibility_is_little_where_nothing_led_or_outside():
    flow = torch.zeros(1, 2, 4, 6)
    flow[0, 0, :, 5] = 1.0  # off the right edge
    flow[0, 1, 0] = -0.4  # not half a pixel off the top
    seen = torch.ones(1, 1, 4, 6)
    seen[..., 2] = 0
    found = visibility(flow, seen)
    assert (found > 0).all()
    assert torch.allclose(found[..., :2], torch.tensor(1.05))
    assert torch.allclose(found[..., 2], torch.tensor(0.05))
    assert (found[..., 5] < 0.02).all()
