import numpy as np
import pytest

from dain.training.contact_sheet import draw, flow_colours
from dain.training.samples import from_footage
from dain.training.scenes import SceneSource


def footage(height=40, width=50, level=90):
    frame = np.full((height, width, 3), level, np.uint8)
    return from_footage(frame, frame, frame, 0.5, 1)


def test_rows_hold_the_frames():
    sample = SceneSource(None, 48).sample(3)
    sheet = draw([sample, sample])
    assert sheet.dtype == np.uint8
    assert sheet.ndim == 3
    assert sheet.shape[2] == 3
    for frame in (sample.first, sample.truth, sample.last):
        windows = np.lib.stride_tricks.sliding_window_view(sheet, frame.shape)
        found = (windows[..., ::8, ::8, :] == frame[::8, ::8]).all((-1, -2, -3)).sum()
        assert found >= 2


def test_a_row_more_makes_it_higher_only():
    one, two = draw([footage()]), draw([footage(), footage()])
    assert two.shape[1] == one.shape[1]
    assert two.shape[0] > one.shape[0] + 40


def test_samples_of_different_sizes_and_unknowns():
    sheet = draw([footage(40, 50), footage(24, 120), SceneSource(None, 32).sample(0)])
    assert sheet.shape[1] > 7 * 120


def test_nothing_to_draw():
    with pytest.raises(ValueError, match="at least one"):
        draw([])


def test_colours_of_flow():
    flow = np.zeros((2, 3, 2), np.float32)
    flow[0, 0] = (4, 0)
    flow[0, 1] = (-4, 0)
    flow[0, 2] = (2, 0)
    flow[1, 0] = np.nan
    colours = flow_colours(flow)
    assert colours[1, 1].tolist() == [255, 255, 255]  # still
    assert colours[0, 0].tolist() == [255, 0, 0]
    assert colours[0, 1].tolist() == [0, 255, 255]
    assert colours[0, 2].tolist() == [255, 128, 128]
    assert len(set(colours[1, 0].tolist())) == 1  # grey
    assert colours[1, 0, 0] != 255
    assert flow_colours(flow, longest=8.0)[0, 0].tolist() == [255, 128, 128]
