"""Curves of a run."""

import cv2
import pytest

from dain.errors import MediaError, OutputError
from dain.training.plotting import plot, write_plot
from dain.training.run_log import RunLog


@pytest.fixture
def run(tmp_path):
    log = RunLog(tmp_path)
    log.write("start", 0, {})
    for step in (0, 20):
        for folder in ("some/moving", "some/still"):
            values = {"folder": folder, "psnr": 20.0 + step, "ssim": 0.9, "mae": 3.0}
            log.write("validation", step, values)
    for step in (10, 20):
        parts = {"frame": 1.0 / step, "flow": float("nan") if step == 10 else 2.0}
        values = {"loss": 2.0 / step, "parts": parts, "gradient_norm": 1.0, "rate": 1e-4}
        log.write("steps", step, {**values, "samples_per_second": 8.0})
    return tmp_path


def curves(figure, title):
    [axes] = [axes for axes in figure.axes if axes.get_title() == title]
    return {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in axes.lines}


def test_every_number_has_its_curve(run):
    figure = plot(run)
    assert list(curves(figure, "loss").values()) == [[(10, 0.2), (20, 0.1)]]
    assert list(curves(figure, "training: frame").values()) == [[(10, 0.1), (20, 0.05)]]
    assert list(curves(figure, "training: flow").values()) == [[(20, 2.0)]]
    assert curves(figure, "validation: PSNR in dB") == {
        "moving": [(0, 20.0), (20, 40.0)],
        "still": [(0, 20.0), (20, 40.0)],
    }


def test_a_picture_is_written(run, tmp_path):
    write_plot(run, tmp_path / "curves.png")
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture.shape[0] > 600
    assert picture.shape[1] > 1000
    assert len({tuple(colour) for colour in picture.reshape(-1, 3)[::7]}) > 20


def test_what_cannot_be_drawn_is_told(run, tmp_path):
    with pytest.raises(OutputError, match="expected a name of a picture"):
        write_plot(run, tmp_path / "curves.docx")
    with pytest.raises(OutputError, match="expected a name of a picture"):
        write_plot(run, tmp_path / "curves")
    (tmp_path / "log.jsonl").write_text('{"kind": "start", "step": 0}\n')
    with pytest.raises(MediaError, match="has no steps yet"):
        plot(run)
    (tmp_path / "log.jsonl").unlink()
    with pytest.raises(MediaError, match="expected a run"):
        plot(run)
