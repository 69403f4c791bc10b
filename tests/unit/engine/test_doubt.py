from dataclasses import replace

import numpy as np
import pytest
import torch

from dain.engine import Interpolator
from dain.errors import OptionError


def texture(height=96, width=128, seed=0):
    """Smooth noise, ``(H, W, 3)`` uint8: flow can follow it."""
    noise = np.random.default_rng(seed).random((height // 4, width // 4, 3)).astype(np.float32)
    large = torch.nn.functional.interpolate(
        torch.from_numpy(noise).permute(2, 0, 1)[None], size=(height, width), mode="bicubic"
    )
    return (large[0].permute(1, 2, 0).clamp(0, 1) * 255).to(torch.uint8).numpy()


def half_replaced():
    """Frames that are equal on the left, and on the right have nothing in common."""
    before, after = texture(), texture()
    after[:, 64:] = texture(seed=1)[:, 64:]
    return before, after


@pytest.fixture(scope="module")
def engines():
    return {how: Interpolator(device="cpu", doubt=how) for how in ("off", "blend", "hold")}


def test_equal_frames_are_wholly_certain(engines):
    still = texture()[:45, :50]
    for engine in engines.values():
        (made,) = engine.make(still, still.copy())
        assert made.certainty.shape == (12, 13)
        assert (made.certainty == 1).all()
        assert made.doubt == made.fallen_back == 0
        assert np.array_equal(made.pixels, still)


def test_certainty_is_low_where_the_frames_have_nothing_in_common(engines):
    (made,) = engines["off"].make(*half_replaced())
    assert made.certainty.dtype == np.float32
    assert made.certainty.shape == (24, 32)
    assert 0 < made.certainty.min() <= made.certainty.max() <= 1
    left, right = made.certainty[:, :12], made.certainty[:, 20:]
    assert np.median(left) > 0.6
    assert np.median(right) < 0.4


def test_doubt_ranks_frames_by_what_there_is_to_doubt(engines):
    slid = np.roll(texture(), 4, axis=1)
    found = [
        engines["off"].make(texture(), after)[0].doubt
        for after in (texture(), slid, half_replaced()[1], texture(seed=1))
    ]
    assert found == sorted(found)
    assert 0 == found[0] < found[1] < found[2] < found[3] < 1


def test_between_gives_the_pixels(engines):
    times = [0.25, 0.5]
    made = engines["blend"].make(*half_replaced(), times)
    found = engines["blend"].between(*half_replaced(), times)
    assert all(np.array_equal(one.pixels, two) for one, two in zip(made, found, strict=True))


def test_an_unknown_fallback_is_refused():
    with pytest.raises(OptionError, match="--doubt must be one of blend, hold, off, found 'warp'"):
        Interpolator(device="cpu", doubt="warp")


def test_it_is_the_same_every_time(engines):
    once, again = (Interpolator(device="cpu", doubt="hold").make(*half_replaced()) for _ in "12")
    assert np.array_equal(once[0].certainty, again[0].certainty)
    assert np.array_equal(once[0].pixels, again[0].pixels)
    assert replace(once[0], pixels=0, certainty=0) == replace(again[0], pixels=0, certainty=0)
