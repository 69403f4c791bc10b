"""``dain train`` as a person uses it: the real network, on scenes of noise."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest
import torch
from tests.support.runs import write_triplets

from dain.cli.main import main
from dain.training.checkpoints import CheckpointFolder
from dain.training.run_log import read_log

SMALL = ("--crop", 32, "--batch", 2, "--workers", 0, "--log-steps", 2, "--device", "cpu")


@pytest.fixture
def triplets(tmp_path):
    return write_triplets(tmp_path / "set", 2)


@pytest.fixture(scope="module")
def made_run(tmp_path_factory):
    """Not to be changed: a run of four steps."""
    home = tmp_path_factory.mktemp("made")
    asked = ("--steps", 4, "--validate", write_triplets(home / "set", 2))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main([str(word) for word in ("train", "-o", home / "run", *SMALL, *asked)])
    assert (code, out.getvalue()) == (0, "")
    return home / "run"


@pytest.fixture
def run(made_run, tmp_path):
    """A copy of the run."""
    return Path(shutil.copytree(made_run, tmp_path / "run"))


def test_a_run_is_logged_plotted_and_exported(dain, run, tmp_path):
    kinds = [(line["kind"], line["step"]) for line in read_log(run)]
    assert kinds == [
        ("start", 0),
        ("validation", 0),
        ("steps", 2),
        ("steps", 4),
        ("validation", 4),
    ]
    assert json.loads((run / "settings.json").read_text())["data"]["crop"] == 32

    assert dain("train", "plot", run).code == 0
    assert dain("train", "plot", run).code == 0, "its own picture is drawn anew"
    assert cv2.imread(str(run / "curves.png")) is not None

    weights = tmp_path / "weights.safetensors"
    outcome = dain("train", "export", run, "-o", weights, "--checkpoint", "last", "--half")
    assert outcome.code == 0
    assert "weights after 4 steps, set " in outcome.lines[0]
    assert weights.stat().st_size > 100_000

    again = tmp_path / "again"
    outcome = dain("train", "-o", again, *SMALL, "--steps", 1, "--from-weights", weights)
    assert outcome.code == 0
    assert outcome.warnings == []
    begun = CheckpointFolder(run).load_last().average
    on = CheckpointFolder(again).load_last().network
    for name, weight in begun.items():
        torch.testing.assert_close(on[name], weight, atol=2e-3, rtol=2e-3)


def test_going_on(dain, run):
    outcome = dain("train", "--resume", run, "--device", "cpu", "--steps", 6)
    assert outcome.code == 0
    assert len(outcome.warnings) == 1
    assert "the learning rate goes from" in outcome.warnings[0]
    assert CheckpointFolder(run).load_last().step == 6
    assert dain("train", "--resume", run, "--quiet").lines == []


def test_refusals(refuses, run, tmp_path):
    fresh = tmp_path / "fresh"
    assert "exactly one of --output and --resume, found neither" in refuses("train")
    assert "exactly one of --output and --resume, found both" in refuses(
        "train", "-o", fresh, "--resume", run
    )
    assert "--from-weights is for the beginning" in refuses(
        "train", "--resume", run, "--from-weights", "w"
    )
    assert "--resume" in refuses("train", "-o", run)
    assert "--batch: this run was begun with 2, found 8" in refuses(
        "train", "--resume", run, "--batch", 8
    )
    assert "--minutes must be above 0" in refuses("train", "-o", fresh, "--minutes", 0)
    assert "--precision must be one of" in refuses("train", "-o", fresh, "--precision", "fp16")
    assert "--model must be one of" in refuses("train", "-o", fresh, "-m", "other")
    assert "--model must be dain-lite to be trained" in refuses("train", "-o", fresh, "-m", "dain")
    assert "--batch must be a multiple of --devices, found 4 and 3" in refuses(
        "train", "-o", fresh, "--devices", 3, "--device", "cpu"
    )
    assert "--devices must be a whole number" in refuses("train", "-o", fresh, "--devices", 0)
    assert "expected a folder of textures" in refuses("train", "-o", fresh, "--textures", fresh)
    assert "No such command" in refuses("train", "paint")
    assert "expected a run of dain train" in refuses("train", "plot", fresh)
    assert "expected checkpoints" in refuses(
        "train", "export", fresh, "-o", "w", "--checkpoint", "last"
    )
    assert "--count from 1" in refuses("train", "preview", "-o", "a.png", "--count", 0)
    assert "a name of a picture" in refuses("train", "preview", "-o", tmp_path / "a.doc")
    (tmp_path / "mine.png").write_bytes(b"mine")
    for command in (("preview", "--count", 1, "--crop", 32), ("plot", run)):
        told = refuses("train", *command, "-o", tmp_path / "mine.png")
        assert "give --overwrite" in told
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "holiday.mp4").write_bytes(b"")
    assert "--withheld must be the name of a clip" in refuses(
        "train", "-o", fresh, "--clips", tmp_path / "clips", "--withheld", "holyday"
    )


def test_preview(dain, tmp_path):
    sheet = tmp_path / "sheet.png"
    outcome = dain("train", "preview", "-o", sheet, "--count", 2, "--crop", 64)
    assert outcome.code == 0
    height, width, _ = cv2.imread(str(sheet)).shape
    assert height > 2 * 64
    assert width > 3 * 64


def start(*arguments):
    """A process of its own, with its own group."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "dain", "train", *map(str, arguments)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="has no groups to signal")
def test_ctrl_c_saves_the_run(dain, tmp_path):
    folder = tmp_path / "run"
    process = start("-o", folder, *SMALL[:4], "--workers", 1, "--log-steps", 1, "--device", "cpu")
    deadline = time.monotonic() + 200
    log = folder / "log.jsonl"
    while not (log.exists() and '"steps"' in log.read_text().replace('"steps":', "")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    last = told.splitlines()[-1]
    step = CheckpointFolder(folder).load_last().step
    assert step >= 1
    assert last == (
        f"dain: error: stopped after step {step}, which is saved; "
        f"go on with: dain train --resume {folder}"
    )
    on = dain("train", "--resume", folder, "--steps", step + 1, "--workers", 0, "--device", "cpu")
    assert on.code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="processes of CPUs talk by gloo")
def test_two_devices(tmp_path, triplets):
    common = (*SMALL, "--steps", 4, "--warm-up", 0, "--validate", triplets)
    process = start("-o", tmp_path / "run", *common, "--devices", 2)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 0, told
    assert told.count("complete: 4 steps") == 1
    assert "error" not in told
    lines = read_log(tmp_path / "run")
    kinds = ["start", "validation", "steps", "steps", "validation"]
    assert [line["kind"] for line in lines] == kinds
    assert lines[0]["devices"] == 2
    assert lines[-1]["psnr"] != lines[1]["psnr"]
