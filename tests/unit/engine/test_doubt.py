from dataclasses import replace

import numpy as np
import pytest
import torch

from dain.engine import Interpolator
from dain.engine.doubt import fall_back, fallback_share
from dain.engine.pixels import to_array
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


def test_without_fallback_a_frame_is_what_the_network_made(engines):
    engine = engines["off"]
    before, after = half_replaced()
    (made,) = engine.make(before, after, [0.3])
    known0, known1 = engine._work.known
    with torch.inference_mode():
        motion = engine._network.relate(known0.features, known1.features)
        plain = engine._network.synthesise(known0.features, known1.features, motion, 0.3)
    assert np.array_equal(made.pixels, to_array(plain.frame, np.dtype(np.uint8)))
    assert np.array_equal(made.certainty, plain.certainty[0, 0].numpy())
    assert made.fallen_back == 0


@pytest.fixture
def mistaken(engines, monkeypatch):
    """Engines whose network is wrong, and knows it, in the left half of every frame."""
    for engine in engines.values():

        def spoil(*arguments, synthesise=engine._network.synthesise):
            made = synthesise(*arguments)
            half = made.frame.shape[3] // 2
            frame, certainty = made.frame.clone(), torch.ones_like(made.certainty)
            frame[..., :half] = 1 - frame[..., :half]
            certainty[..., : half // 4] = 0.3
            return made._replace(frame=frame, blended=frame, certainty=certainty)

        monkeypatch.setattr(engine._network, "synthesise", spoil)
    return engines


def nearly_still():
    before = np.clip(texture(), 2, 253)
    return before, before + (np.arange(128)[None, :, None] % 3).astype(np.uint8)


@pytest.mark.parametrize("how", ["blend", "hold"])
def test_the_fallback_moves_pixels_only_where_they_are_in_doubt(mistaken, how):
    before, after = nearly_still()
    plain, made = (mistaken[each].make(before, after, [0.4])[0] for each in ("off", how))
    assert np.array_equal(plain.certainty, made.certainty)
    assert np.array_equal(plain.pixels[:, 96:], made.pixels[:, 96:])
    assert 0.2 < made.fallen_back < 0.6
    wanted = before if how == "hold" else before + 0.4 * (after - before)
    assert np.abs(made.pixels[:, :32] - wanted[:, :32]).max() <= 0.6
    assert np.abs(plain.pixels[:, :32].astype(int) - before[:, :32]).mean() > 30


@pytest.mark.parametrize(("t", "nearer"), [(0.4, 0), (0.5, 0), (0.6, 1)])
def test_hold_takes_the_nearer_frame_and_blend_the_light_of_both(t, nearer):
    old = torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)
    picture, all_of_it = torch.full((1, 3, 16, 16), 0.25), torch.ones(1, 1, 2, 2)
    assert torch.equal(fall_back(picture, old, t, all_of_it, "hold"), old[nearer])
    blended = fall_back(picture, old, t, all_of_it, "blend")
    torch.testing.assert_close(blended, torch.full_like(picture, t))
    assert torch.equal(fall_back(picture, old, t, 0 * all_of_it, "blend"), picture)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (33, 62)])
def test_any_size_has_its_squares(size):
    frames = torch.rand(2, 1, 3, *size, generator=torch.Generator().manual_seed(0))
    cells = tuple(-(-side // 4) for side in size)
    share = fallback_share(torch.full((1, 1, *cells), 0.2), frames[0], frames[1], "blend")
    assert share.shape[2:] == tuple(-(-side // 8) for side in size)
    assert fall_back(frames[0], (frames[0], frames[1]), 0.5, share, "blend").shape[2:] == size


def test_what_is_alike_in_both_frames_is_safer_than_what_moves():
    """With the same doubt everywhere, only the half that stands still falls back."""
    still = torch.full((1, 3, 64, 128), 0.5)
    moved = still.clone()
    moved[..., 64:] = 0.9
    share = fallback_share(torch.full((1, 1, 16, 32), 0.3), still, moved, "blend")
    assert share[..., :4].min() == 1
    assert share[..., 12:].max() == 0
    assert share.diff(dim=3).abs().max() < 0.4  # no hard edge between
    assert not fallback_share(torch.full((1, 1, 16, 32), 0.95), still, moved, "blend").any()


@pytest.mark.parametrize("how", ["off", "blend"])
def test_alpha_falls_back_with_its_colours(mistaken, how):
    before, after = nearly_still()
    alpha = np.full((*before.shape[:2], 1), 255, np.uint8)
    alpha[:, 64:] = 128
    (plain,) = mistaken[how].make(before, after)
    (made,) = mistaken[how].make(*(np.concatenate([each, alpha], 2) for each in (before, after)))
    if how == "blend":
        assert (made.pixels[:, :32, 3] == 255).all()
        assert np.array_equal(made.pixels[:, :32, :3], plain.pixels[:, :32])
    else:
        assert (made.pixels[:, :32, 3] < 255).all()
