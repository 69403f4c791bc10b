"""Depth-aware flow projection against numbers from the paper's own layer."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dain.ops import project_flow

FIXTURE = Path(__file__).parent.parent / "fixtures" / "projection.npz"


@pytest.mark.parametrize("backend", ["reference", "numba"])
@pytest.mark.parametrize("case", ["a", "b", "c"])
def test_projection_matches_the_paper(case, backend):
    with np.load(FIXTURE) as arrays:
        flow, weight, expected = (
            torch.from_numpy(arrays[f"projection_{case}_{name}"])
            for name in ("flow", "weight", "out")
        )
    found = project_flow(flow, weight, backend=backend).flow
    assert (found - expected).abs().max() <= 1e-5
