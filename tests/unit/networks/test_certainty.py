import pytest
import torch

from dain.networks import Dain, DainLite
from dain.networks.certainty import (
    certainty_of,
    difference_in_cells,
    doubt_of,
    expected_error,
    trust_in_motion,
)


def smooth(height=64, width=96, seed=0):
    noise = torch.rand(1, 3, height // 4, width // 4, generator=torch.Generator().manual_seed(seed))
    large = torch.nn.functional.interpolate(noise, size=(height, width), mode="bicubic")
    return large.clamp(0, 1)


def test_nothing_to_doubt_is_wholly_certain():
    flat = torch.full((1, 3, 16, 24), 0.5)
    none, full = torch.zeros(1, 1, 4, 6), torch.ones(1, 1, 4, 6)
    assert (certainty_of(flat, flat, none, full) == 1).all()


@pytest.mark.parametrize("feature", ["apart", "contrast", "change", "distrust"])
def test_each_thing_that_speaks_against_a_frame_lowers_certainty(feature):
    found = []
    for amount in (0, 0.1, 0.3):
        made = torch.full((1, 3, 16, 24), 0.5)
        blended = made - amount * (feature == "change")
        if feature == "contrast":
            made[..., ::2] += amount
            blended = made
        apart = torch.full((1, 1, 4, 6), amount * (feature == "apart") + 0.01)
        trust = torch.full((1, 1, 4, 6), 1 - amount * (feature == "distrust"))
        found.append(certainty_of(made, blended, apart, trust))
    assert (found[0] > found[1]).all()
    assert (found[1] > found[2]).all()
    assert (found[2] > 0).all()


def test_an_error_can_be_told_from_its_certainty():
    error = torch.tensor([0.0, 1, 8, 60])
    certainty = torch.tensor([1 - doubt_of(float(each)) for each in error])
    torch.testing.assert_close(expected_error(certainty), error, atol=1e-3, rtol=1e-4)


def test_cells_at_the_border_are_means_of_what_there_is():
    one, two = torch.zeros(1, 3, 5, 6), torch.zeros(1, 3, 5, 6)
    two[..., 4, 5] = 1
    found = difference_in_cells(one, two)
    assert found.shape == (1, 1, 2, 2)
    torch.testing.assert_close(found[0, 0], torch.tensor([[0, 0], [0, 0.5]]))


def test_flows_that_lead_back_to_the_same_colours_are_trusted():
    frame = smooth()
    moved = frame.roll(4, 3)
    there = torch.tensor([4.0, 0]).view(1, 2, 1, 1).expand(1, 2, 64, 96)
    halves = (-there / 2, there / 2)
    right = trust_in_motion((frame, moved), (there, -there), halves, 0.5)
    one_way = trust_in_motion((frame, moved), (there, 0 * there), halves, 0.5)
    unlike = trust_in_motion((frame, smooth(seed=1)), (there, -there), halves, 0.5)
    inside = (slice(None), slice(None), slice(2, -2), slice(3, -3))
    assert right[inside].min() > 0.85
    assert one_way[inside].max() < right[inside].min()
    assert unlike[inside].mean() < 0.6
    assert unlike.min() > 0


def occlusion():
    """A square of other texture that moves by 12 pixels over a picture that stands still."""
    frames = []
    for left in (36, 48):
        frame = smooth(96, 128)
        frame[..., 32:64, left : left + 32] = smooth(32, 32, seed=3)
        frames.append(frame)
    return frames


def test_certainty_is_lower_around_what_moves():
    network = DainLite().eval()
    with torch.no_grad():
        features = [network.encode(frame) for frame in occlusion()]
    made = network.synthesise(*features, network.relate(*features), 0.5)
    assert made.certainty.shape == (1, 1, 24, 32)
    assert not made.certainty.requires_grad
    assert 0 < made.certainty.min() <= made.certainty.max() <= 1
    assert made.certainty[..., 8:16, 9:20].mean() < made.certainty[..., 18:, 24:].mean() - 0.1


def test_the_papers_network_tells_its_certainty():
    torch.manual_seed(0)
    network = Dain().eval()
    with torch.inference_mode():
        features = [network.encode(smooth(44, 60, seed)) for seed in (0, 1)]
        made = network.synthesise(*features, network.relate(*features), 0.5)
    assert made.certainty.shape == (1, 1, 11, 15)
    assert 0 < made.certainty.min() < made.certainty.max() <= 1


def test_training_gets_what_it_got():
    """No certainty is worked out, and gradients flow through both pictures."""
    network = DainLite()
    features = [network.encode(frame) for frame in occlusion()]
    made = network.synthesise_at(
        *features, network.relate(*features), torch.full((1, 1, 1, 1), 0.5)
    )
    assert len(made) == 2
    assert all(part.requires_grad for part in made)
