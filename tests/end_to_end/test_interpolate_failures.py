"""What goes wrong while ``dain interpolate`` runs: damage, a full disk, Ctrl-C."""

import json
import signal
import subprocess
import sys
import time

import pytest
from tests.end_to_end.conftest import contents, read
from tests.support.videos import make_video

COMMAND = [sys.executable, "-m", "dain", "interpolate"]


@pytest.fixture
def truncated(tmp_path):
    clip = make_video(tmp_path / "in.mkv", count=48, keyframe_interval=6)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    return clip


def test_a_truncated_input_is_bridged_and_told(dain, truncated, tmp_path):
    out = tmp_path / "out.mp4"
    outcome = dain("interpolate", truncated, "-o", out, "--factor", 2, "--json")
    assert outcome.code == 0
    assert outcome.warnings
    assert [f"dain: warning: {text}" for text in outcome.json["warnings"]] == outcome.warnings
    assert len(read(out)) == outcome.json["frames_out"] < 96


def test_warnings_are_told_even_when_quiet(dain, truncated, tmp_path):
    outcome = dain("interpolate", truncated, "-o", tmp_path / "out.mp4", "--factor", 2, "-q")
    assert outcome.code == 0
    assert outcome.lines == outcome.warnings != []


def test_strict_refuses_a_truncated_input(dain, truncated, tmp_path):
    before = contents(tmp_path)
    outcome = dain("interpolate", truncated, "-o", tmp_path / "out.mp4", "--factor", 2, "--strict")
    assert outcome.code == 1
    assert len(outcome.lines) == 1
    assert "--strict" in outcome.lines[0]
    assert contents(tmp_path) == before


def test_a_damaged_still_is_bridged_and_told(dain, tmp_path):
    clip = make_video(tmp_path / "in.mp4", count=5)
    stills = tmp_path / "stills"
    dain("interpolate", clip, "-o", stills, "--factor", 1)
    sorted(stills.iterdir())[2].write_bytes(b"damaged")
    outcome = dain("interpolate", stills, "-o", tmp_path / "out", "--factor", 2)
    assert outcome.code == 0
    assert len(list((tmp_path / "out").iterdir())) == 10
    assert len(outcome.warnings) == 1


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@needs_signals
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "kill"]
)
def test_an_interrupted_run_leaves_nothing(tmp_path, number, code):
    clip = make_video(tmp_path / "in.mp4", count=240, size=(320, 240))
    before = set(contents(tmp_path))
    run = subprocess.Popen(
        [*COMMAND, clip, "-o", tmp_path / "out.mp4", "--factor", "16"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and run.poll() is None:
        if any(path.stat().st_size > 0 for path in tmp_path.glob(".out.mp4*")):
            break
        time.sleep(0.02)
    assert run.poll() is None, run.communicate()
    run.send_signal(number)
    out, err = run.communicate(timeout=30)
    assert run.returncode == code
    assert out == ""
    assert set(contents(tmp_path)) == before
    if number == signal.SIGINT:
        assert err.splitlines()[-1] == "dain: error: interrupted; unfinished output was removed"
    assert "Traceback" not in err


LIMITED = """
import resource, signal
import numpy as np
from dain import Interpolator
# Kernels that are compiled now and kept on the disk are not what shall fill it.
Interpolator().between(*np.zeros((2, 48, 64, 3), np.uint8), times=[0.5])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))
from dain.cli.main import run
run()
"""


@needs_signals
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out"])
def test_a_full_disk_leaves_nothing(tmp_path, name):
    clip = make_video(tmp_path / "in.mp4", count=8, size=(96, 72))
    before = set(contents(tmp_path))
    arguments = ["interpolate", clip, "-o", tmp_path / name, "--factor", "2", "--json", "-q"]
    options = [] if name == "out" else ["--crf", "1"]
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments, *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    error = json.loads(run.stdout)
    assert error["exit_code"] == 1
    assert name in error["error"]
    assert run.stderr.splitlines() == [f"dain: error: {error['error']}"]
    assert set(contents(tmp_path)) == before
