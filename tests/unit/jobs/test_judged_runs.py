"""Whole runs over a film of three shots, one on twos: by default, switched off, broken off."""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.films import AROUND, BAR, SIZE, on_twos, pan, texture, with_logo
from tests.support.videos import make_video
from tests.unit.jobs.test_resuming import contents, run_broken

from dain.jobs import ReportFile, run_job, segmented
from dain.media import open_reader
from dain.settings import EncodeSettings, JobSettings, JudgementSettings, TimeSettings

COUNT = 16  # frames of a shot
CUTS = [COUNT, 2 * COUNT]


def film():
    shots = [pan(texture(seed), COUNT, 3.0) for seed in (1, 2, 3)]
    return with_logo([*shots[0], *on_twos(shots[1]), *shots[2]])


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    return make_video(
        folder / "in.mkv", images=film(), size=SIZE, codec="ffv1", pixel_format="bgr0"
    )


def asked(judgement=None, **more):
    return JobSettings(
        time=TimeSettings(factor=Fraction(2)),
        encode=EncodeSettings(codec="ffv1", pix_fmt="bgr0"),
        judgement=judgement or JudgementSettings(),
        **more,
    )


def run(clip, output, settings, engine=None):
    report = output.with_suffix(".json")
    run_job(
        clip,
        output,
        settings,
        interpolator=engine or BlendEngine(),
        on_report=ReportFile(report).add,
    )
    with open_reader(output) as reader:
        made = [frame.pixels for frame in reader.frames()]
    return made, json.loads(report.read_text())


def test_a_film_is_judged_by_default(clip, tmp_path):
    source = film()
    made, told = run(clip, tmp_path / "out.mkv", asked())
    assert len(made) == 2 * len(source)
    assert [cut["frame"] for cut in told["cuts"]] == CUTS
    for cut in CUTS:
        # The time between two shots is the old one's, up to the middle, where ours is.
        assert np.array_equal(made[2 * cut - 1], source[cut - 1])
        assert np.array_equal(made[2 * cut], source[cut])
    twos = [each for each in told["cadence"] if each["pattern"] == "twos"]
    assert len(twos) == 1
    assert CUTS[0] <= twos[0]["first"] < twos[0]["last"] < CUTS[1]
    assert twos[0]["repeats"] >= COUNT // 2 - 2
    # What was a repeat lies half-way to the next drawing now.
    middle = CUTS[0] + 6
    expected = (source[middle].astype(int) + source[middle + 2]) / 2
    new = made[2 * (middle + 1)]
    far = np.abs(new - expected)
    far[AROUND] = 0
    assert far.max() <= 0.5
    assert told["overlays"]
    assert np.array_equal(new[BAR], source[middle][BAR])
    assert told["frames"]["mixed"] == 0


def test_every_judgement_has_its_switch(clip, tmp_path):
    source = film()
    made, told = run(clip, tmp_path / "out.mkv", asked(JudgementSettings.all_off()))
    assert (told["cuts"], told["fades"], told["cadence"], told["overlays"]) == (None,) * 4
    for index in range(len(source) - 1):
        assert np.array_equal(made[2 * index], source[index])
        blend = (source[index].astype(int) + source[index + 1]) / 2
        assert np.abs(made[2 * index + 1] - blend).max() <= 0.5


@pytest.mark.parametrize("at_cuts", ["hold", "blend"])
def test_what_fills_a_cut_can_be_chosen(clip, tmp_path, at_cuts):
    source, cut = film(), CUTS[0]
    judgement = JudgementSettings(at_cuts=at_cuts)
    made, told = run(clip, tmp_path / "out.mkv", asked(judgement))
    before, after = (each.astype(int) for each in (source[cut - 1], source[cut]))
    if at_cuts == "hold":
        assert np.array_equal(made[2 * cut - 1], before)
        return
    assert told["frames"]["mixed"] == 2
    mixed = made[2 * cut - 1].astype(int)
    assert (mixed >= np.minimum(before, after)).all()
    assert (mixed <= np.maximum(before, after)).all()
    # Light, not values: brighter than their mean, but where there is little between them.
    assert np.mean(mixed - (before + after) / 2) > 1


def test_keeping_times_keeps_every_frame(clip, tmp_path):
    source = film()
    settings = replace(asked(), time=TimeSettings(factor=Fraction(2), keep_timing=True))
    made, told = run(clip, tmp_path / "out.mkv", settings)
    assert told["cadence"] == []
    for index, frame in enumerate(source):
        assert np.array_equal(made[2 * index], frame)


def test_a_run_that_is_broken_off_judges_alike(clip, tmp_path, monkeypatch):
    monkeypatch.setattr(segmented, "_FRAMES", 10)
    monkeypatch.setattr(segmented, "_FEWEST_FRAMES", 10)
    _, told = run(clip, tmp_path / "whole.mkv", asked())
    broken, reports = tmp_path / "broken.mkv", []
    run_broken(clip, broken, asked(), at=(4, 3, 9, 12), on_report=reports.append)
    assert contents(broken) == contents(tmp_path / "whole.mkv")
    for found in ("cuts", "fades", "cadence", "overlays", "doubts"):
        assert json.loads(json.dumps(reports[-1][found])) == told[found]
