from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch

from dain.networks import DainLite
from dain.networks.lite import _project, motion_size


@pytest.fixture(autouse=True)
def _inference():
    """As networks are run; what needs gradients says so."""
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)
    return DainLite().eval()


def taught(seed=1, size=0.02):
    """A network whose last layers are not zero: that of one trained a little."""
    torch.manual_seed(seed)
    network = DainLite().eval()
    for head in (network.motion_refiner.head, network.frame_refiner.head):
        torch.nn.init.normal_(head.weight, std=size)
        torch.nn.init.normal_(head.bias, std=size)
    return network


@pytest.fixture(scope="module")
def trained():
    return taught()


def moving_pair(shift, height=96, width=128, seed=0, blur=2.0):
    """A textured picture, the same moved by `shift` pixels to the right, and half way."""
    noise = np.random.default_rng(seed).random((height, width + 2 * shift, 3)).astype(np.float32)
    wide = cv2.GaussianBlur(noise, (0, 0), blur)
    wide = (wide - wide.min()) / (wide.max() - wide.min())
    frames = [wide[:, k : k + width] for k in (2 * shift, shift, 0)]
    return [torch.from_numpy(f.transpose(2, 0, 1)[None].copy()) for f in frames]


def error(one, two):
    return float((one - two).abs().mean())


def test_makes_the_middle_of_a_shift(untrained):
    frame0, middle, frame1 = moving_pair(4)
    made = untrained(frame0, frame1, [0.5]).frames[:, 0]
    average = (frame0 + frame1) / 2
    assert error(made, middle) < 0.2 * error(average, middle)


@pytest.mark.parametrize("size", [(96, 128), (33, 47), (480, 640)])
def test_untrained_it_is_the_classical_method(untrained, size):
    """The last layers add nothing at first, whatever the features before them."""
    frame0, _, frame1 = moving_pair(8, *size)
    output = untrained(frame0, frame1, [0.25, 0.75])
    assert output.frames.shape == (1, 2, 3, *size)
    assert torch.equal(output.frames, output.blended)
    torch.manual_seed(99)
    assert torch.equal(DainLite()(frame0, frame1, [0.25, 0.75]).frames, output.frames)


def test_every_time_of_a_shift(untrained):
    """Near frame 0 the new frame resembles it more than frame 1, and the other way round."""
    frame0, _, frame1 = moving_pair(8)
    early, late = untrained(frame0, frame1, [0.25, 0.75]).frames.unbind(1)
    assert error(early, frame0) < error(early, frame1)
    assert error(late, frame1) < error(late, frame0)


def test_equal_frames_stay_as_they_are(untrained):
    frame, _, _ = moving_pair(2)
    made = untrained(frame, frame, [0.3]).frames[:, 0]
    torch.testing.assert_close(made, frame, atol=1e-3, rtol=0)


def test_time_runs_both_ways(untrained):
    """Exchanging the frames and the time gives the same picture."""
    frame0, _, frame1 = moving_pair(5, seed=2)
    one = untrained(frame0, frame1, [0.25]).frames
    two = untrained(frame1, frame0, [0.75]).frames
    torch.testing.assert_close(one, two, atol=2e-3, rtol=0)


def test_a_batch_equals_its_samples(trained):
    pairs = [moving_pair(3, seed=k) for k in range(2)]
    both = trained(*(torch.cat([p[k] for p in pairs]) for k in (0, 2)), [0.5]).frames
    for k, (frame0, _, frame1) in enumerate(pairs):
        one = trained(frame0, frame1, [0.5]).frames
        torch.testing.assert_close(both[k : k + 1], one, rtol=1e-4, atol=1e-4)


def test_the_last_layers_change_the_frame(trained, untrained):
    """The tests above would hold for a network that learns nothing."""
    frame0, _, frame1 = moving_pair(3)
    output = trained(frame0, frame1, [0.5])
    assert error(output.frames, output.blended) > 1e-3
    assert error(output.blended, untrained(frame0, frame1, [0.5]).blended) > 1e-3


@pytest.mark.parametrize("size", [(1, 1), (10, 12), (5, 300), (300, 5), (31, 33), (460, 460)])
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 2), Fraction(1, 3)], ids=str)
def test_any_size_at_any_scale(trained, size, scale):
    generator = torch.Generator().manual_seed(0)
    frame0, frame1 = torch.rand(2, 1, 3, *size, generator=generator)
    output = trained(frame0, frame1, [0.5], scale)
    assert output.frames.shape == output.blended.shape == (1, 1, 3, *size)
    assert torch.isfinite(output.frames).all()


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(1, 3), Fraction(2, 3)], ids=str)
def test_a_smaller_scale_gives_nearly_the_same(untrained, scale):
    frame0, middle, frame1 = moving_pair(6, 240, 320, blur=4)
    whole = untrained(frame0, frame1, [0.5]).frames[:, 0]
    smaller = untrained(frame0, frame1, [0.5], scale).frames[:, 0]
    average = error((frame0 + frame1) / 2, middle)
    assert error(whole, middle) < 0.15 * average
    assert error(smaller, middle) < 0.25 * average
    assert error(smaller, whole) < 0.2 * average


def test_motion_is_found_at_the_scale(trained):
    frame, _, _ = moving_pair(1, 100, 150)
    for scale, expected in ((Fraction(1), (112, 160)), (Fraction(1, 2), (64, 80))):
        assert motion_size(100, 150, scale) == expected
        features = trained.encode(frame, scale)
        assert features.pyramid.half.shape[2:] == (56, 80)
        assert features.luma.shape[2:] == tuple(side // 2 for side in expected)
        motion = trained.relate(features, features)
        for part in (motion.flow01, motion.flow10):
            assert part.shape[2:] == features.luma.shape[2:]
        for part in (motion.confidence, motion.nearness):
            assert part.shape == (2, 1, *features.luma.shape[2:])
        assert (motion.confidence > 0).all()
        assert (motion.confidence <= 1).all()
    assert motion_size(1, 1, Fraction(1, 100)) == (16, 16)


def test_the_search_can_be_of_another_size(trained):
    frame, _, _ = moving_pair(1, 96, 128)
    for search, size in ((None, (96, 128)), (Fraction(1), (96, 128)), (Fraction(1, 2), (48, 64))):
        features = trained.encode(frame, search=search)
        assert features.grey.shape == (1, *size)
        assert features.luma.shape == (1, 1, 48, 64)


@pytest.mark.parametrize(
    ("precision", "dtype", "tolerance"),
    [
        ("fp32", torch.float32, 1e-5),
        ("fp16", torch.float16, 2e-3),
        ("bf16", torch.bfloat16, 1.5e-2),
    ],
)
def test_every_precision_is_near_float32(precision, dtype, tolerance):
    """Means and the worst pixels: a 16-bit value may move a flow, and so an edge."""
    frame0, _, frame1 = moving_pair(3, 95, 130)
    expected = taught()(frame0, frame1, [0.3, 0.5])
    network = taught()
    network.prepare(precision)
    assert {parameter.dtype for parameter in network.parameters()} == {dtype}
    found = network(frame0, frame1, [0.3, 0.5])
    for one, two in zip(found, expected, strict=True):
        assert one.dtype == torch.float32
        assert error(one, two) < tolerance / 10
        torch.testing.assert_close(one, two, rtol=0, atol=tolerance)


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="expected one of fp32, bf16, fp16, found 'int8'"):
        DainLite().prepare("int8")


def test_a_time_for_each_sample(trained):
    pairs = [moving_pair(3, seed=k) for k in range(3)]
    features = [trained.encode(torch.cat([p[k] for p in pairs])) for k in (0, 2)]
    motion = trained.relate(*features)
    times = torch.tensor([0.2, 0.5, 0.85]).view(3, 1, 1, 1)
    together = trained.synthesise_at(*features, motion, times)
    for index, time in enumerate(times.flatten().tolist()):
        alone = trained.synthesise(*features, motion, time)
        for one, two in zip(together, alone[:2], strict=True):
            torch.testing.assert_close(one[index], two[index], rtol=1e-4, atol=1e-4)


def test_features_serve_both_neighbours(trained):
    """What is kept of a frame is neither changed nor tied to the pair it was used in."""
    frames = [*moving_pair(3), moving_pair(3, seed=1)[0]]
    kept = trained.encode(frames[1])
    before = [part.clone() for part in (kept.frame, *kept.pyramid, kept.luma)]
    for first, last in ((frames[0], frames[1]), (frames[1], frames[2]), (frames[1], frames[3])):
        expected = trained(first, last, [0.4]).frames[:, 0]
        pair = [kept if f is frames[1] else trained.encode(f) for f in (first, last)]
        found = trained.synthesise(*pair, trained.relate(*pair), 0.4).frame
        assert torch.equal(found, expected)
    after = (kept.frame, *kept.pyramid, kept.luma)
    assert all(torch.equal(one, two) for one, two in zip(before, after, strict=True))


def test_frames_in_channels_last(trained):
    frame0, _, frame1 = moving_pair(3, 95, 130)
    expected = trained(frame0, frame1, [0.5]).frames
    turned = [f.contiguous(memory_format=torch.channels_last) for f in (frame0, frame1)]
    found = trained(*turned, [0.5]).frames
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_another_picture_moves_alike(untrained):
    """The frames' features, with their negatives in their place."""
    frame0, _, frame1 = moving_pair(4)
    features = [untrained.encode(frame) for frame in (frame0, frame1)]
    motion = untrained.relate(*features)
    made = untrained.synthesise(*features, motion, 0.5).frame
    turned = [untrained.reframe(f, 1 - f.frame) for f in features]
    negative = untrained.synthesise(*turned, motion, 0.5).frame
    torch.testing.assert_close(negative, 1 - made, rtol=0, atol=1e-5)


def test_what_is_nearer_wins(untrained):
    """Where two pixels of a frame meet in the new one, nearness decides which is seen."""
    frame0, _, frame1 = moving_pair(2, 64, 64)
    features = [untrained.encode(frame) for frame in (frame0, frame1)]
    motion = untrained.relate(*features)
    left, right = (torch.zeros_like(motion.nearness) for _ in range(2))
    left[..., :16], right[..., 16:] = 6.0, 6.0
    flow = torch.zeros_like(motion.flow01)
    flow[:, 0, :, :16], flow[:, 0, :, 16:] = 8.0, -8.0  # both sides meet in the middle
    seen = []
    for nearness in (left, right):
        met = replace(motion, flow01=flow, flow10=-flow, nearness=nearness)
        met = replace(met, confidence=torch.ones_like(met.confidence))
        seen.append(_project(met, torch.full((1, 1, 1, 1), 0.5))[0][0, 0, :, 13:19])
    assert (seen[0] < 0).all()  # what came from the left has a way back to the left
    assert (seen[1] > 0).all()


def test_a_near_thing_covers_a_far_one(untrained):
    """A bright square crosses a dark still ground: the ground it uncovers is ground, not square."""
    ground = moving_pair(1, seed=5)[0] * 0.2
    patch = moving_pair(1, 24, 24, seed=6)[0] * 0.2 + 0.8
    frames = []
    for left in (40, 46, 52):
        frame = ground.clone()
        frame[:, :, 36:60, left : left + 24] = patch
        frames.append(frame)
    made = untrained(frames[0], frames[2], [0.5]).frames[:, 0]
    assert error(made, frames[1]) < 0.3 * error((frames[0] + frames[2]) / 2, frames[1])


def test_gradients_reach_both_frames_and_all_weights():
    with torch.enable_grad():
        network = taught().train()
        frame0, _, frame1 = (f.requires_grad_() for f in moving_pair(3, 64, 64))
        network(frame0, frame1, [0.5]).frames.square().sum().backward()
    for value in (frame0, frame1, *network.parameters()):
        assert torch.isfinite(value.grad).all()
        assert value.grad.abs().max() > 0
