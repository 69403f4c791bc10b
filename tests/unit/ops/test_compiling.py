import numba
import numpy as np
import pytest
import torch

from dain.ops.compiling import kernel, spread


@pytest.fixture(autouse=True)
def several_threads():
    """One of several test processes may be given a single thread, which spreads nothing."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def double(values, out):
    for k in range(len(values)):
        out[k] = 2 * values[k]


@pytest.mark.parametrize("error", [OSError(28, "No space left"), RuntimeError("no locator")])
def test_a_kernel_runs_where_its_code_cannot_be_kept(monkeypatch, error):
    compiled = []
    real = numba.njit

    def refuse_to_cache(*functions, cache=None, **options):
        if cache is not None:  # numba calls it itself, too
            compiled.append(cache)
        if cache:
            raise error
        return real(*functions, **options)

    monkeypatch.setattr(numba, "njit", refuse_to_cache)
    doubled = kernel(double)
    for _ in range(2):
        out = np.zeros(3)
        doubled(np.arange(3.0), out)
        assert out.tolist() == [0, 2, 4]
    assert compiled == [True, False]


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("least", [1, 10, 1000])
def test_spread_covers_the_range_once(count, least):
    seen = np.zeros(count, int)

    def work(start, stop):
        seen[start:stop] += 1

    spread(work, count, least)
    assert (seen == 1).all()


def test_spread_tells_of_a_failure():
    def work(start, stop):
        if start:
            raise ValueError("in the second slice")

    with pytest.raises(ValueError, match="second slice"):
        spread(work, 2)
