"""Adaptive warping and correlation against numbers from the paper's own layers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dain.ops import adaptive_warp, correlation

FIXTURE = Path(__file__).parent.parent / "fixtures" / "layers.npz"
BACKENDS = ["reference", "numba"]
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def load(case, *names):
    with np.load(FIXTURE) as arrays:
        return [torch.from_numpy(arrays[f"{case}_{name}"]) for name in names]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", ["a", "b", "c"])
def test_adaptive_warping_matches_the_paper(case, layout, backend):
    image, flow, kernel, expected = load(f"warping_{case}", "image", "flow", "kernel", "out")
    image, kernel = (tensor.contiguous(memory_format=layout) for tensor in (image, kernel))
    found = adaptive_warp(image, flow, kernel, backend=backend)
    assert (found - expected).abs().max() <= 1e-5


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", ["a", "c"])
def test_correlation_matches_the_paper(case, layout, backend):
    first, second, expected = load(f"correlation_{case}", "first", "second", "out")
    first, second = (tensor.contiguous(memory_format=layout) for tensor in (first, second))
    found = correlation(first, second, backend=backend)
    assert (found - expected).abs().max() <= 1e-5
