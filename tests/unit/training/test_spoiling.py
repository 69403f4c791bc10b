import numpy as np
import pytest

from dain.training.spoiling import (
    Spoiling,
    random_grain,
    random_light,
    random_quality,
    random_scale,
)


def compress(random, frames, lowest=30):
    return Spoiling(quality=random_quality(random, lowest)).on(frames, 0.5)


def add_grain(random, frames):
    return Spoiling(grain=random_grain(random, frames[0].shape)).on(frames, 0.5)


def change_light(random, frames, time=0.5):
    return Spoiling(light=random_light(random)).on(frames, time)


def soften(random, frames):
    return Spoiling(scale=random_scale(random)).on(frames, 0.5)


def pictures(height=48, width=66):
    """Three frames in which a bar moves over a ramp."""
    ramp = np.linspace(60, 190, width)[None, :, None] + np.zeros((height, width, 3))
    frames = []
    for left in (10, 14, 18):
        frame = ramp.copy()
        frame[10:30, left : left + 12] = (200, 90, 40)
        frames.append(np.rint(frame).astype(np.uint8))
    return tuple(frames)


def alike():
    frame = pictures()[0]
    return frame, frame.copy(), frame.copy()


def error(one, two):
    return np.abs(one.astype(float) - two).mean()


@pytest.mark.parametrize("change", [compress, add_grain, soften, change_light])
@pytest.mark.parametrize("shape", [(48, 66), (33, 35), (16, 16)])
def test_frames_keep_their_form_and_the_originals_stay(change, shape):
    frames = pictures(*shape)
    before = [frame.copy() for frame in frames]
    changed = change(np.random.default_rng(1), frames)
    assert len(changed) == 3
    for frame, original, new in zip(frames, before, changed, strict=True):
        assert np.array_equal(frame, original)
        assert new.shape == frame.shape
        assert new.dtype == np.uint8
        assert new is not frame


@pytest.mark.parametrize("change", [compress, add_grain, soften, change_light])
def test_the_generator_decides(change):
    one, two, other = (change(np.random.default_rng(seed), pictures()) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("change", [compress, soften])
def test_frames_that_are_alike_stay_alike(change):
    first, truth, last = change(np.random.default_rng(0), alike())
    assert np.array_equal(first, truth)
    assert np.array_equal(first, last)


def test_compression_keeps_colours_and_loses_more_at_low_quality():
    frames = pictures()
    costs = {}
    for seed in range(12):
        quality = int(np.random.default_rng(seed).integers(30, 96))
        made = compress(np.random.default_rng(seed), frames)
        costs[quality] = error(made[0], frames[0])
        assert np.abs(made[0].mean((0, 1)) - frames[0].mean((0, 1))).max() < 3
    ordered = [costs[quality] for quality in sorted(costs)]
    assert np.mean(ordered[:3]) > 1.5 * np.mean(ordered[-3:])
    assert max(ordered) < 12


def test_compression_halves_the_colour_and_not_the_light():
    """Stripes one pixel wide survive in brightness but not in hue."""
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2], stripes[:, 1::2] = (200, 60, 60), (60, 60, 200)
    made = compress(np.random.default_rng(0), (stripes,) * 3, lowest=95)[0].astype(float)
    hue = made[..., 0] - made[..., 2]
    assert np.abs(hue).mean() < 60 < 140 == 200 - 60
    grey = np.zeros((32, 32, 3), np.uint8)
    grey[:, ::2] = 200
    made = compress(np.random.default_rng(0), (grey,) * 3, lowest=95)[0].astype(float)
    assert made[:, ::2].mean() - made[:, 1::2].mean() > 150


def test_grain_is_independent_and_centred():
    flat = np.full((64, 64, 3), 128, np.uint8)
    for seed in range(8):
        noise = [
            frame.astype(float) - 128
            for frame in add_grain(np.random.default_rng(seed), (flat, flat, flat))
        ]
        spread = [n.std() for n in noise]
        assert 0.3 < spread[0] < 9
        assert max(spread) < 1.2 * min(spread)
        assert abs(noise[0].mean()) < 0.5
        correlation = np.corrcoef(noise[0].ravel(), noise[2].ravel())[0, 1]
        assert abs(correlation) < 0.1


def test_light_drifts_one_way():
    flat = np.full((8, 8, 3), 128, np.uint8)
    for seed in range(20):
        frames = change_light(np.random.default_rng(seed), (flat, flat, flat))
        first, truth, last = (frame[0, 0].astype(int) for frame in frames)
        assert (np.abs(truth - 128) <= 1).all()
        assert (np.abs((first + last) / 2 - truth) <= 1).all()


def test_soft_frames_lose_fine_detail():
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[::2] = 255
    soft = soften(np.random.default_rng(3), (stripes,) * 3)[0]
    assert soft.std() < 0.9 * stripes.std()
    assert abs(soft.mean() - stripes.mean()) < 6
