from fractions import Fraction

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dain.engine.host_memory import available_host_memory, total_host_memory
from dain.engine.memory import (
    TILES,
    budget_on,
    choose_tile,
    is_out_of_memory,
    tiles_below,
)
from dain.networks import Dain, DainLite


class Frugal:
    """A network whose working set is the pixels that it sees at once."""

    least_tile = 64

    def working_set(self, height, width, scale, tile):
        return height * width if tile is None else tile * tile


def limit(folder, limit, current, cached=0):
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\nactive_file 7\n")


def test_a_container_s_limit_counts(tmp_path):
    limit(tmp_path, 5_000_000, 2_000_000, cached=300_000)
    assert available_host_memory(tmp_path) == 3_300_000
    assert total_host_memory(tmp_path) == 5_000_000
    limit(tmp_path, 5_000_000, 6_000_000)
    assert available_host_memory(tmp_path) == 0


@pytest.mark.parametrize("text", ["max", str(2**63), "nonsense"])
def test_no_limit_is_none(tmp_path, text, monkeypatch):
    limit(tmp_path, text, 1)
    assert available_host_memory(tmp_path) > 2**20
    assert available_host_memory(tmp_path) <= psutil.virtual_memory().total
    assert total_host_memory(tmp_path) == psutil.virtual_memory().total


def test_the_older_kind_of_container(tmp_path):
    folder = tmp_path / "memory"
    folder.mkdir()
    (folder / "memory.limit_in_bytes").write_text("1000000")
    (folder / "memory.usage_in_bytes").write_text("400000")
    (folder / "memory.stat").write_text("cache 1\ntotal_inactive_file 100000\n")
    assert available_host_memory(tmp_path) == 700_000
    assert total_host_memory(tmp_path) == 1_000_000


def test_a_budget_leaves_room_for_others():
    available = available_host_memory()
    assert 0.4 * available < budget_on(torch.device("cpu")) < 0.8 * available


@pytest.mark.parametrize(
    ("budget", "tile"),
    [(10**9, None), (1080 * 1920, None), (1080 * 1920 - 1, 1024), (512 * 512, 512), (1, 64)],
)
def test_the_largest_tile_that_fits(budget, tile):
    assert choose_tile(Frugal(), 1080, 1920, Fraction(1), budget) == tile


def test_a_network_without_tiles():
    assert choose_tile(DainLite(), 4320, 7680, Fraction(1, 4), 1) is None


@given(st.integers(1, 3000), st.sampled_from([64, 128]))
def test_tiles_below(side, least):
    tiles = tiles_below(side, least)
    assert tiles == sorted(tiles, reverse=True)
    assert all(least <= tile < side for tile in tiles)
    assert set(tiles) <= set(TILES)


@given(st.integers(1, 4320), st.integers(1, 7680), st.sampled_from([1, 2, 4]))
def test_smaller_tiles_need_no_more(height, width, divisor):
    network = PAPER
    needs = [
        network.working_set(height, width, Fraction(1, divisor), tile) for tile in (None, *TILES)
    ]
    assert needs == sorted(needs, reverse=True)


with torch.device("meta"):
    PAPER = Dain()


def test_large_frames_fit_the_promised_memory():
    """1080p in under 6 GB and 4K in under 8 GB, with 0.6 GB for the program itself."""
    for height, width, divisor, promised in ((1080, 1920, 1, 6e9), (2160, 3840, 2, 8e9)):
        for tile in (None, *TILES):
            need = PAPER.working_set(height, width, Fraction(1, divisor), tile)
            if need <= promised - 0.6e9:
                break
        else:
            pytest.fail(f"{width}x{height} needs {need / 1e9:.1f} GB in the smallest tiles")


def test_out_of_memory_is_told_from_other_failures():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    for said in (
        "DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
        "MPS backend out of memory",
        "could not create a primitive",
        "std::bad_alloc",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    ):
        assert is_out_of_memory(RuntimeError(said))
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    assert not is_out_of_memory(ValueError("out of memory"))
