"""Folders of videos, and what results in other folders are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.support.animations import save_animation
from tests.support.stills import png_of, save_zip
from tests.support.videos import pictures

from dain.errors import MediaError
from dain.media.moving_files import files_to_run, name_of_result

STILL = png_of(np.zeros((2, 2, 3), np.uint8))


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"?")


def test_a_folder_of_videos_is_its_videos_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "c10.mp4", "c2.MP4", "notes.txt", "sound.wav", ".hidden.mp4", "b.zip")
    (tmp_path / "more.mp4").mkdir()
    for name in ("a.gif", "moves.png", "moves.webp"):
        save_animation(tmp_path / name, pictures(2, 16, 16), 100)
    found = [file.name for file in files_to_run(tmp_path)]
    assert found == ["a.gif", "b.zip", "c2.MP4", "c10.mp4", "moves.png", "moves.webp"]


def test_other_inputs_are_themselves(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(STILL)
    touch(tmp_path, "notes.txt")
    for path in (tmp_path, tmp_path / "clip.mp4", tmp_path / "%05d.png"):
        assert files_to_run(path) == [path]


def test_videos_beside_stills_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(STILL)
    touch(tmp_path, "preview.mp4")
    with pytest.raises(MediaError, match=r"found both .*preview\.mp4 and 1\.png; name the videos"):
        files_to_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "container", "expected"),
    [
        ("a.mp4", None, "a.mp4"),
        ("a.MKV", None, "a.MKV"),
        ("a.rm", None, "a.mkv"),
        ("a.b.rmvb", None, "a.b.mkv"),
        ("a.gif", None, "a.gif"),
        ("s.cbz", None, "s.cbz"),
        ("shot_%05d.png", None, "shot_%05d.png"),
        ("shot_%05d.png", ".mp4", "shot.mp4"),
        ("%05d.png", ".mp4", "FOLDER.mp4"),
        ("a.gif", ".webm", "a.webm"),
    ],
)
def test_names_of_results(tmp_path: Path, name: str, container: str | None, expected: str) -> None:
    assert name_of_result(tmp_path / name, container) == expected.replace("FOLDER", tmp_path.name)


def test_names_by_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "shots.v1").mkdir()
    assert name_of_result(tmp_path / "shots.v1") == "shots.v1"
    assert name_of_result(tmp_path / "shots.v1", ".mov") == "shots.v1.mov"
    moves = save_animation(tmp_path / "moves.png", pictures(2, 16, 16), 100)
    assert name_of_result(moves) == "moves.apng"
    unnamed = save_zip(tmp_path / "download.bin", {"1.png": STILL})
    assert name_of_result(unnamed) == "download.zip"
