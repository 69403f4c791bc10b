"""The learning rate over a run."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.training.schedule import rate_at
from dain.training.settings import OptimisationSettings


def rates(**values):
    settings = OptimisationSettings(rate=0.5, **values)
    return [rate_at(step, settings) for step in range(settings.steps)]


def test_the_classic_cosine():
    found = rates(steps=101, warm_up=0, decay=1.0, final_rate=0.01)
    assert found[0] == 0.5
    assert found[50] == pytest.approx(0.5 * (0.01 + 0.99 * 0.5))
    assert found[100] == pytest.approx(0.005)


def test_warm_up_rises_in_equal_steps():
    found = rates(steps=100, warm_up=10, decay=0.5)
    assert found[:10] == pytest.approx([0.05 * k for k in range(1, 11)])


def test_the_rate_holds_before_it_falls():
    found = rates(steps=100, warm_up=10, decay=0.2)
    assert found[9:81] == pytest.approx([0.5] * 72)
    assert found[81] < 0.5
    assert found[99] == pytest.approx(0.005)


def test_no_decay_at_all():
    assert rates(steps=20, warm_up=0, decay=0.0) == pytest.approx([0.5] * 20)


def test_until_the_decay_begins_the_number_of_steps_does_not_matter():
    few, many = rates(steps=100, decay=0.3, warm_up=5), rates(steps=200, decay=0.3, warm_up=5)
    assert few[:71] == many[:71]
    assert few[72] != many[72]


@given(
    steps=st.integers(1, 300),
    warm_up=st.integers(0, 400),
    decay=st.floats(0, 1),
    final=st.floats(0, 1),
)
def test_any_schedule_rises_once_and_falls_once(steps, warm_up, decay, final):
    found = rates(steps=steps, warm_up=warm_up, decay=decay, final_rate=final)
    assert all(0 <= rate <= 0.5 and math.isfinite(rate) for rate in found)
    top = found.index(max(found))
    assert all(a <= b for a, b in pairwise(found[: top + 1]))
    assert all(a >= b * (1 - 1e-12) for a, b in pairwise(found[top:]))
