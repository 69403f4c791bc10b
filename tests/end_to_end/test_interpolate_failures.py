"""What goes wrong while ``dain interpolate`` runs: damage, a full disk, Ctrl-C."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.end_to_end.conftest import contents, read
from tests.support.videos import make_video


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


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")

# The command with an engine that needs no torch, which takes seconds to start.
QUICK = """
from tests.support.engines import BlendEngine
from dain.jobs import run as module
module.make_interpolator = lambda *settings: BlendEngine()
from dain.cli.main import run
run()
"""
ROOT = Path(__file__).resolve().parents[2]

# Hours of work whose output soon fills more than the first buffer.
ENDLESS = ["--factor", "100000", "--crf", "1", "--encoder-option", "g=1", "--no-resume"]


def start(tmp_path, arguments, code=QUICK, **options):
    clip = make_video(tmp_path / "in.mp4", count=24)
    return subprocess.Popen(
        [sys.executable, "-c", code, "interpolate", clip, "-o", tmp_path / "out.mp4", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


def wait_until_it_writes(run, tmp_path):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and run.poll() is None:
        with contextlib.suppress(FileNotFoundError):  # the trial before the run has just gone
            if any(path.stat().st_size > 40_000 for path in tmp_path.glob(".out.mp4*")):
                break
        time.sleep(0.02)
    assert run.poll() is None, run.communicate()


@needs_posix
@pytest.mark.parametrize(
    ("numbers", "code", "program"),
    [
        (["SIGINT"], 130, "from dain.cli.main import run; run()"),
        (["SIGINT"] * 4, 130, QUICK),
        (["SIGTERM"], 143, QUICK),
        (["SIGTERM", "SIGINT"], 143, QUICK),
        (["SIGHUP"], 129, QUICK),
    ],
    ids=["Ctrl-C", "Ctrl-C again and again", "kill", "kill and Ctrl-C", "hang up"],
)
def test_an_interrupted_run_leaves_nothing(tmp_path, numbers, code, program):
    run = start(tmp_path, ENDLESS, program)
    wait_until_it_writes(run, tmp_path)
    for number in numbers:
        run.send_signal(getattr(signal, number))
        time.sleep(0.01)
    out, err = run.communicate(timeout=30)
    assert run.returncode == code
    assert out == ""
    assert list(contents(tmp_path)) == ["in.mp4"]
    told = "interrupted; nothing unfinished was left behind"
    if code != 130:
        told = f"ended by signal {code - 128}"
    # On a busy machine a line of progress comes first.
    lines = [line for line in err.splitlines() if not line.startswith("dain: interpolating: ")]
    assert lines == [f"dain: error: {told}"]


@needs_posix
def test_a_run_under_nohup_goes_on(tmp_path):
    run = start(
        tmp_path,
        ENDLESS,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    wait_until_it_writes(run, tmp_path)
    run.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    run.terminate()
    run.communicate(timeout=30)
    assert run.returncode == 143


@needs_posix
@pytest.mark.parametrize("closed", ["2>&-", "0<&- 2>&-", "2>/dev/full"])
def test_nobody_reads_the_messages(tmp_path, closed):
    if "full" in closed and not Path("/dev/full").exists():
        pytest.skip("no such device here")
    clip = make_video(tmp_path / "in.mp4", count=4)
    arguments = ["interpolate", clip, "-o", tmp_path / "out.mp4", "--fps", "10", "--json"]
    run = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", QUICK, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert run.returncode == 0
    assert json.loads(run.stdout)["frames_out"] == 2 == len(read(tmp_path / "out.mp4"))


def fill_the_disk():
    """Let no file of this process grow beyond 5000 bytes, as on a disk that is nearly full.

    Never in the process of the tests themselves: their log may be a file, too.
    """
    resource = __import__("resource")  # POSIX only
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000))


@needs_posix
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out"])
def test_a_full_disk_leaves_nothing(tmp_path, name):
    clip = make_video(tmp_path / "in.mp4", count=8, size=(96, 72))
    arguments = ["interpolate", clip, "-o", tmp_path / name, "--factor", "2", "--json", "-q"]
    run = subprocess.run(
        [sys.executable, "-c", QUICK, *arguments, *([] if name == "out" else ["--crf", "1"])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        preexec_fn=fill_the_disk,
    )
    assert run.returncode == 1
    told = json.loads(run.stdout)
    assert told["exit_code"] == 1
    assert name in told["error"]
    assert run.stderr.splitlines() == [f"dain: error: {told['error']}"]
    assert list(contents(tmp_path)) == ["in.mp4"]
