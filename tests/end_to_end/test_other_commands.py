"""``dain frames``, ``doctor``, ``demo`` and the Python interface."""

import json
import subprocess
import sys
from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.end_to_end.conftest import read
from tests.support.videos import make_video, pictures

import dain as package


@pytest.fixture
def pair(tmp_path):
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, image in zip(paths, pictures(2, 48, 36), strict=True):
        cv2.imwrite(str(path), image[..., ::-1])
    return paths


def test_frames_by_count(dain, pair, tmp_path):
    out = tmp_path / "between"
    outcome = dain("frames", *pair, "-o", out, "--count", 7, "--json")
    assert outcome.code == 0
    assert outcome.json["frames_out"] == 7
    assert outcome.json["times"] == [k / 8 for k in range(1, 8)]
    made = [cv2.imread(str(path)) for path in sorted(out.iterdir())]
    assert len(made) == 7
    a, b = (cv2.imread(str(path)).astype(int) for path in pair)
    nearness = [np.abs(image - a).mean() - np.abs(image - b).mean() for image in made]
    assert nearness == sorted(nearness)


def test_frames_at_times(dain, pair, tmp_path):
    out = tmp_path / "between"
    outcome = dain("frames", *pair, "-o", out, "--at", "3/4", "--at", "0.25", "--json")
    assert outcome.json["times"] == [0.25, 0.75]
    assert len(list(out.iterdir())) == 2


def test_one_frame_unless_told_otherwise(dain, pair, tmp_path):
    outcome = dain("frames", *pair, "-o", tmp_path / "between")
    assert (outcome.code, outcome.out, len(outcome.lines)) == (0, "", 1)
    assert len(list((tmp_path / "between").iterdir())) == 1


@pytest.mark.parametrize(
    "asked",
    [
        ["--count", "0"],
        ["--count", "1000000000000"],
        ["--count", "3", "--at", "0.5"],
        ["--at", "1"],
        ["--at", "0"],
        ["--at", "half"],
        ["--at", "1/0"],
    ],
    ids=" ".join,
)
def test_frames_refuses(refuses, pair, tmp_path, asked):
    assert "--" in refuses("frames", *pair, "-o", tmp_path / "between", *asked)


def test_frames_of_two_sizes(refuses, pair, tmp_path):
    cv2.imwrite(str(tmp_path / "c.png"), np.zeros((9, 9, 3), np.uint8))
    line = refuses("frames", pair[0], tmp_path / "c.png", "-o", tmp_path / "between")
    assert "48x36" in line
    assert "9x9" in line


def test_frames_of_a_missing_still(refuses, pair, tmp_path):
    assert "d.png" in refuses("frames", pair[0], tmp_path / "d.png", "-o", tmp_path / "between")


def test_the_doctor(dain, monkeypatch, tmp_path):
    monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("dain.cli.doctor_models._TRIAL_SECONDS", 0)
    outcome = dain("doctor", "--json")
    assert outcome.code == 0
    report = outcome.json
    assert set(report["checks"].values()) == {"ok"}
    assert report["dain"] == package.__version__
    assert report["cpu"]["cores"] >= 1
    assert 0 < report["available_memory_bytes"] <= report["memory_bytes"]
    assert 0 < report["free_disk_bytes"] <= report["disk_bytes"]
    assert report["encoders"]["libx264"] is report["decoders"]["h264"] is True
    lite, paper = report["models"]
    assert (lite["model"], lite["weights"], lite["error"]) == ("dain-lite", "inside", None)
    assert (paper["model"], paper["weights"], paper["error"]) == ("dain", "missing", None)
    assert paper["trial"]["random_weights"]
    for model in (lite, paper):
        assert model["largest_whole"][0] >= 640
        assert model["sizes"]["854x480"] in ("whole", "tiles", "no")
        assert model["trial"]["frames"] == 1
        assert model["trial"]["frames_per_second"] > 0
    assert paper["largest_tiled"] > paper["largest_whole"]
    assert any("dain models fetch dain" in line for line in report["advice"])


def test_the_doctor_in_a_hurry(dain):
    told = dain("doctor", "--quick")
    assert told.code == 0
    for word in ("libx264", "h264", "dain-lite", "frames up to", "check: encoding"):
        assert word in told.out
    assert "per second" not in told.out


def test_the_doctor_tells_what_fails(dain, monkeypatch):
    def broken(*arguments, **options):
        raise OSError("no such codec")

    monkeypatch.setattr("dain.media.open_writer", broken)
    monkeypatch.setattr("dain.cli.doctor_models.describe_models", lambda with_trials: [])
    outcome = dain("doctor", "--json")
    assert outcome.code == 1
    assert outcome.json["checks"]["encoding"] == "OSError: no such codec"
    assert outcome.json["checks"]["interpolation"] == "ok"
    assert "dain: error: check of encoding failed: OSError: no such codec" in outcome.lines


def test_the_demo(dain, tmp_path, monkeypatch):
    # A tenth of the real length: the same files, sooner.
    monkeypatch.setattr("dain.cli.demo_film.DURATION", Fraction(1, 4))
    monkeypatch.setattr("dain.cli.demo_film.STRIP_PAIR", 0)
    folder = tmp_path / "demo"
    outcome = dain("demo", folder, "--json")
    assert outcome.code == 0
    names = {"before.mp4", "after.mp4", "side-by-side.mp4", "comparison.png"}
    assert {path.name for path in folder.iterdir()} == names
    assert len(read(folder / "before.mp4")) == 3
    assert len(read(folder / "after.mp4")) == len(read(folder / "side-by-side.mp4")) == 15
    assert outcome.json["psnr"] > outcome.json["psnr_held"] + 3
    assert all(str(folder / name) in outcome.json.values() for name in names)
    again = dain("demo", folder)
    assert again.code == 0
    assert str(folder / "after.mp4") in again.out


def test_the_demo_in_a_folder_that_cannot_be_made(refuses, tmp_path):
    assert "cannot make the folder" in refuses("demo", tmp_path / "no" / "demo")


@pytest.mark.parametrize("asked", [["--model", "toaster"], ["--device", "toaster"]], ids=" ".join)
def test_a_demo_that_cannot_be_made_leaves_nothing(refuses, tmp_path, asked):
    assert asked[0] in refuses("demo", tmp_path / "demo", *asked)


def test_the_installed_script_answers():
    run = subprocess.run(
        [sys.executable, "-m", "dain", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == f"dain {package.__version__}\n"


def test_the_python_interface(tmp_path):
    clip = make_video(tmp_path / "in.mp4", count=5)
    events = []
    result = package.interpolate_video(
        str(clip), tmp_path / "out.mp4", fps=59.94, end="0:00.1", on_progress=events.append
    )
    assert isinstance(result, package.JobResult)
    assert result.fps == Fraction(60000, 1001)
    assert result.frames_out == 6 == len(read(tmp_path / "out.mp4"))
    assert isinstance(events[-1], package.Progress)
    json.dumps(result.warnings)


@pytest.mark.parametrize(
    "options",
    [{}, {"fps": 0}, {"fps": float("nan")}, {"fps": 60, "scale": 2}, {"factor": 2, "start": -1.5}],
    ids=str,
)
def test_the_python_interface_refuses(tmp_path, options):
    with pytest.raises(package.OptionError):
        package.interpolate_video("in.mp4", tmp_path / "out.mp4", **options)
