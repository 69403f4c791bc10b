"""The moving average of weights."""

import torch
from tests.support.runs import TinyNetwork
from torch import nn

from dain.training.averaging import AveragedNetwork


def test_the_average_follows_its_formula():
    network = nn.Linear(2, 1)
    averaged = AveragedNetwork(network, decay=0.9)
    expected = network.weight.detach().clone()
    for step in range(120):
        with torch.no_grad():
            network.weight += torch.rand(1, 2)
        averaged.update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network.weight.detach()
    torch.testing.assert_close(averaged.network.weight, nn.Parameter(expected))


def test_it_keeps_its_own_numbers_and_mode():
    network = TinyNetwork().train()
    averaged = AveragedNetwork(network, decay=0.5)
    before = averaged.network.mix.weight.clone()
    with torch.no_grad():
        network.mix.weight.zero_()
    assert torch.equal(averaged.network.mix.weight, before)
    assert network.training
    assert not averaged.network.training
    assert not any(weight.requires_grad for weight in averaged.network.parameters())


def test_buffers_are_copied():
    network = TinyNetwork()
    averaged = AveragedNetwork(network, decay=0.5)
    network.runs += 7
    averaged.update(0)
    assert averaged.network.runs == 7


def test_layout_and_type_are_the_networks():
    network = TinyNetwork().to(memory_format=torch.channels_last)
    averaged = AveragedNetwork(network, decay=0.5)
    averaged.update(0)
    assert averaged.network.mix.weight.stride() == network.mix.weight.stride()


def test_still_weights_stay():
    network = TinyNetwork()
    averaged = AveragedNetwork(network, decay=0.999)
    for step in range(5):
        averaged.update(step)
    torch.testing.assert_close(averaged.network.mix.weight.data, network.mix.weight.data)
