"""How far each network sees: what makes tiles exact."""

import pytest
import torch

from dain.networks.context import ContextNetwork
from dain.networks.kernels import KernelNetwork
from dain.networks.painting import Painter, View
from dain.networks.synthesis import SynthesisNetwork
from dain.networks.tiling import Region, whole


def summing(network):
    """With equal, positive weights, in which no influence cancels another."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1 / parameter[0].numel() if parameter.ndim > 1 else 0)
    return network.double().eval()


def influence(function, channels, height, width, row, column):
    """How far up and left, down and right a pixel of the input changes the output."""
    picture = torch.ones(1, channels, height, width, dtype=torch.float64)
    bumped = picture.clone()
    bumped[:, :, row, column] += 1e6
    with torch.inference_mode():
        changed = (function(picture) != function(bumped)).any(dim=1)[0]
    rows, columns = changed.any(1).nonzero().flatten(), changed.any(0).nonzero().flatten()
    return (
        row - int(rows.min()),
        int(rows.max()) - row,
        column - int(columns.min()),
        int(columns.max()) - column,
    )


def test_context():
    network = summing(ContextNetwork())
    found = influence(lambda p: network(p, p[:, :1] * 0), 3, 60, 60, 30, 30)
    assert set(found) == {network.reach}


def test_synthesis():
    network = summing(SynthesisNetwork())
    found = influence(network, network.channels, 40, 40, 20, 20)
    assert set(found) == {network.reach}


@pytest.mark.parametrize("column", [256, 271, 287])
def test_kernels(column):
    """The largest influence over all places in a pooled pixel is within the reach, and near it."""
    network = summing(KernelNetwork())
    found = influence(lambda p: torch.cat(network(p), dim=1), 6, 32, 544, 16, column)
    assert max(found) <= network.reach
    assert max(found) > network.reach - network.multiple


def view(flow, seed):
    """A frame of whole numbers with a context of its own, looked up through ones."""
    random = torch.Generator().manual_seed(seed)
    _, _, height, width = flow.shape
    frame = torch.randint(0, 9, (1, 3, height, width), generator=random).float()
    context = torch.randint(0, 9, (1, 196, height, width), generator=random).float()
    kernels = torch.randint(1, 9, (1, 16, height, width), generator=random).float()
    return View(frame, frame[:, :1], context, flow, kernels)


@pytest.mark.parametrize("reach", [1, 9, 30, 61, 200])
@pytest.mark.parametrize("side", [5, 16, 33])
def test_a_region_sees_what_the_whole_sees(reach, side):
    """Exactly: flows of quarter pixels and whole numbers leave no room for rounding."""
    random = torch.Generator().manual_seed(reach * side)
    shape = (1, 2, 48, 64)
    flow = torch.randint(-4 * reach, 4 * reach + 1, shape, generator=random) / 4
    flow[:, :, 10:14, 10:14] = torch.nan
    flow[:, :, 40, 50] = torch.inf
    seen = view(flow, seed=1)
    painter = Painter(ContextNetwork(), SynthesisNetwork())
    everything = painter._warp(seen, whole(flow))
    for region in whole(flow).divided(side):
        for part, expected in zip(painter._warp(seen, region), everything, strict=True):
            assert torch.equal(part, region.of(expected))


def test_context_made_for_a_region_is_that_of_the_whole():
    flow = torch.randint(-20, 20, (1, 2, 70, 90), generator=torch.Generator().manual_seed(0)) / 2
    given = view(flow, seed=2)
    network = ContextNetwork().eval()
    with torch.inference_mode():
        without = View(given.frame, given.log_depth, None, flow, given.kernels)
        painter = Painter(network, SynthesisNetwork())
        _, expected = painter._warp(without, whole(flow))
        for region in (Region(0, 0, 20, 20), Region(30, 41, 52, 66), Region(60, 70, 70, 90)):
            _, found = painter._warp(without, region)
            torch.testing.assert_close(found, region.of(expected), rtol=1e-5, atol=1e-3)
