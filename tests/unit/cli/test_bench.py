"""What ``dain bench`` runs, what it leaves out, and how each failure looks in its place."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from dain.cli import bench, bench_cell, bench_runs
from dain.cli.bench_cell import Request, Result
from dain.cli.bench_runs import Cell, expect_seconds, run_cell
from dain.errors import InputError, OptionError, RunError


def request(**changes):
    values = {
        "model": "dain-lite",
        "width": 64,
        "height": 48,
        "precision": "fp32",
        "device": "cpu",
        "tile_size": "auto",
        "memory": None,
        "weights": None,
        "seconds": 5.0,
    }
    return Request(**{**values, **changes})


def result(**changes):
    values = {
        "seconds_per_frame": 0.25,
        "frames": 3,
        "peak_memory_bytes": 400_000_000,
        "peak_device_memory_bytes": None,
        "precision": "fp32",
        "device": "cpu",
        "tile": None,
        "warnings": [],
    }
    return Result(**{**values, **changes})


@pytest.mark.parametrize(("text", "size"), [("640x480", (640, 480)), ("1x32768", (1, 32768))])
def test_sizes(text, size):
    assert bench.read_size(text) == size


@pytest.mark.parametrize("text", ["", "640", "640x", "x480", "640X480", "-6x4", "0x4", "6x4x2"])
def test_bad_sizes(text):
    with pytest.raises(OptionError, match="--size"):
        bench.read_size(text)


def test_the_scene_moves_evenly():
    texture = bench_cell.make_texture(37, 21)
    assert texture.shape == (21, 37, 3)
    assert texture.dtype == np.uint8
    first, second = bench_cell.frame_of(texture, 0), bench_cell.frame_of(texture, 1)
    assert np.array_equal(first[:-2, :-4], second[2:, 4:])
    assert not np.array_equal(first, second)


class TestExpectedTime:
    def test_nothing_is_known_before_the_first_measurement(self):
        assert expect_seconds(request(), []) is None

    def test_it_grows_with_the_pixels_of_the_nearest_smaller_size(self):
        before = [
            Cell(request(), result(seconds_per_frame=9.0)),
            Cell(request(width=128), result(seconds_per_frame=2.0)),
        ]
        assert expect_seconds(request(width=256, height=96), before) == 8.0

    @pytest.mark.parametrize(
        "other",
        [
            Cell(request(precision="bf16"), result()),
            Cell(request(model="dain"), result()),
            Cell(request(width=640), result()),
            Cell(request(width=32), reason="killed"),
        ],
        ids=["precision", "model", "larger", "failed"],
    )
    def test_other_measurements_tell_nothing(self, other):
        assert expect_seconds(request(), [other]) is None

    def test_what_would_take_too_long_is_not_started(self, monkeypatch):
        monkeypatch.setattr(sys, "executable", "nothing that could be run")
        before = [Cell(request(), result(seconds_per_frame=2.0))]
        cell = run_cell(request(width=640), before)
        assert (cell.outcome, cell.result) == ("skipped", None)
        assert "about 20 s a frame" in cell.reason


class TestFailures:
    """A process that does not answer with a measurement."""

    @pytest.fixture
    def answer(self, monkeypatch):
        def set_answer(code, out="", err=""):
            def run(command, **options):
                return subprocess.CompletedProcess(command, code, out, err)

            monkeypatch.setattr(bench_runs.subprocess, "run", run)

        return set_answer

    def test_an_answer(self, answer):
        from dataclasses import asdict

        answer(0, json.dumps(asdict(result(tile=256))))
        cell = run_cell(request(), [])
        assert cell.outcome == "measured"
        assert cell.result == result(tile=256)

    def test_out_of_memory(self, answer):
        answer(1, json.dumps({"error": "out of memory", "exit_code": 1}))
        cell = run_cell(request(), [])
        assert (cell.outcome, cell.reason) == ("failed", "out of memory")

    def test_a_request_that_nobody_can_meet(self, answer):
        answer(2, json.dumps({"error": "--tile-size must be", "exit_code": 2}))
        with pytest.raises(InputError, match="--tile-size"):
            run_cell(request(), [])

    def test_no_answer(self, answer, capsys):
        answer(3, "", "Traceback: lost")
        assert run_cell(request(), []).reason == "the process ended with exit code 3"
        assert capsys.readouterr().err == ""
        run_cell(request(), [], verbose=True)
        assert capsys.readouterr().err == "Traceback: lost"

    @pytest.mark.parametrize(
        ("code", "told"), [(-9, "killed by SIGKILL, most likely out of memory"), (-999, "-999")]
    )
    @pytest.mark.skipif(os.name != "posix", reason="signals end processes on POSIX systems only")
    def test_killed(self, answer, code, told):
        answer(code)
        if code == -9:
            assert code == -signal.SIGKILL
        assert told.removeprefix("-") in run_cell(request(), []).reason


class TestTheProcess:
    """What a process answers when it cannot measure."""

    @pytest.fixture
    def answer_to(self, monkeypatch, capsys):
        def run(error):
            def fail(request):
                raise error

            monkeypatch.setattr(bench_cell, "measure", fail)
            monkeypatch.setattr(sys, "argv", ["bench_cell", json.dumps(vars(request()))])
            code = bench_cell.main()
            answer = json.loads(capsys.readouterr().out)
            assert answer["exit_code"] == code
            return code, answer["error"]

        return run

    @pytest.mark.parametrize(
        ("error", "answer"),
        [
            (MemoryError(), (1, "out of memory")),
            (RuntimeError("DefaultCPUAllocator: can't allocate memory"), (1, "out of memory")),
            (RunError("out of memory in tiles"), (1, "out of memory in tiles")),
            (OptionError("no such thing"), (2, "no such thing")),
            (ValueError("strange\nthing"), (1, "ValueError: strange thing")),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_failures(self, answer_to, error, answer):
        assert answer_to(error) == answer


class TestReport:
    CELLS = (
        Cell(request(), result(peak_device_memory_bytes=5_000_000)),
        Cell(request(model="dain", width=1280), result(tile=512, precision="bf16")),
        Cell(request(precision="fp16"), reason="killed by SIGKILL, most likely out of memory"),
    )

    def test_table(self, capsys):
        bench._print_table(self.CELLS)
        lines = (line.split() for line in capsys.readouterr().out.splitlines())
        titles, _, first, second, third, *_ = (words for words in lines if words)
        assert titles[:4] == ["model", "size", "precision", "device"]
        assert first[:7] == ["dain-lite", "64x48", "fp32", "cpu", "whole", "4", "0.25"]
        assert "5.0 MB on the device" in " ".join(first)
        assert second[:5] == ["dain", "1280x48", "bf16", "cpu", "512"]
        assert third[2:4] == ["fp16", "cpu"]
        assert "SIGKILL," in third

    def test_every_object_has_the_same_keys(self):
        cells = bench._as_object(self.CELLS)["cells"]
        assert {frozenset(cell) for cell in cells} == {frozenset(cells[0])}
        assert [cell["outcome"] for cell in cells] == ["measured", "measured", "failed"]
        assert [cell["frames_per_second"] for cell in cells] == [4.0, 4.0, None]
        assert [cell["precision"] for cell in cells] == ["fp32", "bf16", "fp16"]
        json.dumps(cells)
