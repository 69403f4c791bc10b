"""``dain bench`` at sizes that take no time; no test looks at how fast anything was."""

import os
import sys

import pytest

QUICK = (
    "bench",
    "--model",
    "dain-lite",
    "--size",
    "64x48",
    "--seconds",
    "0",
    "--precision",
    "fp32",
)


def test_json(dain):
    outcome = dain(*QUICK, "--size", "33x17", "--size", "64x48", "--json", "--device", "cpu")
    assert outcome.code == 0
    cells = outcome.json["cells"]
    assert [(cell["width"], cell["height"]) for cell in cells] == [(64, 48), (33, 17)]
    for cell in cells:
        assert (cell["model"], cell["precision"], cell["device"]) == ("dain-lite", "fp32", "cpu")
        assert (cell["outcome"], cell["reason"], cell["warnings"]) == ("measured", None, [])
        assert cell["frames"] == 1
        assert cell["frames_per_second"] == pytest.approx(1 / cell["seconds_per_frame"])
        assert cell["tile"] is None
        assert cell["peak_memory_bytes"] > 50e6
    assert len(outcome.lines) == 2
    assert outcome.errors == []


def test_the_paper_network_with_random_weights(dain):
    asked = ("-m", "dain", "--size", "64x40", "--precision", "fp32", "--device", "cpu")
    outcome = dain("bench", *asked, "--seconds", "0")
    assert outcome.code == 0
    rows = [line.split() for line in outcome.out.splitlines()]
    assert ["dain", "64x40", "fp32", "cpu", "whole"] in [row[:5] for row in rows]
    assert "random weights" in outcome.lines[0]
    assert "dain 64x40 fp32" in outcome.lines[1]


@pytest.mark.skipif(os.name != "posix", reason="kills its process with a shell")
def test_a_process_that_is_killed(dain, monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nkill -9 $$\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    outcome = dain(*QUICK, "--size", "33x17", "--json", "--quiet")
    assert outcome.code == 1
    assert [cell["outcome"] for cell in outcome.json["cells"]] == ["failed"] * 2
    assert len(outcome.lines) == 1
    assert "SIGKILL" in outcome.errors[0]


@pytest.mark.parametrize(
    "asked",
    [
        ["--size", "64"],
        ["--size", "0x48"],
        ["--size", "99999x48"],
        ["--model", "dain-light"],
        ["--precision", "fp8"],
        ["--device", "toaster"],
        ["--tile-size", "half"],
        ["--memory", "much"],
        ["--seconds", "-1"],
        ["--seconds", "nan"],
        ["--quiet", "--verbose"],
    ],
    ids=" ".join,
)
def test_refuses(dain, asked):
    outcome = dain("bench", *asked)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.errors == outcome.lines[-1:]
    assert "--verbose" in asked or len(outcome.lines) == 1


def test_a_tile_that_the_network_cannot_take(refuses):
    quiet = ("--seconds", "0", "--quiet", "--device", "cpu")
    line = refuses("bench", "-m", "dain", "--size", "64x48", "--tile-size", "8", *quiet)
    assert "--tile-size must be at least 64" in line
