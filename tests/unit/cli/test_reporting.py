"""Reports, previews and pipes from the command line, with an engine that only blends."""

import json

import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import make_video

from dain import jobs
from dain.cli.main import main
from dain.errors import PipeClosedError, StoppedError, reworded
from dain.jobs.workfolder import work_path


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgr0", count=4)


@pytest.fixture(autouse=True)
def blending(monkeypatch):
    for module in (jobs, jobs.run):
        monkeypatch.setattr(module, "make_interpolator", lambda *settings: BlendEngine())


def interpolate(*arguments):
    return main(["interpolate", *map(str, arguments), "--factor", "2"])


def test_one_run_is_one_object(clip, tmp_path):
    report, preview = tmp_path / "report.json", tmp_path / "preview.webp"
    output = tmp_path / "out.mp4"
    assert interpolate(clip, "-o", output, "--report", report, "--preview", preview) == 0
    told = json.loads(report.read_text())
    assert (told["status"], told["frames"]["out"]) == ("done", 8)
    assert preview.stat().st_size > 100


def test_several_runs_are_a_list(clip, tmp_path):
    broken = tmp_path / "broken.mkv"
    broken.write_bytes(b"no video")
    report, folder = tmp_path / "report.json", tmp_path / "out"
    assert interpolate(clip, broken, "-o", folder, "--report", report) == 2
    runs = json.loads(report.read_text())["runs"]
    assert [run["status"] for run in runs] == ["done", "failed"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["in.mkv", "-o", "-", "--json"], "--json writes to standard output"),
        (["in.mkv", "-o", "-", "--dry-run"], "--dry-run measures a sample"),
        (["-", "-o", "out.mp4", "--dry-run"], "--dry-run measures a sample"),
        (["in.mkv", "-o", "o.mp4", "--dry-run", "--report", "r.json"], "leave one out"),
        (["in.mkv", "-", "-o", "out"], "a pipe needs a run of its own"),
        (["in.mkv", "in.mkv", "-o", "-"], "a pipe needs a run of its own"),
        (["in.mkv", "-o", "o.mp4", "--report", "r.txt"], "expected --report to name a .json"),
    ],
)
def test_what_does_not_go_together(clip, tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    assert interpolate(*arguments) == 2
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize("quiet", [True, False])
def test_a_reader_that_has_gone_is_no_error(clip, tmp_path, monkeypatch, capsys, quiet):
    def leave(*arguments):
        raise PipeClosedError("the reader has gone")

    monkeypatch.setattr(jobs, "run_anywhere", leave)
    assert interpolate(clip, "-o", tmp_path / "o.mp4", *(["--quiet"] * quiet)) == 141
    assert capsys.readouterr().err == ("" if quiet else "dain: the reader has gone\n")


def fail_at_second(monkeypatch, error):
    """Let the second run of several end otherwise."""
    run, calls = jobs.run_anywhere, []

    def run_or_fail(*given):
        calls.append(given)
        if len(calls) == 2:
            raise error
        return run(*given)

    monkeypatch.setattr(jobs, "run_anywhere", run_or_fail)


@pytest.mark.parametrize("error", [reworded(StoppedError(), "stopped"), KeyboardInterrupt()])
def test_stopping_several_runs_tells_of_those_that_are_done(
    clip, tmp_path, monkeypatch, capsys, error
):
    second = make_video(tmp_path / "second.mkv", count=4)
    fail_at_second(monkeypatch, error)
    assert interpolate(second, clip, "-o", tmp_path / "new", "--json") == 130
    told, said = capsys.readouterr()
    told = json.loads(told)
    assert (told["exit_code"], told["error"].split(": ")[0]) == (130, str(clip))
    assert [each["frames_out"] for each in told["results"]] == [8]
    assert said.splitlines()[-1] == f"dain: error: {told['error']}"


@pytest.mark.parametrize("error", [RuntimeError("strange"), MemoryError()])
def test_what_nobody_expected_of_one_stops_no_other(clip, tmp_path, monkeypatch, capsys, error):
    others = [make_video(tmp_path / f"{name}.mkv", count=4) for name in ("a", "b")]
    fail_at_second(monkeypatch, error)
    assert interpolate(others[0], clip, others[1], "-o", tmp_path / "out", "--json") == 1
    results = json.loads(capsys.readouterr().out)["results"]
    assert [each.get("exit_code", 0) for each in results] == [0, 1, 0]


def test_several_runs_share_an_engine_but_for_work_that_is_gone_on_with(
    clip, tmp_path, monkeypatch
):
    others = [make_video(tmp_path / f"{name}.mkv", count=4) for name in ("a", "b")]
    folder, loaded = tmp_path / "out", []

    def load(*settings):
        loaded.append(settings)
        return BlendEngine()

    for module in (jobs, jobs.run):
        monkeypatch.setattr(module, "make_interpolator", load)
    folder.mkdir()
    work_path(folder / "b.mkv").mkdir()
    assert interpolate(clip, *others, "-o", folder) == 0
    assert len(loaded) == 2
