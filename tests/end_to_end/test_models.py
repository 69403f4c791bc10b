"""``dain models``: list, show, import, fetch, verify, as a person runs them."""

import os
import signal
import subprocess
import sys
import time

import cv2
import pytest
import torch
from tests.support.checkpoints import save_new, save_old, tiny_record, tiny_tensors
from tests.support.servers import Answer, serve
from tests.support.videos import pictures

from dain.weights import MODELS
from dain.weights.checksums import checksums_of


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DAIN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "data" / "weights"


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def best(tmp_path):
    return save_old(tiny_tensors(), tmp_path / "best.pth")


@pytest.fixture
def tiny(best, server, monkeypatch):
    """A model of which the server has the published weights."""
    url = server.give("best.pth", Answer(best.read_bytes()))
    record = tiny_record((url,), best)
    monkeypatch.setitem(MODELS, "tiny", record)
    return record


def test_the_list(dain, tiny, data_folder, best, monkeypatch):
    before = {model["name"]: model for model in dain("models", "list", "--json").json["models"]}
    assert before.keys() == {"dain-lite", "dain", "tiny"}
    inside = before["dain-lite"]["weights"]
    assert inside["installed"] is True
    assert inside["size"] <= 8_000_000
    assert {"name", "licence"} == inside["data"][0].keys()
    assert before["dain"]["weights"]["installed"] is False
    assert before["dain"]["weights"]["path"] == str(data_folder / "dain.safetensors")
    monkeypatch.setenv("COLUMNS", "250")
    told = dain("models", "list")
    assert told.code == 0
    assert "dain models fetch tiny" in " ".join(told.out.split())
    dain("models", "import", best, "--model", "tiny")
    after = {model["name"]: model for model in dain("models", "list", "--json").json["models"]}
    assert after["tiny"]["weights"]["installed"] is True
    assert after["tiny"]["weights"]["size"] == (data_folder / "tiny.safetensors").stat().st_size


def test_the_record_of_one(dain, tiny, best, server):
    shown = dain("models", "show", "dain", "--json").json
    assert shown["licence"] == "MIT"
    assert "Depth-Aware Video Frame Interpolation" in shown["citation"]
    assert shown["weights"]["published_git_blob_id"] == "8ce43dbd696a63a7cd0caac8a4aacb1264ef3899"
    assert shown["weights"]["urls"][0].startswith("https://raw.githubusercontent.com/")
    told = dain("models", "show", "dain")
    assert told.code == 0
    assert "8ce43dbd696a63a7cd0caac8a4aacb1264ef3899" in told.out
    assert "dain evaluate" in " ".join(dain("models", "show", "dain-lite").out.split())
    dain("models", "fetch", "tiny")
    shown = dain("models", "show", "tiny", "--json").json
    assert shown["weights"]["source"] == server.url + "best.pth"
    assert shown["weights"]["source_sha256"] == checksums_of(best).sha256


def test_missing_weights_of_our_own_are_told(dain, refuses, tmp_path, monkeypatch):
    monkeypatch.setattr("dain.weights.embedded._FOLDER", tmp_path)
    assert dain("models", "show", "dain-lite", "--json").json["weights"]["installed"] is False
    shown = dain("models", "show", "dain-lite")
    assert shown.code == 0
    assert "install dain again" in " ".join(shown.out.split())
    assert "install dain again" in refuses("models", "verify", "dain-lite")


def test_import(dain, tiny, best, data_folder):
    outcome = dain("models", "import", best, "-m", "tiny")
    assert (outcome.code, outcome.out) == (0, "")
    assert len(outcome.lines) == 1
    assert str(data_folder / "tiny.safetensors") in outcome.lines[0]
    again = dain("models", "import", best, "-m", "tiny", "--json")
    assert again.json["is_new"] is False
    assert again.json["path"] == str(data_folder / "tiny.safetensors")
    assert again.json["source"] == str(best)
    assert dain("models", "import", best, "-m", "tiny", "--quiet").lines == []


def test_import_tells_what_was_left_out(dain, tiny, tmp_path):
    path = save_new({**tiny_tensors(), "more.weight": torch.ones(1)}, tmp_path / "more.pth")
    outcome = dain("models", "import", path, "-m", "tiny", "--json", "--quiet")
    assert outcome.code == 0
    assert len(outcome.json["warnings"]) == 1
    assert "more.weight" in outcome.json["warnings"][0]
    assert outcome.lines == [f"dain: warning: {outcome.json['warnings'][0]}"]
    # Warnings of one command are not those of the next.
    assert dain("models", "verify", "--json").json["warnings"] == []


def test_import_replaces_other_weights_when_told(dain, refuses, tiny, best, tmp_path):
    others = save_new(tiny_tensors(seed=1), tmp_path / "others.pth")
    dain("models", "import", best, "-m", "tiny")
    assert "--overwrite" in refuses("models", "import", others, "-m", "tiny")
    assert dain("models", "import", others, "-m", "tiny", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"<html>", "is a web page"),
        (b"PK\x03\x04", "is damaged or cut short"),
        (None, "found no"),
    ],
    ids=["empty", "page", "cut", "missing"],
)
def test_unusable_files(content, said, refuses, tmp_path):
    path = tmp_path / "best.pth"
    if content is not None:
        path.write_bytes(content)
    assert said in refuses("models", "import", path)


def test_another_network_s_checkpoint(dain, tmp_path):
    path = save_new({"conv.weight": torch.ones(1)}, tmp_path / "other.pth")
    outcome = dain("models", "import", path, "--json")
    assert outcome.code == 2
    assert outcome.json == {"error": outcome.json["error"], "exit_code": 2}
    assert "the 954 tensors of dain" in outcome.json["error"]
    assert len(outcome.lines) == 1


def test_fetch(dain, tiny, server, data_folder):
    outcome = dain("models", "fetch", "tiny")
    assert (outcome.code, outcome.out) == (0, "")
    assert len(outcome.lines) == 1, "no bar where there is no terminal"
    assert str(data_folder / "tiny.safetensors") in outcome.lines[0]
    again = dain("models", "fetch", "tiny", "--json")
    assert again.json["is_new"] is False
    assert again.json["source"] == server.url + "best.pth"
    assert len(server.asked) == 1


def test_fetch_draws_a_bar_on_a_terminal(dain, tiny, monkeypatch):
    monkeypatch.setattr("dain.cli.downloading.can_draw", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    outcome = dain("models", "fetch", "tiny")
    assert outcome.code == 0
    assert outcome.out == ""
    assert any("fetching tiny" in line for line in outcome.lines)
    assert dain("models", "fetch", "tiny", "--overwrite", "--quiet").lines == []


def test_fetch_of_other_weights(dain, refuses, tiny, server, tmp_path):
    others = save_new(tiny_tensors(seed=1), tmp_path / "others.pth").read_bytes()
    url = server.give("others.pth", Answer(others))
    outcome = dain("models", "fetch", "tiny", "--url", url)
    assert outcome.code == 2
    assert "--no-verify" in outcome.errors[0]
    assert dain("models", "fetch", "tiny", "--url", url, "--no-verify").code == 0
    assert "give --url" in refuses("models", "fetch", "tiny", "--no-verify")
    assert "https://" in refuses("models", "fetch", "tiny", "--url", f"file://{tmp_path}/a")


def test_fetch_where_nothing_is(dain, tiny, server):
    server.give("best.pth", Answer(status=404))
    outcome = dain("models", "fetch", "tiny", "--json")
    assert outcome.code == 1
    assert outcome.json["exit_code"] == 1
    assert "dain models import" in outcome.json["error"]
    assert len(outcome.lines) == 1


def test_fetch_for_a_model_that_brings_its_own(refuses):
    assert "come inside dain" in refuses("models", "fetch", "dain-lite")


def test_verify(dain, tiny, best, data_folder):
    (inside,) = dain("models", "verify").lines
    assert "dain-lite.safetensors: sound" in inside
    missing = dain("models", "verify", "tiny")
    assert missing.code == 2
    assert "dain models fetch tiny" in missing.errors[0]
    dain("models", "import", best, "-m", "tiny")
    sound = dain("models", "verify", "--json")
    assert sound.code == 0
    assert {result["model"] for result in sound.json["results"]} == {"dain-lite", "tiny"}
    assert "sound" in dain("models", "verify", "tiny").lines[0]
    path = data_folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    damaged = dain("models", "verify", "--json")
    assert damaged.code == 2
    assert damaged.json["results"][-1]["exit_code"] == 2
    assert len(damaged.errors) == len(damaged.lines) == 1
    assert "SHA-256" in damaged.errors[0]


@pytest.mark.parametrize("command", [["show"], ["fetch"], ["verify"]], ids=" ".join)
def test_unknown_models(refuses, command):
    assert "'toaster'" in refuses("models", *command, "toaster")


def test_models_alone_explains_itself(dain):
    outcome = dain("models")
    assert outcome.code == 0
    assert "verify" in outcome.out


def test_a_model_without_its_weights(refuses, tmp_path):
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, image in zip(paths, pictures(2, 48, 36), strict=True):
        cv2.imwrite(str(path), image)
    line = refuses("frames", *paths, "-o", tmp_path / "out", "--model", "dain")
    assert "dain models fetch dain" in line


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal to send")
def test_an_interrupted_fetch_is_kept_and_continued(server, tmp_path, data_folder):
    body = bytes(300_000)
    url = server.give("best.pth", Answer(body, silent_after=200_000), Answer(body))
    command = [sys.executable, "-m", "dain", "models", "fetch", "dain", "--url", url]
    partial = data_folder / "dain.partial"
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (
            partial.exists() and partial.stat().st_size == 200_000
        ):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == (
        "dain: error: interrupted; what has arrived is kept, and the same command continues it\n"
    )
    second = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert server.asked_ranges() == [None, "bytes=200000-"]
    assert second.returncode == 2
    assert "git blob id" in second.stderr
    assert not partial.exists()
