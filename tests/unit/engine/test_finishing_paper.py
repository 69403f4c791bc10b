"""Sharpness and doubt over the paper's network, of random weights."""

import numpy as np
import torch
from tests.support.videos import pictures

from dain.engine import Interpolator, interpolator
from dain.networks import Dain


def test_tiles_are_finished_as_whole_frames_are(monkeypatch):
    torch.manual_seed(0)
    network = Dain().eval()
    monkeypatch.setattr(interpolator, "load_network", lambda *_: network)
    frames = pictures(2, 72, 45)
    finish = {"precision": "fp32", "sharpness": "even", "doubt": "blend"}
    whole, tiled = (
        Interpolator("dain", "cpu", tile_size=tile, **finish).make(*frames, [0.4])[0]
        for tile in ("auto", 64)
    )
    assert whole.pixels.shape == (45, 72, 3)
    assert whole.pixels.dtype == np.uint8
    assert whole.certainty.shape == (12, 18)
    assert 0 < whole.certainty.min() < whole.certainty.max() <= 1
    assert np.abs(whole.pixels.astype(int) - tiled.pixels).max() <= 1
    np.testing.assert_allclose(whole.certainty, tiled.certainty, atol=0.02)
    assert abs(whole.fallen_back - tiled.fallen_back) < 0.01
