"""Checkpoints on the disk: whole, few, and harmless to read."""

import errno
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dain.errors import DainWarning, OutputError, RunError, WeightsError
from dain.training.checkpoints import (
    Checkpoint,
    CheckpointFolder,
    load_checkpoint_file,
    write_whole,
)


def checkpoint(step=3, value=1.0):
    weights = {"mix.weight": torch.full((2, 3, 4, 5), value)}
    return Checkpoint(
        step=step,
        seconds=1.5,
        skipped=2,
        network={k: v.to(memory_format=torch.channels_last) for k, v in weights.items()},
        average=weights,
        optimiser={"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1}]},
        settings="{}",
        scores={"triplets": 26.5},
        validated=2,
        best=26.5,
        data="abc",
    )


def names(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_all_comes_back(tmp_path):
    saved = checkpoint()
    CheckpointFolder(tmp_path).save(saved)
    found = CheckpointFolder(tmp_path).load_last()
    assert torch.equal(found.network["mix.weight"], saved.network["mix.weight"])
    assert found.network["mix.weight"].stride() == saved.network["mix.weight"].stride()
    plain = {"network": {}, "average": {}}
    assert replace(found, **plain) == replace(saved, **plain)


def test_the_latest_few_and_the_best_are_kept(tmp_path):
    folder = CheckpointFolder(tmp_path, keep=2)
    folder.save_best(checkpoint(step=5, value=0.5))
    for step in (5, 10, 99_999_999, 20):
        folder.save(checkpoint(step))
    assert names(tmp_path) == ["best.pt", "step-00000020.pt", "step-99999999.pt"]
    assert folder.load_last().step == 99_999_999
    assert folder.load_best().step == 5


def test_the_one_before_stands_in_for_a_damaged_one(tmp_path):
    folder = CheckpointFolder(tmp_path, keep=2)
    folder.save(checkpoint(1))
    path = folder.save(checkpoint(2))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(DainWarning, match=r"step-00000002.pt.*taking the one before"):
        assert folder.load_last().step == 1
    (tmp_path / "checkpoints" / "step-00000001.pt").write_bytes(b"")
    with (
        pytest.warns(DainWarning, match="taking the one before"),
        pytest.raises(WeightsError, match="or a damaged one"),
    ):
        folder.load_last()


def test_missing_ones_are_told(tmp_path):
    with pytest.raises(WeightsError, match="found none"):
        CheckpointFolder(tmp_path).load_last()
    with pytest.raises(WeightsError, match="use --checkpoint last"):
        CheckpointFolder(tmp_path).load_best()


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


@pytest.mark.parametrize("content", ["bomb", "pickle", "other", "text", "folder"])
def test_what_is_no_checkpoint_is_refused_unread(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "step-1.pt"
    if content == "bomb":
        torch.save({"format": 1, "step": Bomb()}, path)
    elif content == "pickle":
        path.write_bytes(pickle.dumps(Bomb()))
    elif content == "other":
        torch.save({"format": 1, "colour": "red"}, path)
    elif content == "text":
        path.write_text("step 3", encoding="utf-8")
    else:
        path.mkdir()
    with pytest.raises(WeightsError) as caught:
        load_checkpoint_file(path)
    assert "\n" not in str(caught.value)
    assert not Path("exploded").exists()


def test_another_format_is_told_apart(tmp_path):
    path = tmp_path / "step-1.pt"
    torch.save({"format": 2}, path)
    with pytest.raises(WeightsError, match="another version of dain"):
        load_checkpoint_file(path)


def test_a_full_disk_costs_nothing_that_was_saved(tmp_path, monkeypatch):
    folder = CheckpointFolder(tmp_path, keep=1)
    folder.save(checkpoint(1))
    folder.save_best(checkpoint(1))
    before = {path: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()}

    def refuse(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    for save in (folder.save, folder.save_best):
        with pytest.raises(
            RunError, match="no space left on device; what was there before is kept"
        ):
            save(checkpoint(2))
    assert {path: path.read_bytes() for path in (tmp_path / "checkpoints").iterdir()} == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="permission denied"):
        write_whole(tmp_path / "a", b"1")
