"""The paper's network against numbers from the authors' own code, weights by the same recipe."""

from pathlib import Path

import numpy as np
import pytest
import torch

FIXTURE = Path(__file__).parent.parent / "fixtures" / "network.npz"
LARGER = Path(__file__).resolve().parents[3] / "shared" / "golden" / "dain_network.npz"

SMOOTH = 1e-4  # of the largest value
RARE, TYPICAL = 1e-3, 1e-5  # at the 99.5th percentile, and at the median


@pytest.fixture(scope="module", params=["small", "larger"])
def golden(request):
    path = FIXTURE if request.param == "small" else LARGER
    if not path.is_file():
        pytest.skip("no shared golden numbers beside this checkout")
    with np.load(path) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


@pytest.fixture(scope="module")
def frames(golden):
    return [golden[name].permute(2, 0, 1)[None].float() / 255 for name in ("frame0", "frame1")]


@pytest.fixture(scope="module")
def stages(golden, frames, paper_network):
    """Features of both frames, their motion, and the output at the golden times, in one go."""
    features, motions = [], []
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr(paper_network, "encode", keeping(features, paper_network.encode))
        patch.setattr(paper_network, "relate", keeping(motions, paper_network.relate))
        output = paper_network(*frames, golden["times"].tolist())
    (motion,) = motions
    return features, motion, output


def keeping(results, function):
    """The function, whose results are also put into a list."""

    def call(*arguments):
        results.append(function(*arguments))
        return results[-1]

    return call


def assert_smooth(found, expected):
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= SMOOTH * expected.abs().max()


def assert_splatted(found, expected):
    """A last bit of a flow can move a contribution to another pixel: by percentiles."""
    assert found.shape == expected.shape
    error = (found - expected).abs().flatten()
    assert error.quantile(0.995) <= RARE
    assert error.median() <= TYPICAL


def test_flow(golden, stages, paper_network):
    one, other = (features.pyramid for features in stages[0])
    with torch.inference_mode():
        found = paper_network.flow.both(one, other)
    for flow, name in zip(found, ("flow01_quarter", "flow10_quarter"), strict=True):
        assert_smooth(flow[0], golden[name])


def test_depth(golden, stages):
    found = torch.cat([features.log_depth[:, 0] for features in stages[0]])
    assert_smooth(found, golden["log_depth"])


def test_context(golden, stages):
    found = torch.cat([features.context for features in stages[0]])
    assert found.shape[1] == 196
    assert_smooth(found[:, :195].mean((2, 3)), golden["context_mean"])
    assert_smooth(found[:, :195, 40:56, 60:76], golden["context_patch"])
    assert_smooth(found[:, 195], golden["log_depth"])


@pytest.mark.parametrize("frame", [0, 1])
def test_kernels(golden, stages, frame):
    assert_smooth(getattr(stages[1], f"kernels{frame}")[0], golden[f"kernels{frame}"])


@pytest.mark.parametrize("frame", [0, 1])
def test_projected_flow(golden, stages, frame, paper_network):
    features, motion, _ = stages
    with torch.inference_mode():
        found = [
            view.flow[0]
            for t in golden["times"].tolist()
            for view in [paper_network.look(*features, motion, t)[frame]]
        ]
    assert_splatted(torch.stack(found), golden[f"projected{frame}"])


def test_frames(golden, stages):
    output = stages[2]
    assert_splatted(output.blended[0], golden["blended"])
    assert_splatted(output.frames[0], golden["synthesised"])
    assert output.frames.min() < -1  # neither clamped
    assert (output.frames[0] * 255 % 1 != 0).any()  # nor rounded
