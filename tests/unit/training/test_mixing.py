"""Samples of several sources in their shares."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.training.mixing import MixedSource


class Named:
    """A source that answers with its name and the number asked for."""

    def __init__(self, name):
        self.name = name

    def sample(self, index):
        return (self.name, index)


def mixed(*shares, seed=0):
    parts = [(share, Named(name)) for name, share in zip("abcdef", shares, strict=False)]
    return MixedSource(parts, seed)


def test_every_batch_has_its_shares():
    source = mixed(2, 1, 1)
    for start in range(0, 4000, 8):
        counts = Counter(source.sample(k)[0] for k in range(start, start + 8))
        assert abs(counts["a"] - 4) <= 1
        assert abs(counts["b"] - 2) <= 1
        assert abs(counts["c"] - 2) <= 1


@given(
    shares=st.lists(st.floats(0, 10), min_size=1, max_size=5).filter(lambda s: sum(s) > 0.1),
    seed=st.integers(0, 2**40),
)
def test_shares_are_kept_over_many(shares, seed):
    source = mixed(*shares, seed=seed)
    counts = Counter(source.sample(k)[0] for k in range(500))
    for name, share in zip("abcdef", shares, strict=False):
        assert counts[name] / 500 == pytest.approx(share / sum(shares), abs=0.03)
        assert share > 0 or counts[name] == 0


def test_a_sample_depends_on_seed_and_number_alone():
    one = [mixed(1, 1, seed=3).sample(k) for k in range(50)]
    two = [mixed(1, 1, seed=3).sample(k) for k in reversed(range(50))]
    assert one == two[::-1]
    assert one != [mixed(1, 1, seed=4).sample(k) for k in range(50)]
    assert [index for _, index in one] == list(range(50))
