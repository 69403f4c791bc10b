import pytest
import torch

from dain.networks import DainLite
from dain.networks.lite_layers import FrameEncoder, FrameRefiner, MotionRefiner


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(autouse=True)
def _inference():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


@pytest.mark.parametrize("size", [(4, 4), (16, 48)])
def test_features_of_a_frame(size):
    height, width = size
    pyramid = FrameEncoder()(torch.rand(2, 3, height, width))
    assert pyramid.half.shape == (2, 24, height // 2, width // 2)
    assert pyramid.quarter.shape == (2, 32, height // 4, width // 4)
    # Channels lie side by side, so that no layer after it copies them.
    assert pyramid.half.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_residuals_are_float32_and_nothing_at_first(dtype):
    encoder, motion, frame = FrameEncoder(), MotionRefiner(), FrameRefiner()
    for part in (encoder, motion, frame):
        part.to(dtype)
    one, two = encoder(torch.rand(1, 3, 32, 48)), encoder(torch.rand(1, 3, 32, 48))
    assert one.half.dtype == dtype
    change, nearness = motion(one.quarter, two.quarter, random(1, 2, 8, 12), random(1, 1, 8, 12))
    assert change.shape == (1, 2, 16, 24)
    assert nearness.shape == (1, 1, 16, 24)
    geometry = [random(1, count, 16, 24) for count in (2, 2, 2, 2, 1)]
    residuals = frame(one, two, geometry)
    assert residuals.flow.shape == (1, 4, 32, 48)
    assert residuals.share.shape == (1, 1, 32, 48)
    assert residuals.colour.shape == (1, 3, 32, 48)
    for value in (change, nearness, *residuals):
        assert value.dtype == torch.float32
        assert not value.any()


def test_features_keep_their_size_from_layer_to_layer():
    """Neither die away nor grow in an untrained network."""
    pyramid = FrameEncoder()(torch.rand(1, 3, 64, 64))
    for features in pyramid:
        assert 0.05 < features.square().mean().sqrt() < 5


def test_a_layer_sees_its_surroundings_only():
    """What changes in a corner does not reach the opposite one."""
    frame = torch.rand(1, 3, 64, 64)
    other = frame.clone()
    other[..., :4, :4] = 0
    encoder = FrameEncoder()
    for one, two in zip(encoder(frame), encoder(other), strict=True):
        changed = (one != two).any(1)[0]
        assert changed[0, 0]
        assert not changed[len(changed) // 2 :].any()


def test_the_network_is_small():
    """0.6 million weights: 1.3 MB as float16."""
    count = sum(parameter.numel() for parameter in DainLite().parameters())
    assert 400_000 < count < 1_000_000
