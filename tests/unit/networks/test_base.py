import pytest
import torch

from dain.errors import FrameError
from dain.networks import DainLite


def frame(*shape, dtype=torch.float32):
    return torch.zeros(shape or (1, 3, 8, 9), dtype=dtype)


@pytest.mark.parametrize(
    ("frame0", "frame1", "message"),
    [
        (frame(3, 8, 9), frame(3, 8, 9), r"\(B, 3, H, W\), found \(3, 8, 9\)"),
        (frame(1, 4, 8, 9), frame(1, 4, 8, 9), r"\(B, 3, H, W\)"),
        (frame(1, 3, 0, 9), frame(1, 3, 0, 9), r"\(B, 3, H, W\)"),
        (frame(), frame(1, 3, 8, 10), "one size and type"),
        (frame(), frame(dtype=torch.float64), "one size and type"),
        (frame(dtype=torch.uint8), frame(dtype=torch.uint8), "must be floating"),
    ],
)
def test_frames_that_do_not_fit_are_refused(frame0, frame1, message):
    with pytest.raises(FrameError, match=message):
        DainLite()(frame0, frame1, [0.5])


@pytest.mark.parametrize("times", [[], [0], [1.0], [0.5, -0.1], [float("nan")]])
def test_times_outside_are_refused(times):
    with pytest.raises(FrameError, match="times must lie between 0 and 1"):
        DainLite()(frame(), frame(), times)
