"""Zips of stills: what is read in them, what is not, and what is written."""

from __future__ import annotations

import struct
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.support.stills import png_of, save_zip

from dain.errors import EncodeError, MediaError, OutputError
from dain.media import Frame, OutputSpec, open_reader, open_writer
from dain.media.stills_names import is_archive, is_stills, is_stills_output
from dain.media.stills_sources import ZippedStills
from dain.settings import EncodeSettings

SPEC = OutputSpec(width=6, height=4, rate=Fraction(24))


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)


def files(*names: str) -> dict[str, bytes]:
    return {name: png_of(picture(seed)) for seed, name in enumerate(names)}


def read(path: Path) -> tuple[list[np.ndarray], list[str]]:
    with open_reader(path) as reader:
        frames = [frame.pixels for frame in reader.frames()]
        return frames, reader.damage.messages


def write(path: Path, *pictures: np.ndarray, **settings: object) -> Path:
    with open_writer(path, SPEC, EncodeSettings(**settings)) as writer:  # type: ignore[arg-type]
        for index, pixels in enumerate(pictures):
            writer.write(Frame(pixels, index, Fraction(1, 24), 1, index))
    return path


def test_which_names_are_zips(tmp_path: Path) -> None:
    named = save_zip(tmp_path / "a.CBZ", files("1.png"))
    unnamed = save_zip(tmp_path / "download", files("1.png"))
    (tmp_path / "folder.zip").mkdir()
    assert is_archive(named)
    assert is_archive(unnamed)
    assert is_stills(unnamed)
    assert not is_archive(tmp_path / "folder.zip")
    assert is_stills_output(tmp_path / "new.zip")
    assert is_stills_output(tmp_path / "new.Cbz")


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_natural_order_without_strangers(tmp_path: Path, kind: int) -> None:
    found = files("shots/v1/f10.png", "shots/v1/f2.PNG", "shots/v1/f1.png")
    strangers = ("__MACOSX/shots/v1/._f1.png", "shots/v1/.DS_Store", "shots/Thumbs.db", "a.txt")
    path = save_zip(tmp_path / "a.zip", {**dict.fromkeys(strangers, b"?"), **found}, kind)
    frames, damage = read(path)
    for pixels, seed in zip(frames, (2, 1, 0), strict=True):
        np.testing.assert_array_equal(pixels, picture(seed))
    assert damage == []


def test_numbers_of_any_length_are_put_in_order(tmp_path: Path) -> None:
    long = "1" * 5000  # more digits than Python makes a number of
    path = save_zip(tmp_path / "a.zip", files(f"{long}.png", "007.png", "10.png"))
    with open_reader(path) as reader:
        found = [next(iter(frames)).pixels for frames in (reader.frames(n) for n in range(3))]
    for pixels, seed in zip(found, (1, 2, 0), strict=True):
        np.testing.assert_array_equal(pixels, picture(seed))


def test_names_that_lead_elsewhere_or_use_backslashes_do_no_harm(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "a.zip", files("..\\..\\up\\1.png", "..\\..\\up\\2.png"))
    frames, _ = read(path)
    assert len(frames) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "expected PNG, JPEG, TIFF, WebP or EXR images in"),
        ({"notes.txt": b"?"}, "found none"),
        (files("a/1.png", "b/1.png"), "in one folder of it, found 2, such as a and b"),
        ({"1.png": b"no image"}, "none that can be decoded"),
    ],
)
def test_zips_without_a_sequence(tmp_path: Path, content: dict[str, bytes], message: str) -> None:
    with pytest.raises(MediaError, match=message):
        open_reader(save_zip(tmp_path / "a.zip", content))


def test_what_is_no_zip_or_cut_short(tmp_path: Path) -> None:
    whole = save_zip(tmp_path / "a.zip", files("1.png", "2.png")).read_bytes()
    for data in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "a.zip").write_bytes(data)
        with pytest.raises(MediaError, match="cannot be opened as one"):
            open_reader(tmp_path / "a.zip")


def test_a_password_is_told(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "a.zip", files("1.png", "2.png"))
    data = bytearray(path.read_bytes())
    entry = data.rfind(b"PK\x01\x02")
    data[entry + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"found 2\.png of .* encrypted"):
        open_reader(path)


def test_an_unknown_compression_is_told(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "a.zip", files("1.png", "2.png"))
    data = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        struct.pack_into("<H", data, data.find(mark) + place, 9)
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"cannot unpack 1\.png of .*not supported"):
        open_reader(path)


def test_damaged_members_are_bridged_and_counted(tmp_path: Path) -> None:
    stored = files("1.png", "2.png", "3.png")
    path = save_zip(tmp_path / "a.zip", stored, zipfile.ZIP_STORED)
    data = path.read_bytes().replace(stored["2.png"], stored["2.png"][:-20] + bytes(20))
    path.write_bytes(data)
    frames, damage = read(path)
    assert len(frames) == 2
    assert damage == ["2.png cannot be decoded; bridged"]


def test_a_member_that_promises_too_much_is_not_read(tmp_path: Path) -> None:
    path = save_zip(tmp_path / "a.zip", files("1.png", "2.png"))
    source = ZippedStills(path)
    source._members["1.png"].file_size = (1 << 30) + 1
    assert source.read("1.png") == b""
    assert source.read("2.png", 4) == b"\x89PNG"
    source.close()


def test_equal_frames_make_equal_zips_of_stored_files(tmp_path: Path) -> None:
    one = write(tmp_path / "a.zip", picture(0), picture(1), codec="tiff")
    other = write(tmp_path / "b.zip", picture(0), picture(1), codec="tiff")
    assert one.read_bytes() == other.read_bytes()
    with zipfile.ZipFile(one) as archive:
        assert archive.namelist() == ["00000000.tiff", "00000001.tiff"]
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert archive.testzip() is None


def test_a_zip_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", picture(0))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="--overwrite"):
        write(path, picture(1))
    assert path.read_bytes() == before
    write(path, picture(1), picture(2), overwrite=True)
    assert len(read(path)[0]) == 2


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    writer = open_writer(tmp_path / "a.zip", SPEC, EncodeSettings())
    monkeypatch.setattr(zipfile.ZipFile, "writestr", refuse)
    with pytest.raises(EncodeError, match=r"00000000\.png .*no space left on device"), writer:
        writer.write(Frame(picture(0), 0, Fraction(1, 24), 1, 0))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_at_the_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise OSError(28, "No space left on device")

    writer = open_writer(tmp_path / "a.zip", SPEC, EncodeSettings())
    writer.write(Frame(picture(0), 0, Fraction(1, 24), 1, 0))
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "close", refuse)
        with pytest.raises(EncodeError, match="no space left on device"):
            writer.finish()
    assert list(tmp_path.iterdir()) == []
