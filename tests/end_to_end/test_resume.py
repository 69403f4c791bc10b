"""``dain interpolate`` cut off and given again: kill -9, Ctrl-C, a full disk."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.end_to_end.conftest import contents
from tests.support.videos import Audio, make_video

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")

ROOT = Path(__file__).resolve().parents[2]

# The command with short segments, and an engine that needs no torch and is slow on purpose.
PROGRAM = """
import sys, time
from tests.support.engines import BlendEngine
from dain.jobs import run, segmented
pause = float(sys.argv.pop(1))
segmented._FRAMES = segmented._FEWEST_FRAMES = 10
run.make_interpolator = lambda *settings: BlendEngine(lambda: time.sleep(pause))
from dain.cli.main import run
run()
"""
FRAMES = 120


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resume")
    return make_video(folder / "in.mp4", count=FRAMES // 2, audio=[Audio()])


def start(clip, output, *arguments, pause=0.01, **options):
    command = ["interpolate", clip, "-o", output, "--factor", "2", "--json", *arguments]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(pause), *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"COVERAGE_PROCESS_START": ""},
        **options,
    )


def finish(run):
    out, err = run.communicate(timeout=60)
    return run.returncode, json.loads(out or "{}"), err.splitlines()


@pytest.fixture(scope="module")
def whole(clip):
    """The output of a run that nobody disturbs, and how long it took."""
    output, started = clip.parent / "whole.mp4", time.monotonic()
    code, told, _ = finish(start(clip, output))
    assert (code, told["frames_out"], told["frames_kept"]) == (0, FRAMES, 0)
    return output.read_bytes(), time.monotonic() - started


def test_twenty_kills_change_no_byte(clip, whole, tmp_path):
    expected, seconds = whole
    output, chance = tmp_path / "out.mp4", random.Random(5)
    kills, kept = 0, []
    while kills < 20:
        run = start(clip, output)
        time.sleep(chance.uniform(0.2, 1.0) * seconds)
        if run.poll() is None:
            run.kill()
            kills += 1
        run.communicate()
        if output.exists():  # it was faster than we: the file is whole, and the next one begins
            assert output.read_bytes() == expected
            output.unlink()
        folder = tmp_path / ".out.mp4.dain"
        kept.append(len(list(folder.glob("*.segment"))) if folder.exists() else 0)
    code, told, _ = finish(start(clip, output))
    assert (code, told["frames_out"], told["frames_in"]) == (0, FRAMES, FRAMES // 2)
    assert output.read_bytes() == expected
    assert max(kept) > 1  # some were killed in the middle of their work
    assert list(contents(tmp_path)) == ["out.mp4"]


def wait_for_segments(run, folder, count):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and run.poll() is None:
        if len(list(folder.glob("*.segment"))) > count:  # one more is in hand
            return
        time.sleep(0.01)
    raise AssertionError(run.communicate())


def test_ctrl_c_once_finishes_the_segment_and_says_how_to_go_on(clip, whole, tmp_path):
    output = tmp_path / "out.mp4"
    run = start(clip, output, pause=0.05)
    wait_for_segments(run, tmp_path / ".out.mp4.dain", 2)
    run.send_signal(signal.SIGINT)
    code, told, lines = finish(run)
    assert (code, told["exit_code"]) == (130, 130)
    assert told["frames_kept"] >= 30
    assert "dain: stopping after the segment in hand; Ctrl-C again stops at once" in lines
    kept = int(told["error"].split("; ")[1].split()[0])
    assert kept >= 30
    assert kept % 10 == 0
    assert told["error"].endswith(
        f"of {FRAMES} frames are kept, and the same command goes on from there"
    )
    assert not output.exists()
    code, told, lines = finish(start(clip, output))
    assert (code, told["frames_kept"]) == (0, kept)
    assert f"dain: going on after {kept} of {FRAMES} frames" in lines
    assert output.read_bytes() == whole[0]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_being_stopped_at_once_keeps_what_is_sealed(clip, whole, tmp_path, number, code):
    output = tmp_path / "out.mp4"
    run = start(clip, output, pause=0.1)
    wait_for_segments(run, tmp_path / ".out.mp4.dain", 1)
    run.send_signal(number)
    if number == signal.SIGINT:
        while "Ctrl-C again" not in run.stderr.readline():  # two signals at once are but one
            assert run.poll() is None
        run.send_signal(number)
    found, told, lines = finish(run)
    assert (found, told["exit_code"], told["frames_kept"]) == (code, code, 10)
    end = "interrupted; 10 of " if number == signal.SIGINT else "ended by signal 15; 10 frames are "
    assert lines[-1].startswith(f"dain: error: {end}")
    assert sorted(contents(tmp_path)) == [
        ".out.mp4.dain",
        *(f".out.mp4.dain/{name}" for name in ("000000.segment", "lock", "manifest.json")),
    ]
    assert finish(start(clip, output))[1]["frames_kept"] == 10
    assert output.read_bytes() == whole[0]


def limit_files(size):
    """Let no file of this process grow beyond a size, as on a disk that is nearly full."""
    resource = __import__("resource")  # POSIX only
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_is_one_line_and_the_rest_follows_later(clip, whole, tmp_path):
    output = tmp_path / "out.mp4"
    # Segments fit, but all of them together do not.
    size = len(whole[0]) * 2 // 3
    code, told, lines = finish(start(clip, output, preexec_fn=lambda: limit_files(size)))
    assert code == 1
    assert lines == [f"dain: error: {told['error']}"]
    assert f"{FRAMES} of {FRAMES} frames are kept" in told["error"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.mp4.dain"]
    code, told, _ = finish(start(clip, output))
    assert (code, told["frames_kept"]) == (0, FRAMES)
    assert output.read_bytes() == whole[0]
    assert list(contents(tmp_path)) == ["out.mp4"]


def test_an_earlier_file_outlives_every_failure(clip, tmp_path):
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    run = start(clip, output, "--overwrite", pause=0.1)
    wait_for_segments(run, tmp_path / ".out.mp4.dain", 1)
    run.kill()
    run.communicate()
    assert output.read_bytes() == b"precious"
    assert finish(start(clip, output))[0] == 2
    assert output.read_bytes() == b"precious"
    assert finish(start(clip, output, "--overwrite"))[1]["frames_kept"] == 10
