"""The log of a run, and the sums it is made of."""

import json
import math

import pytest
import torch

from dain.errors import DainWarning, MediaError
from dain.training.run_log import RunLog, StepMeter, read_log


def test_lines_come_back_in_order(tmp_path):
    log = RunLog(tmp_path)
    log.write("start", 0, {"device": "cpu"})
    log.write("steps", 5, {"loss": 0.25, "parts": {"frame": 0.5}})
    assert read_log(tmp_path) == [
        {"kind": "start", "step": 0, "device": "cpu"},
        {"kind": "steps", "step": 5, "loss": 0.25, "parts": {"frame": 0.5}},
    ]


def test_what_json_lacks_becomes_null(tmp_path):
    RunLog(tmp_path).write("steps", 1, {"loss": math.nan, "parts": {"flow": math.inf}})
    text = (tmp_path / "log.jsonl").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=pytest.fail)["parts"] == {"flow": None}


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path):
    log = RunLog(tmp_path)
    log.write("steps", 1, {})
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "ste')
    assert [line["step"] for line in read_log(tmp_path)] == [1]


def test_a_full_disk_is_warned_of(tmp_path):
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    with pytest.warns(DainWarning, match="no space left on device; training goes on"):
        RunLog(tmp_path).write("steps", 1, {})


def test_going_on_drops_what_was_lost(tmp_path):
    log = RunLog(tmp_path)
    for step in (0, 5, 10, 15):
        log.write("steps", step, {})
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind": "ste')
    log.cut(10)
    log.write("start", 10, {})
    assert [line["step"] for line in read_log(tmp_path)] == [0, 5, 10, 10]
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_no_log_is_told(tmp_path):
    with pytest.raises(MediaError, match=r"found no log\.jsonl"):
        read_log(tmp_path)


def step(meter, total, norm=1.0, bad=False, **parts):
    tensors = {"total": total, **parts}
    meter.add(
        {name: torch.tensor(value) for name, value in tensors.items()},
        torch.tensor(norm),
        torch.tensor(bad),
    )


def test_means_leave_out_what_says_nothing():
    meter = StepMeter()
    step(meter, 1.0, flow=math.nan)
    step(meter, 3.0, flow=5.0)
    step(meter, math.nan, norm=math.inf, bad=True)
    summary = meter.sum_up()
    assert summary["parts"] == {"total": 2.0, "flow": 5.0}
    assert summary["gradient_norm"] == 1.0
    assert summary["skipped"] == 1
    assert len(meter) == 0


def test_rows_of_bad_steps_reach_over_summaries():
    meter = StepMeter(skipped=4)
    for bad in (True, False, True, True):
        step(meter, 1.0, bad=bad)
    meter.sum_up()
    assert (meter.skipped, meter.streak, meter.longest) == (7, 2, 2)
    for bad in (True, False):
        step(meter, 1.0, bad=bad)
    meter.sum_up()
    assert (meter.skipped, meter.streak, meter.longest) == (8, 0, 3)
