import itertools
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from dain.networks import DainLite
from dain.networks.lite import LiteMotion
from dain.training import losses
from dain.training.losses import training_loss
from dain.training.samples import Sample, collate, from_footage

SIDE = 64


def picture(seed, side=SIDE):
    noise = np.random.default_rng(seed).random((side, side, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.rint(255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)


def scene(shift=4, seed=0, side=SIDE):
    """A texture that moves to the right by `shift` pixels; its left half is nearer."""
    wide = picture(seed, side + shift)
    frames = [wide[:side, k : k + side] for k in (shift, shift // 2, 0)]
    flow = np.zeros((side, side, 2), np.float32)
    flow[..., 0] = shift
    nearness = np.zeros((side, side), np.float32)
    nearness[:, : side // 2] = 0.5
    seen = np.ones((side, side), np.float32)
    return Sample(*frames, 0.5, flow, -flow, nearness, nearness, seen, seen, 0)


def footage(seed=1, kind=1):
    known = scene(2, seed)
    return from_footage(known.first, known.truth, known.last, 0.5, kind)


def motion_of(flow01, flow10, nearness=None):
    """A motion at half size, as the network finds it."""
    size = (2 * len(flow01), 1, *flow01.shape[2:])
    nearness = torch.zeros(size) if nearness is None else nearness
    return LiteMotion(flow01, flow10, torch.ones(size), nearness)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return DainLite()


@pytest.fixture
def started(network):
    """A network whose last layers are no longer zero."""
    torch.manual_seed(1)
    for head in (network.motion_refiner.head, network.frame_refiner.head):
        torch.nn.init.normal_(head.weight, std=0.01)
    return network


def gradients(network, batch):
    network.zero_grad()
    torch.manual_seed(2)
    result = training_loss(network, batch)
    result.total.backward()
    return result, {name: value.grad for name, value in network.named_parameters()}


def test_a_mixed_batch_is_finite_with_a_gradient(started):
    batch = collate([scene(), footage(), footage(2, kind=2)])
    result, found = gradients(started, batch)
    assert set(result.parts) == {"frame", "blended", "flow", "nearness", "psnr"}
    for part in (result.total, *result.parts.values()):
        assert part.shape == ()
        assert torch.isfinite(part)
    assert not any(part.requires_grad for part in result.parts.values())
    for name, grad in found.items():
        assert grad is not None, name
        assert torch.isfinite(grad).all(), name
        assert grad.abs().max() > 0, name


def test_learning_begins_although_the_last_layers_are_zero(network):
    """After a step of each the gradient reaches every parameter."""
    batch = collate([scene(), footage()])
    _, first = gradients(network, batch)
    heads = {name for name, grad in first.items() if grad is not None and grad.abs().max() > 0}
    assert {"motion_refiner.head.weight", "frame_refiner.head.weight"} <= heads
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-3)
    optimiser.step()
    _, second = gradients(network, batch)
    for name, grad in second.items():
        assert grad is not None, name
        assert torch.isfinite(grad).all(), name
        assert grad.abs().max() > 0, name


@pytest.mark.parametrize("seed", range(4))
def test_footage_alone(started, seed):
    """Nothing is known of flow and nearness; whether search is coarse or not."""
    torch.manual_seed(seed)
    result = training_loss(started, collate([footage(1), footage(2, kind=2)]))
    assert result.parts["flow"] == 0
    assert result.parts["nearness"] == 0
    result.total.backward()
    for name, value in started.named_parameters():
        if value.grad is not None:
            assert torch.isfinite(value.grad).all(), name


@pytest.mark.parametrize("last", [footage(), scene(2, 5)], ids=["footage", "scene"])
def test_a_batch_costs_what_its_parts_do(started, last):
    """However it is dealt out to devices, known and unknown together or apart."""

    def parts(*samples):
        torch.manual_seed(0)
        return training_loss(started, collate(samples)).parts

    samples = (scene(), footage(2), footage(3), last)
    whole, halves = parts(*samples), (parts(*samples[:2]), parts(*samples[2:]))
    assert whole["flow"] > 0
    for name, value in whole.items():
        mean = (halves[0][name] + halves[1][name]) / 2
        torch.testing.assert_close(value, mean, rtol=1e-4, atol=1e-6)


def test_a_better_frame_costs_less():
    truth = collate([scene()]).truth
    costs = [losses._frame_penalty(truth + error, truth) for error in (0.0, 0.01, 0.1, -0.2)]
    assert all(less < more for less, more in itertools.pairwise(costs))


def test_quiet_samples_do_not_drown_among_wild_ones():
    """Halving a sample's error is worth something, though its error be a quarter of another's."""
    truth = collate([scene()]).truth

    def gain(error):
        one, two = (losses._frame_penalty(truth + e, truth) for e in (error, error / 2))
        return float(one - two)

    assert 0.4 < gain(0.1) / gain(0.4) < 1


def test_a_perfect_prediction_lowers_the_loss(started):
    """The same batch, but for the truth: what the network makes, or something else."""
    batch = collate([scene(), footage()])
    with torch.no_grad():
        torch.manual_seed(0)
        made = started(batch.first, batch.last, [0.5]).frames[:, 0]
        torch.manual_seed(0)
        far = training_loss(started, batch)
        torch.manual_seed(0)
        near = training_loss(started, replace(batch, truth=made))
    assert near.total < far.total
    assert near.parts["psnr"] > far.parts["psnr"] + 3


def test_flow_is_judged_in_pixels_of_its_own_size():
    """At half the size the true flow is half as long."""
    batch = collate([scene(shift=8)])
    right = torch.tensor([4.0, 0.0]).view(1, 2, 1, 1).expand(1, 2, SIDE // 2, SIDE // 2)
    exact = losses._flow_penalty(motion_of(right, -right), batch)
    full = losses._flow_penalty(motion_of(2 * right, -2 * right), batch)
    wrong_way = losses._flow_penalty(motion_of(-right, right), batch)
    assert exact < 0.011
    for found, distance in ((full, 4.0), (wrong_way, 8.0)):
        assert distance - 0.3 < found < distance


def test_unknown_flow_is_not_judged():
    batch = collate([scene(shift=8)])
    for flow in (batch.flow01, batch.flow10):
        flow[:, :, : SIDE // 2] = float("nan")
    half = torch.zeros(1, 2, SIDE // 2, SIDE // 2)
    half[:, 0, SIDE // 4 :] = 4.0
    exact = losses._flow_penalty(motion_of(half, -half), batch)
    assert exact < 0.011
    half = half.requires_grad_()
    losses._flow_penalty(motion_of(half + 1, -half), batch).backward()
    assert torch.isfinite(half.grad).all()
    assert half.grad[:, :, : SIDE // 4].abs().max() == 0
    assert half.grad[:, :, SIDE // 4 :].abs().min() > 0


def nearness_penalty(batch, nearness):
    flow = torch.zeros(1, 2, SIDE // 2, SIDE // 2)
    return losses._nearness_penalty(motion_of(flow, flow, nearness), batch)


def test_the_right_order_costs_less():
    batch = collate([scene()])
    left = torch.zeros(2, 1, SIDE // 2, SIDE // 2)
    left[..., : SIDE // 4] = 1.0
    right, none, wrong = (nearness_penalty(batch, k * left) for k in (1.0, 0.0, -1.0))
    assert right < none < wrong
    torch.testing.assert_close(none, torch.tensor(2.0).log())
    assert nearness_penalty(batch, 6 * left) < 0.01
    # Only the order counts, not by how much it is.
    scaled = replace(batch, nearness0=9 * batch.nearness0, nearness1=0.2 * batch.nearness1)
    torch.testing.assert_close(nearness_penalty(scaled, left), right)


def test_each_frame_has_an_order_of_its_own():
    batch = collate([scene()])
    batch = replace(batch, nearness1=-batch.nearness1)
    left = torch.zeros(1, 1, SIDE // 2, SIDE // 2)
    left[..., : SIDE // 4] = 6.0
    assert nearness_penalty(batch, torch.cat([left, -left])) < 0.01
    assert nearness_penalty(batch, torch.cat([-left, left])) > 1


def test_the_gradient_pulls_apart_what_is_apart():
    batch = collate([scene()])
    nearness = torch.zeros(2, 1, SIDE // 2, SIDE // 2, requires_grad=True)
    nearness_penalty(batch, nearness).backward()
    border = SIDE // 4
    assert (nearness.grad[..., border - 1] < 0).all()  # the left is to come nearer
    assert (nearness.grad[..., border] > 0).all()


def test_equal_nearness_has_no_order():
    batch = collate([scene()])
    level = torch.full_like(batch.nearness0, 0.3)
    flat = replace(batch, nearness0=level, nearness1=level)
    random = torch.randn(2, 1, SIDE // 2, SIDE // 2)
    assert nearness_penalty(flat, random) == 0


def test_a_few_steps_make_it_less(network):
    """On one batch, whose new frames are darker than those beside them."""
    batch = collate([scene(6, seed=3), footage(4)])
    batch = replace(batch, truth=0.8 * batch.truth)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    history = []
    for _ in range(12):
        result, _ = gradients(network, batch)
        history.append(float(result.total.detach()))
        optimiser.step()
    assert history[-1] < history[0] - 0.5
