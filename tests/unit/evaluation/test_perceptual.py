"""LPIPS, with a stand-in for the library, which is an extra and fetches weights."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from dain.errors import OptionError, RunError
from dain.evaluation.perceptual import Perceptual


class StandIn(torch.nn.Module):
    """Mean difference, after checking that it is given what the library documents."""

    def __init__(self, net, verbose):
        super().__init__()
        assert (net, verbose) == ("alex", False)

    def forward(self, made, true):
        for tensor in (made, true):
            assert tensor.shape == (1, 3, 20, 30)
            assert tensor.dtype == torch.float32
            assert tensor.min() >= -1
            assert tensor.max() <= 1
        return (made - true).abs().mean().reshape(1, 1, 1, 1)


@pytest.fixture
def library(monkeypatch):
    module = ModuleType("lpips")
    module.LPIPS = StandIn
    monkeypatch.setitem(sys.modules, "lpips", module)
    return module


def test_pictures_are_given_as_the_library_takes_them(library):
    black, white = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 255, np.uint8)
    measure = Perceptual()
    assert measure(black, black) == 0
    assert measure(black, white) == pytest.approx(2)
    assert measure(white[:, ::-1], white) == 0  # a view torch could not take as it is


def test_a_missing_library_is_told_in_a_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(OptionError, match=r"pip install 'dain\[lpips\]'"):
        Perceptual()


@pytest.mark.parametrize("fault", [OSError("no route"), RuntimeError("hash differs")])
def test_weights_that_cannot_be_fetched_are_told(library, fault):
    def fail(**options):
        raise fault

    library.LPIPS = fail
    with pytest.raises(RunError, match=f"LPIPS could not be set up: {fault}"):
        Perceptual()


def test_warnings_of_the_library_stay_away(library):
    import warnings

    class Warns(StandIn):
        def __init__(self, **options):
            warnings.warn("pretrained is deprecated", UserWarning, stacklevel=2)
            super().__init__(**options)

    library.LPIPS = Warns
    assert Perceptual()  # a warning would be an error here
