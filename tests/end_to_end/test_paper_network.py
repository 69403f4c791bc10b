"""``--model dain`` on real video, with random weights: everything but the beauty."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.end_to_end.conftest import read
from tests.support.checkpoints import save_new, save_old
from tests.support.videos import make_video, pictures

import dain as package
from dain.engine.devices import computes_in_bfloat16
from dain.errors import MemoryWarning


@pytest.fixture(scope="module")
def checkpoint(authors_checkpoint, tmp_path_factory):
    return save_old(authors_checkpoint, tmp_path_factory.mktemp("checkpoint") / "best.pth")


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path_factory.mktemp("data")))


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "clip.mp4", count=4, size=(100, 70), rate=12)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.mp4"


def test_without_weights_it_says_how_to_get_them(refuses, clip, out):
    line = refuses("interpolate", clip, "-o", out, "--factor", 2, "--model", "dain")
    assert "dain models fetch dain" in line
    assert "dain models import" in line


def test_from_the_checkpoint_to_a_video(dain, checkpoint, clip, out):
    assert dain("models", "import", checkpoint).code == 0
    assert dain("models", "verify", "dain").code == 0
    done = dain("interpolate", clip, "-o", out, "--factor", 2, "-m", "dain", "--json")
    assert done.code == 0, done.lines
    precision = "bf16" if computes_in_bfloat16() else "fp32"
    assert (done.json["model"], done.json["precision"]) == ("dain", precision)
    assert done.json["warnings"] == []
    frames = read(out)
    assert len(frames) == 8
    assert {frame.pixels.shape for frame in frames} == {(70, 100, 3)}
    tiled = out.with_name("tiled.mp4")
    arguments = ("--factor", 2, "-m", "dain", "--precision", "fp32", "--tile-size", 64)
    assert dain("interpolate", clip, "-o", tiled, *arguments).code == 0
    assert len(read(tiled)) == 8


def test_an_extra_tensor_is_a_warning_that_names_it(dain, authors_checkpoint, tmp_path):
    extra = {**authors_checkpoint, "rectifyNet.block9.weight": torch.zeros(2)}
    done = dain("models", "import", save_new(extra, tmp_path / "more.pth"), "--json")
    assert done.code == 0
    assert len(done.warnings) == 1
    assert "rectifyNet.block9.weight" in done.warnings[0]
    assert "rectifyNet.block9.weight" in done.json["warnings"][0]


@pytest.mark.parametrize("tile", [1, 63])
def test_a_tile_too_small(dain, refuses, checkpoint, clip, out, tile):
    assert dain("models", "import", checkpoint).code == 0
    line = refuses("interpolate", clip, "-o", out, "--factor", 2, "-m", "dain", "--tile-size", tile)
    assert "--tile-size must be at least 64" in line


@pytest.fixture(scope="module")
def interpolator(checkpoint):
    return package.Interpolator(model="dain", weights=checkpoint, device="cpu", precision="fp32")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_frames_of_every_type(interpolator, dtype):
    frames = [picture.astype(np.float64) / 65535 for picture in pictures(2, 70, 50, deep=True)]
    full = 1 if dtype == np.float32 else np.iinfo(dtype).max
    given = [(frame * full).astype(dtype) for frame in frames]
    made = interpolator.between(*given, [0.25, 0.5, 0.75])
    assert [(frame.dtype, frame.shape) for frame in made] == [(dtype, (50, 70, 3))] * 3


def test_alpha_moves_along(interpolator):
    opaque = [np.dstack([p, np.full(p.shape[:2], 255, np.uint8)]) for p in pictures(2, 64, 64)]
    made = interpolator.between(*opaque)[0]
    assert made.shape == (64, 64, 4)
    clear = [frame.copy() for frame in opaque]
    for frame in clear:
        frame[:, :, 3] = 0
    assert (interpolator.between(*clear)[0][:, :, 3] != made[:, :, 3]).any()


def test_features_are_kept_from_pair_to_pair(interpolator, monkeypatch):
    encoded = []
    network = interpolator._network
    monkeypatch.setattr(
        network, "encode", lambda *a, encode=network.encode: encoded.append(1) or encode(*a)
    )
    frames = pictures(4, 64, 64)
    for before, after in pairwise(frames):
        interpolator.between(before, after, [0.5])
    assert len(encoded) == 4


def test_memory_that_runs_out_is_survived(checkpoint, monkeypatch):
    """Whole frames fail, tiles of half the size do not: one message, and the same frame."""
    frames = pictures(2, 192, 128)
    whole = package.Interpolator(model="dain", weights=checkpoint, precision="fp32")
    expected = whole.between(*frames)[0]
    short = package.Interpolator(model="dain", weights=checkpoint, precision="fp32")
    monkeypatch.setattr(short._network.synthesis, "forward", refusing(short))
    with pytest.warns(MemoryWarning, match="memory ran out; going on in tiles of 96"):
        made = short.between(*frames)[0]
    assert short.tile == 96
    assert np.abs(made.astype(int) - expected).mean() < 0.1


def refusing(interpolator):
    """Synthesis, out of memory beyond 128x128 pixels."""
    synthesise = interpolator._network.synthesis.forward

    def call(inputs):
        if inputs.shape[2] * inputs.shape[3] > 128 * 128:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")
        return synthesise(inputs)

    return call


def test_weights_damaged_on_the_disk_are_not_used(
    dain, refuses, checkpoint, clip, out, data_folder
):
    done = dain("models", "import", checkpoint, "--json").json
    path = Path(done["path"])
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    line = refuses("interpolate", clip, "-o", out, "--factor", 2, "-m", "dain")
    assert "damaged" in line


def test_memory_too_small_is_told(dain, checkpoint, clip, out):
    assert dain("models", "import", checkpoint).code == 0
    done = dain(
        *("interpolate", clip, "-o", out, "--factor", 2, "-m", "dain", "--memory", "1M", "--json")
    )
    assert done.code == 0
    assert len(done.json["warnings"]) == 1
    assert "more than --memory allows" in done.json["warnings"][0]
