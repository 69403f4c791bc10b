"""A whole evaluation, with stand-ins for the networks."""

from pathlib import Path

import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import make_video

from dain.errors import OptionError
from dain.evaluation import ClipSamples, comparison, find_samples, run_evaluation
from dain.settings import EngineSettings


@pytest.fixture
def engines(monkeypatch):
    """Networks that blend; which were asked for, in order."""
    asked = []

    def build(engine):
        asked.append((engine.precision, engine.model, engine.weights))
        return BlendEngine()

    monkeypatch.setattr(comparison, "make_interpolator", build)
    return asked


@pytest.fixture
def samples(write, tmp_path):
    for name in ("a", "b"):
        for k in (1, 2, 3):
            write(f"t/{name}/im{k}.png", k)
    return find_samples("triplets", tmp_path / "t")


def test_the_model_and_its_weights(engines, samples):
    settings = EngineSettings(model="dain", precision="fp32", weights=Path("w.pth"))
    done = run_evaluation(samples, settings, worst=1)
    assert engines == [("fp32", "dain", Path("w.pth"))]
    assert (done.model, done.device, done.precision) == ("blend", "cpu", "fp32")
    assert done.weights == Path("w.pth")
    assert done.baseline is None
    assert [exhibit.score.name for exhibit in done.exhibits] == ["a"]


def test_what_it_is_compared_with(engines, samples, tmp_path):
    weights = tmp_path / "other.safetensors"
    weights.touch()
    settings = EngineSettings()
    for against, name, expected in (
        ("average", "average", []),
        ("dain", "dain", [("auto", "dain", None)]),
        (str(weights), "other.safetensors", [("auto", "dain-lite", weights)]),
    ):
        engines.clear()
        done = run_evaluation(samples, settings, against=against)
        assert engines == [("auto", "dain-lite", None), *expected]
        assert done.baseline.name == name
        ours, theirs = done.report.scores, done.baseline.report.scores
        assert [score.psnr for score in ours] == [score.psnr for score in theirs]
        assert done.baseline.of(ours[1]) is theirs[1]
        assert done.exhibits == []


def test_an_unknown_opponent_is_refused_before_the_work(engines, samples):
    events = []
    with pytest.raises(OptionError, match="found 'nonesuch'"):
        run_evaluation(samples, EngineSettings(), against="nonesuch", on_progress=events.append)
    assert [event.stage for event in events] == ["loading"]


def test_progress_counts_the_frames_of_both(engines, samples, tmp_path):
    for given, count in ((samples, 2), (ClipSamples(make_video(tmp_path / "a.mp4", count=7)), 3)):
        events = []
        run_evaluation(given, EngineSettings(), against="average", on_progress=events.append)
        assert [event.done for event in events] == list(range(2 * count + 1))
        assert {event.total for event in events[1:]} == {2 * count}
