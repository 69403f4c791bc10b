"""What happens when memory runs out: the allocator's failures are played by a network."""

import warnings
from fractions import Fraction

import pytest
import torch

from dain.engine.fitting import MemoryFit
from dain.errors import MemoryWarning, OptionError, RunError

CPU = torch.device("cpu")


class Hungry:
    """Runs out of memory unless its tiles are at most `limit`, and its arithmetic as told."""

    least_tile = 64
    precisions = ("fp32", "bf16", "fp16")
    tile = None

    def __init__(self, limit, precision=None):
        self.limit = limit
        self.needed = precision
        self.precision = None
        self.runs = 0

    def prepare(self, precision):
        self.precision = precision

    def working_set(self, height, width, scale, tile):
        return 0  # predicts nothing

    def work(self):
        self.runs += 1
        fits = self.tile is not None and self.tile <= self.limit
        if not fits or (self.needed is not None and self.precision != self.needed):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ...")
        return "done"


def make(network, tile_size="auto", memory=None, size=(1080, 1920), channels=3):
    fit = MemoryFit(network, CPU, "fp32", tile_size, memory)
    fit.fit((*size, channels), Fraction(1))
    return fit


def test_smaller_tiles_with_one_message():
    network, forgotten = Hungry(limit=256), []
    fit = make(network)
    with pytest.warns(MemoryWarning, match="in tiles of 192 pixels, in fp32") as caught:
        assert fit.run(network.work, lambda: forgotten.append(1)) == "done"
    assert len(caught) == 1
    assert network.tile == 192  # 1920 -> 768 -> 384 -> 192
    assert len(forgotten) == network.runs - 1 == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fit.run(network.work, list) == "done"  # and no more from then on


def test_then_less_precision():
    network = Hungry(limit=2048, precision="bf16")
    fit = make(network)
    with pytest.warns(MemoryWarning, match="in tiles of 64 pixels, in bf16"):
        fit.run(network.work, lambda: None)
    assert fit.precision == network.precision == "bf16"


def test_then_the_end():
    network = Hungry(limit=0)
    fit = make(network)
    with pytest.raises(RunError, match="out of memory in tiles of 64 pixels, in bf16; close"):
        fit.run(network.work, lambda: None)


def test_a_network_without_tiles_has_nothing_to_give():
    network = Hungry(limit=0)
    network.least_tile = None
    fit = make(network)
    with pytest.raises(RunError, match="out of memory with whole frames"):
        fit.run(network.work, lambda: None)
    assert network.runs == 1


def test_other_failures_are_passed_on():
    fit = make(Hungry(limit=0))

    def work():
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        fit.run(work, lambda: None)


def test_what_failed_is_let_go_of():
    """The failed work's frame, and with it its tensors, is gone when it is tried again."""

    class Watched:
        alive = 0

        def __init__(self):
            Watched.alive += 1

        def __del__(self):
            Watched.alive -= 1

    network = Hungry(limit=512)
    seen = []

    def work():
        seen.append(Watched.alive)
        held = Watched()
        try:
            return network.work()
        finally:
            assert held

    with pytest.warns(MemoryWarning):
        make(network).run(work, lambda: None)
    assert len(seen) > 1
    assert set(seen) == {0}


def test_a_lesson_is_kept_for_other_sizes():
    network = Hungry(limit=256)
    fit = make(network)
    with pytest.warns(MemoryWarning):
        fit.run(network.work, lambda: None)
    fit.fit((1440, 2560, 3), Fraction(1))
    assert network.tile == 192


def test_a_given_tile_is_taken():
    network = Hungry(limit=0)
    fit = make(network, tile_size=300)
    assert network.tile == 300
    forgotten = []
    fit.fit((1080, 1920, 3), Fraction(1), lambda: forgotten.append(1))
    assert not forgotten  # the same size
    fit.fit((200, 300, 3), Fraction(1), lambda: forgotten.append(1))
    assert forgotten == [1]
    assert network.tile is None  # one tile is the whole frame


def test_a_tile_too_small_is_refused():
    with pytest.raises(OptionError, match="--tile-size must be at least 64 for this model"):
        MemoryFit(Hungry(0), CPU, "fp32", 63, None)


def test_a_model_without_tiles_takes_any():
    network = Hungry(limit=0)
    network.least_tile = None
    make(network, tile_size=10)
    assert network.tile is None


def test_memory_as_given_decides():
    class Counted(Hungry):
        def working_set(self, height, width, scale, tile):
            return 10**9 if tile is None else tile * 1000

    network = Counted(limit=0)
    make(network, memory=400_000)
    assert network.tile == 384
    make(network, memory=10**9)
    assert network.tile is None
    make(network, memory=10**9, channels=4)  # alpha has features of its own
    assert network.tile == 1536


def test_memory_that_cannot_be_enough_is_told():
    class Large(Hungry):
        def working_set(self, height, width, scale, tile):
            return 3 * 2**30

    with pytest.warns(MemoryWarning, match="frames of 1920x1080 need about 3.0 GiB, more than"):
        make(Large(limit=0), memory=10**6)
