"""Runs of the engine that lays grain."""

import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.support.videos import make_video
from tests.unit.jobs.test_resuming import contents

from dain.engine import Interpolator
from dain.errors import StoppedError
from dain.jobs import StopRequest, run_job, segmented
from dain.settings import EncodeSettings, JobSettings, TimeSettings

SIDE = 144  # pixels: enough cells to find grain in
COUNT = 10


def grainy():
    """A wedge of grey that moves, under grain that is new in every frame."""
    frames = []
    for seed in range(COUNT):
        noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
        noise = cv2.GaussianBlur(noise, (0, 0), 0.7)
        grey = np.linspace(60, 190, SIDE) + seed + 6 * noise / noise.std()
        frames.append(np.rint(grey)[..., None].repeat(3, 2).astype(np.uint8))
    return frames


class Stopping:
    """An engine that asks the run to stop when it has made so many pairs."""

    def __init__(self, engine, stop, after):
        self._engine, self._stop, self._left = engine, stop, after

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def make(self, *arguments):
        self._left -= 1
        if not self._left:
            self._stop.ask()
        return self._engine.make(*arguments)


def test_a_run_that_is_broken_off_has_the_same_grain(tmp_path, monkeypatch):
    engine = Interpolator(device="cpu", precision="fp32", sharpness="auto", doubt="blend")
    monkeypatch.setattr(segmented, "_FRAMES", 6)
    monkeypatch.setattr(segmented, "_FEWEST_FRAMES", 6)
    clip = make_video(
        tmp_path / "in.mkv", images=grainy(), size=(SIDE, SIDE), codec="ffv1", pixel_format="bgr0"
    )
    settings = JobSettings(
        time=TimeSettings(factor=Fraction(2)),
        encode=EncodeSettings(codec="ffv1", pix_fmt="bgr0"),
    )
    whole, broken, reports = tmp_path / "whole.mkv", tmp_path / "broken.mkv", []
    run_job(clip, whole, settings, interpolator=engine, on_report=reports.append)
    assert any(known.detail.maps[:, 3:6].any() for known in engine._work.known)
    for after in (5, 3):
        stop = StopRequest()
        with pytest.raises(StoppedError):
            run_job(clip, broken, settings, interpolator=Stopping(engine, stop, after), stop=stop)
    engine._work.forget()
    result = run_job(clip, broken, settings, interpolator=engine, on_report=reports.append)
    assert result.frames_kept
    assert contents(broken) == contents(whole)
    assert json.dumps(reports[1]["doubts"]) == json.dumps(reports[0]["doubts"])
