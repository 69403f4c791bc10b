"""Staged output: nothing under the final name before it is complete, nothing left on failure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dain.errors import EncodeError, OutputError
from dain.media.output import StagedFile, StagedFolder


def test_a_file_appears_only_when_committed(tmp_path: Path) -> None:
    final = tmp_path / "out.mp4"
    staged = StagedFile(final, overwrite=False)
    staged.path.write_bytes(b"video")
    assert staged.path.parent == tmp_path
    assert staged.path.name.startswith(".")
    assert not final.exists()
    staged.commit()
    assert final.read_bytes() == b"video"
    assert list(tmp_path.iterdir()) == [final]


def test_discard_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    staged = StagedFile(tmp_path / "out.mp4", overwrite=False)
    staged.discard()
    staged.discard()
    assert list(tmp_path.iterdir()) == []


def test_discard_after_commit_keeps_the_output(tmp_path: Path) -> None:
    staged = StagedFile(tmp_path / "out.mp4", overwrite=False)
    staged.commit()
    staged.discard()
    assert (tmp_path / "out.mp4").exists()


def test_an_existing_file_needs_overwrite_and_is_replaced_only_at_the_end(tmp_path: Path) -> None:
    final = tmp_path / "out.mp4"
    final.write_bytes(b"old")
    with pytest.raises(OutputError, match="--overwrite"):
        StagedFile(final, overwrite=False)
    staged = StagedFile(final, overwrite=True)
    staged.path.write_bytes(b"new")
    assert final.read_bytes() == b"old"
    staged.commit()
    assert final.read_bytes() == b"new"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    final = tmp_path / "out.mp4"
    staged = StagedFile(final, overwrite=False)
    final.write_bytes(b"someone else's")
    with pytest.raises(OutputError, match="meanwhile"):
        staged.commit()
    assert final.read_bytes() == b"someone else's"
    assert list(tmp_path.iterdir()) == [final]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        staged = StagedFile(tmp_path / "out.mp4", overwrite=False)
        staged.commit()
    finally:
        os.umask(previous)
    assert (tmp_path / "out.mp4").stat().st_mode & 0o777 == 0o644


def test_a_link_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "real.mp4"
    target.write_bytes(b"old")
    link = tmp_path / "link.mp4"
    link.symlink_to(target)
    staged = StagedFile(link, overwrite=True)
    staged.path.write_bytes(b"new")
    staged.commit()
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["missing/out.mp4", "file/out.mp4"])
def test_the_folder_must_exist(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="create it first"):
        StagedFile(tmp_path / name, overwrite=False)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(OutputError, match="file name"):
        StagedFile(tmp_path / "out.mp4", overwrite=True)


def test_an_unwritable_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(OutputError, match="not writable"):
        StagedFile(tmp_path / "out.mp4", overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_disk_is_an_encode_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    final = tmp_path / "out.mp4"
    final.write_bytes(b"old")
    staged = StagedFile(final, overwrite=True)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EncodeError, match="no space left"):
        staged.commit()
    assert final.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [final]


def test_a_long_name_fits(tmp_path: Path) -> None:
    final = tmp_path / ("é" * 120 + ".mp4")
    StagedFile(final, overwrite=False).commit()
    assert final.exists()


def test_a_new_folder_appears_at_once(tmp_path: Path) -> None:
    final = tmp_path / "frames"
    staged = StagedFolder(final, overwrite=False)
    (staged.path / "0.png").write_bytes(b"0")
    assert not final.exists()
    staged.commit()
    assert [entry.name for entry in final.iterdir()] == ["0.png"]
    assert list(tmp_path.iterdir()) == [final]


def test_a_discarded_folder_leaves_nothing(tmp_path: Path) -> None:
    staged = StagedFolder(tmp_path / "frames", overwrite=False)
    (staged.path / "0.png").write_bytes(b"0")
    staged.discard()
    staged.discard()
    assert list(tmp_path.iterdir()) == []


def test_foreign_files_stay_and_ours_are_replaced(tmp_path: Path) -> None:
    final = tmp_path / "frames"
    final.mkdir()
    for name in ("0.png", "1.png", "notes.txt"):
        (final / name).write_bytes(b"old")

    def ours(name: str) -> bool:
        return name.endswith(".png")

    with pytest.raises(OutputError, match="--overwrite"):
        StagedFolder(final, overwrite=False, ours=ours)
    staged = StagedFolder(final, overwrite=True, ours=ours)
    (staged.path / "0.png").write_bytes(b"new")
    assert (final / "0.png").read_bytes() == b"old"
    staged.commit()
    assert sorted(entry.name for entry in final.iterdir()) == ["0.png", "notes.txt"]
    assert (final / "0.png").read_bytes() == b"new"
    assert (final / "notes.txt").read_bytes() == b"old"


def test_a_folder_name_taken_by_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "frames").write_bytes(b"")
    with pytest.raises(OutputError, match="expected a folder"):
        StagedFolder(tmp_path / "frames", overwrite=True)


def test_a_link_to_nowhere_names_the_folder_that_is_missing(tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(tmp_path / "nowhere" / "out.mp4")
    with pytest.raises(OutputError, match=r"folder .*nowhere of the output does not exist"):
        StagedFile(link, overwrite=False)
