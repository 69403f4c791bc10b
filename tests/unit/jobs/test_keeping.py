"""Keeping the frames of a run."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.stills import exr_of, png_of
from tests.support.videos import make_video, pictures

from dain.errors import EncodeError, OptionError, OutputError
from dain.jobs import resuming, run_job
from dain.jobs.keeping import FrameKeeper
from dain.media import Frame, open_reader
from dain.settings import EncodeSettings, JobSettings, ReadSettings, TimeSettings

SETTINGS = JobSettings(time=TimeSettings(factor=Fraction(2)))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_video(tmp_path / "in.mkv", codec="ffv1", pixel_format="bgr0", count=6)


def frame(index: int, value: int = 7) -> Frame:
    return Frame(np.full((4, 6, 3), value, np.uint8), index, Fraction(1, 24), 1, index)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def pngs(*numbers: int) -> list[str]:
    return [f"{number:08d}.png" for number in numbers]


def read(folder: Path, **settings: bool) -> list[np.ndarray]:
    with open_reader(folder, ReadSettings(**settings)) as reader:  # type: ignore[arg-type]
        return [each.pixels for each in reader.frames()]


def test_all_frames_of_a_run(clip: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, frames_in=tmp_path / "a", frames_out=tmp_path / "b")
    lossless = EncodeSettings(codec="ffv1", pix_fmt="bgr0")
    out = tmp_path / "out.mkv"
    run_job(clip, out, replace(settings, encode=lossless), interpolator=BlendEngine())
    assert names(tmp_path) == ["a", "b", "in.mkv", "out.mkv"]
    for kept, source in zip(read(tmp_path / "a"), pictures(6, 64, 48), strict=True):
        np.testing.assert_array_equal(kept, source)
    for kept, made in zip(read(tmp_path / "b"), read(out), strict=True):
        np.testing.assert_array_equal(kept, made)


def test_only_the_frames_that_are_used(clip: Path, tmp_path: Path) -> None:
    part = TimeSettings(factor=Fraction(2), start_frame=2, end_frame=4)
    settings = replace(SETTINGS, time=part, frames_in=tmp_path / "a", frames_out=tmp_path / "b")
    result = run_job(clip, tmp_path / "out.mp4", settings, interpolator=BlendEngine())
    assert names(tmp_path / "a") == pngs(2, 3, 4)
    assert result.frames_in == 3
    assert names(tmp_path / "b") == pngs(*range(result.frames_out))


def test_deep_and_transparent_frames_stay_so(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    deep = np.random.default_rng(1).integers(0, 65536, (2, 48, 64, 4), np.uint16)
    for number, pixels in enumerate(deep):
        (tmp_path / "in" / f"{number}.png").write_bytes(png_of(pixels))
    settings = replace(SETTINGS, frames_in=tmp_path / "a")
    run_job(tmp_path / "in", tmp_path / "out", settings, interpolator=BlendEngine())
    np.testing.assert_array_equal(read(tmp_path / "a", alpha=True), deep)


def test_scene_light_is_kept_as_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        (tmp_path / "in" / f"{number}.exr").write_bytes(exr_of(np.full((4, 6, 3), 5.0 * number)))
    settings = replace(SETTINGS, frames_out=tmp_path / "b", encode=EncodeSettings(codec="exr"))
    run_job(tmp_path / "in", tmp_path / "out", settings, interpolator=BlendEngine())
    kept = read(tmp_path / "b")
    assert [int(pixels.max()) for pixels in kept[::2]] == [0, 65535]
    assert {pixels.dtype.name for pixels in kept} == {"uint16"}


@pytest.mark.parametrize("error", [EncodeError("disk full"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(clip: Path, tmp_path: Path, error: BaseException) -> None:
    def fail() -> None:
        raise error

    settings = replace(SETTINGS, frames_in=tmp_path / "a", frames_out=tmp_path / "b")
    with pytest.raises(type(error)):
        run_job(clip, tmp_path / "out.mp4", settings, interpolator=BlendEngine(fail))
    assert names(tmp_path) == ["in.mkv"]


def test_frames_of_an_earlier_run_need_overwrite(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "holiday.png").write_text("mine")
    for number in (0, 5):
        (folder / f"{number:08d}.png").write_text("old")
    with pytest.raises(OutputError, match="--overwrite"):
        FrameKeeper(replace(SETTINGS, frames_out=folder))
    again = replace(SETTINGS, frames_out=folder, encode=EncodeSettings(overwrite=True))
    with FrameKeeper(again) as keeper:
        keeper.made(frame(0))
        keeper.made(frame(1))
        assert names(folder)[-3:] == [*pngs(0, 5), "holiday.png"]
    assert names(folder) == [*pngs(0, 1), "holiday.png"]
    assert read(folder / "%08d.png")[0][0, 0, 0] == 7


def test_an_interrupted_run_is_gone_on_with(tmp_path: Path) -> None:
    settings = replace(SETTINGS, frames_out=tmp_path / "kept")
    keeper = FrameKeeper(settings)
    keeper.begin()
    keeper.resumable = True
    for index in range(3):
        keeper.made(frame(index))
    keeper.abort()
    assert not (tmp_path / "kept").exists()
    (left,) = tmp_path.iterdir()
    (left / "00000003.unfinished").write_bytes(b"half")
    with FrameKeeper(settings) as keeper:
        assert keeper.holds(3, used=9)
        assert not keeper.holds(4, used=9)
        keeper.begin(done=3)
        for index in range(2, 5):
            keeper.made(frame(index, value=9))
    assert names(tmp_path) == ["kept"]
    assert names(tmp_path / "kept") == pngs(*range(5))
    assert [int(pixels[0, 0, 0]) for pixels in read(tmp_path / "kept")] == [7, 7, 9, 9, 9]


def test_a_new_run_takes_nothing_from_an_old_one(tmp_path: Path) -> None:
    settings = replace(SETTINGS, frames_out=tmp_path / "kept")
    left = FrameKeeper(settings)
    left.made(frame(8))
    with FrameKeeper(settings) as keeper:
        keeper.begin()
        keeper.made(frame(0))
    assert names(tmp_path / "kept") == pngs(0)


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    keeper = FrameKeeper(replace(SETTINGS, frames_in=tmp_path / "kept"))
    with pytest.raises(EncodeError, match=r"00000004\.png of .*: no space left on device"), keeper:
        keeper.source(frame(4))
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_run_left_is_safe_until_the_work_begins(tmp_path: Path) -> None:
    settings = replace(SETTINGS, frames_out=tmp_path / "kept")
    FrameKeeper(settings).made(frame(0))
    (left,) = tmp_path.iterdir()
    FrameKeeper(settings).abort()
    assert names(left) == pngs(0)
    FrameKeeper(replace(SETTINGS, frames_out=tmp_path / "other")).abort()
    assert list(tmp_path.iterdir()) == [left]


def cut_off(folder: Path) -> BlendEngine:
    """An engine that ends its run once a segment is sealed, with frames in hand beyond it."""
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        if len(calls) == 4:
            while not (folder / ".out.mp4.dain" / "manifest.json").exists():
                time.sleep(0.01)
            raise KeyboardInterrupt

    return BlendEngine(fail)


def test_a_run_that_is_cut_off_keeps_its_frames_for_the_next(clip: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, frames_in=tmp_path / "a", frames_out=tmp_path / "b")
    given = (clip, tmp_path / "out.mp4", settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resuming, "segment_length", lambda spec, model: 4)
        with pytest.raises(KeyboardInterrupt, match="4 of 12 frames are kept"):
            run_job(*given, interpolator=cut_off(tmp_path))
        assert names(tmp_path)[-1] == "in.mkv"
        result = run_job(*given, interpolator=BlendEngine())
    assert result.frames_kept == 4
    assert names(tmp_path) == ["a", "b", "in.mkv", "out.mp4"]
    assert names(tmp_path / "a") == pngs(*range(6))
    assert names(tmp_path / "b") == pngs(*range(12))


@pytest.mark.parametrize("kind", ["frames_in", "frames_out"])
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_kept_frames_that_are_gone_are_made_again(
    clip: Path, tmp_path: Path, kind: str, how: str
) -> None:
    settings = replace(SETTINGS, **{kind: tmp_path / "b"})  # type: ignore[arg-type]
    given = (clip, tmp_path / "out.mp4", settings)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resuming, "segment_length", lambda spec, model: 4)
        with pytest.raises(KeyboardInterrupt):
            run_job(*given, interpolator=cut_off(tmp_path))
        (left,) = tmp_path.glob(".b.*")
        if how == "gone":
            for path in left.iterdir():
                path.unlink()
        else:  # as after a power cut
            for path in left.iterdir():
                path.write_bytes(path.read_bytes()[:-1])
        result = run_job(*given, interpolator=BlendEngine())
    assert result.frames_kept == 0
    assert any("--frames-out is gone or damaged" in warning for warning in result.warnings)
    assert names(tmp_path / "b") == pngs(*range(6 if kind == "frames_in" else 12))


def test_kept_frames_that_cannot_be_moved_are_not_made_again(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    settings = replace(SETTINGS, frames_out=tmp_path / "b")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        with pytest.raises(EncodeError, match=r"cannot complete .*; 12 of 12 frames are kept"):
            run_job(clip, tmp_path / "out.mkv", settings, interpolator=BlendEngine())
    again = replace(settings, encode=EncodeSettings(overwrite=True))
    engine = BlendEngine()
    assert run_job(clip, tmp_path / "out.mkv", again, interpolator=engine).frames_kept == 12
    assert not engine.calls
    assert names(tmp_path) == ["b", "in.mkv", "out.mkv"]
    assert names(tmp_path / "b") == pngs(*range(12))


@pytest.mark.parametrize(
    ("frames_in", "frames_out"), [("in", None), (None, "out"), ("kept", "./kept")]
)
def test_folders_of_their_own(
    tmp_path: Path, frames_in: str | None, frames_out: str | None
) -> None:
    (tmp_path / "in").mkdir()
    settings = replace(
        SETTINGS,
        frames_in=frames_in and tmp_path / frames_in,
        frames_out=frames_out and tmp_path / frames_out,
    )
    with pytest.raises(OptionError, match="a folder of its own"):
        run_job(tmp_path / "in", tmp_path / "out", settings, interpolator=BlendEngine())


@pytest.mark.parametrize("kind", ["frames_in", "frames_out", "review"])
@pytest.mark.parametrize("place", ["shots", "made"])
def test_patterns_have_their_folders_to_themselves(tmp_path: Path, kind: str, place: str) -> None:
    for folder in ("shots", "made"):
        (tmp_path / folder).mkdir()
    for number in range(2):
        still = png_of(np.full((48, 64, 3), number, np.uint8))
        (tmp_path / "shots" / f"{number:08d}.png").write_bytes(still)
    settings = replace(SETTINGS, encode=EncodeSettings(overwrite=True), **{kind: tmp_path / place})
    given = (tmp_path / "shots" / "%08d.png", tmp_path / "made" / "%08d.png", settings)
    with pytest.raises(OptionError, match="a folder of its own"):
        run_job(*given, interpolator=BlendEngine())
    assert names(tmp_path / "shots") == pngs(0, 1)


@pytest.mark.parametrize("kind", ["frames_in", "frames_out", "review", "preview"])
def test_names_that_no_system_takes_are_refused(tmp_path: Path, clip: Path, kind: str) -> None:
    settings = replace(SETTINGS, **{kind: tmp_path / f"{'x' * 300}.png"})
    with pytest.raises(OptionError, match="name too long"):
        run_job(clip, tmp_path / "out.mkv", settings, interpolator=BlendEngine())
