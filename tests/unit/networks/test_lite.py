from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch

from dain.networks import DainLite
from dain.networks.lite import search_size


def moving_pair(shift, height=96, width=128, seed=0):
    """A textured picture, the same moved by `shift` pixels to the right, and half way."""
    noise = np.random.default_rng(seed).random((height, width + 2 * shift, 3)).astype(np.float32)
    wide = cv2.GaussianBlur(noise, (0, 0), 2)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    frames = [wide[:, k : k + width] for k in (2 * shift, shift, 0)]
    return [torch.from_numpy(f.transpose(2, 0, 1)[None].copy()) for f in frames]


def error(one, two):
    return float((one - two).abs().mean())


def test_makes_the_middle_of_a_shift():
    frame0, middle, frame1 = moving_pair(4)
    made = DainLite()(frame0, frame1, [0.5]).frames[:, 0]
    average = (frame0 + frame1) / 2
    assert error(made, middle) < 0.2 * error(average, middle)


def test_every_time_of_a_shift():
    frame0, _, frame1 = moving_pair(8)
    truth = moving_pair(8)
    wide = [truth[0], truth[2]]
    output = DainLite()(*wide, [0.25, 0.75])
    assert output.frames.shape == (1, 2, 3, 96, 128)
    assert torch.equal(output.frames, output.blended)
    # Near frame 0 the new frame resembles it more than frame 1, and the other way round.
    early, late = output.frames[:, 0], output.frames[:, 1]
    assert error(early, frame0) < error(early, frame1)
    assert error(late, frame1) < error(late, frame0)


def test_equal_frames_stay_as_they_are():
    frame, _, _ = moving_pair(2)
    made = DainLite()(frame, frame, [0.3]).frames[:, 0]
    torch.testing.assert_close(made, frame, atol=1e-3, rtol=0)


def test_time_runs_both_ways():
    """Exchanging the frames and the time gives the same picture."""
    frame0, _, frame1 = moving_pair(5, seed=2)
    network = DainLite()
    one = network(frame0, frame1, [0.25]).frames
    two = network(frame1, frame0, [0.75]).frames
    torch.testing.assert_close(one, two, atol=2e-3, rtol=0)


def test_a_batch_equals_its_samples():
    pairs = [moving_pair(3, seed=k) for k in range(2)]
    network = DainLite()
    both = network(*(torch.cat([p[k] for p in pairs]) for k in (0, 2)), [0.5]).frames
    for k, (frame0, _, frame1) in enumerate(pairs):
        torch.testing.assert_close(both[k : k + 1], network(frame0, frame1, [0.5]).frames)


@pytest.mark.parametrize("size", [(1, 1), (10, 12), (5, 300), (300, 5), (31, 33), (460, 460)])
def test_any_size(size):
    generator = torch.Generator().manual_seed(0)
    frame0, frame1 = torch.rand(2, 1, 3, *size, generator=generator)
    made = DainLite()(frame0, frame1, [0.5]).frames
    assert made.shape == (1, 1, 3, *size)
    assert torch.isfinite(made).all()


def test_a_near_thing_covers_a_far_one():
    """A bright square crosses a dark still ground: the ground it uncovers is ground, not square."""
    ground = moving_pair(1, seed=5)[0] * 0.2
    patch = moving_pair(1, 24, 24, seed=6)[0] * 0.2 + 0.8
    frames = []
    for left in (40, 46, 52):
        frame = ground.clone()
        frame[:, :, 36:60, left : left + 24] = patch
        frames.append(frame)
    made = DainLite()(frames[0], frames[2], [0.5]).frames[:, 0]
    assert error(made, frames[1]) < 0.3 * error((frames[0] + frames[2]) / 2, frames[1])


def test_search_size_has_a_floor_and_halves_large_frames():
    assert search_size(10, 12, Fraction(1)) == (10, 12)
    assert search_size(480, 640, Fraction(1)) == (240, 320)
    assert search_size(480, 640, Fraction(1, 2)) == (240, 320)
    assert search_size(1, 1, Fraction(1, 100)) == (1, 1)
