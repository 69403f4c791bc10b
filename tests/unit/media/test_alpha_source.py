"""Reading videos with transparency: where it lies, and when it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tests.support.videos import cutouts, display_matrix, make_video, pictures

from dain.media.frame import Frame
from dain.media.opening import open_reader
from dain.media.video_reader import VideoReader
from dain.settings import ReadSettings

COUNT, SIZE = 4, (46, 34)
KEPT, LAID = ReadSettings(alpha=True), ReadSettings()
VP9 = {"b": "0", "crf": "4", "auto-alt-ref": "0", "cpu-used": "8"}

SOURCES: list[tuple[str, str, str, dict[str, str], float]] = [
    ("a.mov", "prores_ks", "yuva444p10le", {"profile": "4444"}, 1.5),
    ("a.mkv", "ffv1", "bgra", {}, 0.0),
    ("a10.mkv", "ffv1", "yuva444p10le", {}, 0.5),
    ("a422.mkv", "ffv1", "yuva422p10le", {}, 0.5),
    ("a12.mkv", "ffv1", "gbrap12le", {}, 0.1),
    ("a16.mkv", "ffv1", "gbrap16le", {}, 0.0),
    ("grey.mkv", "ffv1", "ya8", {}, 0.5),
    ("qtrle.mov", "qtrle", "argb", {}, 0.0),
    ("png.mov", "png", "rgba", {}, 0.0),
    ("png16.mov", "png", "rgba64be", {}, 0.0),
    ("a.avi", "utvideo", "gbrap", {}, 0.0),
    ("huffyuv.avi", "huffyuv", "bgra", {}, 0.0),
    ("a.webm", "libvpx-vp9", "yuva420p", VP9, 2.5),
    ("vp9.mkv", "libvpx-vp9", "yuva420p", VP9, 2.5),
    ("vp8.webm", "libvpx", "yuva420p", {"b": "4M", "crf": "4", "auto-alt-ref": "0"}, 3.0),
]


def make(
    folder: Path,
    name: str,
    codec: str,
    pixel_format: str,
    options: dict[str, str],
    images: Sequence[np.ndarray] | None = None,
    **others: Any,
) -> Path:
    deep = any(bits in pixel_format for bits in ("10", "12", "16", "64"))
    return make_video(
        folder / name, codec=codec, pixel_format=pixel_format, options=options,
        images=images or cutouts(COUNT, *SIZE, deep), **others,
    )  # fmt: skip


def read(path: Path, settings: ReadSettings) -> tuple[VideoReader, list[Frame]]:
    with open_reader(path, settings) as reader:
        assert isinstance(reader, VideoReader)
        return reader, list(reader.frames())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source[0])
def test_alpha_is_read(tmp_path: Path, source: tuple[Any, ...]) -> None:
    *made, tolerance = source
    reader, frames = read(make(tmp_path, *made), KEPT)
    assert reader.info.alpha
    assert reader.messages == []
    assert not reader.damage
    deep = reader.info.bit_depth > 8
    written = cutouts(COUNT, *SIZE, deep)
    assert len(frames) == COUNT
    for frame, image in zip(frames, written, strict=True):
        assert frame.pixels.shape == (SIZE[1], SIZE[0], 4)
        assert frame.pixels.dtype == (np.uint16 if deep else np.uint8)
        assert frame.pixels.flags.c_contiguous
        step = 257 if deep else 1
        difference = np.abs(frame.pixels[..., 3].astype(float) - image[..., 3]) / step
        assert difference.mean() <= tolerance
        solid = image[..., 3] == image[..., 3].max()
        if reader.info.pixel_format != "ya8":
            assert np.abs(frame.pixels[solid][:, :3] / step - image[solid][:, :3] / step).mean() < 4


@pytest.mark.parametrize("index", [0, 1, 12])
def test_alpha_is_laid_on_white_for_those_who_want_none(tmp_path: Path, index: int) -> None:
    *made, _ = SOURCES[index]
    reader, frames = read(make(tmp_path, *made), LAID)
    assert not reader.info.alpha
    assert [message.partition(";")[0] for message in reader.messages] == [
        f"{made[0]}: transparency is laid on white"
    ]
    top = np.iinfo(frames[0].pixels.dtype).max
    assert frames[0].pixels.shape == (SIZE[1], SIZE[0], 3)
    assert (frames[0].pixels[0, -1] == top).all()


def test_what_is_opaque_throughout_is_read_as_rgb(tmp_path: Path) -> None:
    images = cutouts(COUNT, *SIZE)
    for image in images:
        image[..., 3] = 255
    path = make(tmp_path, "a.mov", "qtrle", "argb", {}, images)
    for settings in (KEPT, LAID):
        reader, frames = read(path, settings)
        assert not reader.info.alpha
        assert reader.messages == []
        np.testing.assert_array_equal(frames[2].pixels, images[2][..., :3])


def test_transparency_that_comes_late_is_found(tmp_path: Path) -> None:
    images = cutouts(COUNT, *SIZE)
    images[0][..., 3] = images[1][..., 3] = 255
    path = make(tmp_path, "a.mov", "qtrle", "argb", {}, images)
    reader, frames = read(path, KEPT)
    assert reader.info.alpha
    np.testing.assert_array_equal(frames[3].pixels, images[3])
    reader, frames = read(path, LAID)
    assert "laid on white" in reader.messages[0]
    np.testing.assert_array_equal(frames[0].pixels, images[0][..., :3])
    assert frames[3].pixels[0, -1].tolist() == [255, 255, 255]


def test_a_film_that_fades_in_from_nothing_is_transparent(tmp_path: Path) -> None:
    images = cutouts(COUNT, *SIZE)
    images[0][..., 3] = 0
    for image in images[1:]:
        image[..., 3] = 255
    reader, _ = read(make(tmp_path, "a.mov", "qtrle", "argb", {}, images), KEPT)
    assert reader.info.alpha


@pytest.mark.parametrize("settings", [KEPT, LAID])
def test_alpha_that_nobody_has_set_hides_nothing(tmp_path: Path, settings: ReadSettings) -> None:
    images = cutouts(COUNT, *SIZE)
    for image in images:
        image[..., 3] = 0
    reader, frames = read(make(tmp_path, "a.avi", "utvideo", "gbrap", {}, images), settings)
    assert not reader.info.alpha
    np.testing.assert_array_equal(frames[1].pixels, images[1][..., :3])
    assert "taken to mean nothing" in reader.messages[0]


def test_alpha_is_turned_upright_with_its_colours(tmp_path: Path) -> None:
    matrix = display_matrix(6)
    path = make(tmp_path, "a.mov", "qtrle", "argb", {}, rotation=matrix)
    reader, frames = read(path, KEPT)
    assert (reader.info.width, reader.info.height) == (SIZE[1], SIZE[0])
    np.testing.assert_array_equal(frames[0].pixels, np.rot90(cutouts(1, *SIZE)[0], -1))


def test_reading_vp9_alpha_from_a_time(tmp_path: Path) -> None:
    *made, _ = SOURCES[12]
    path = make(tmp_path, *made, keyframe_interval=2)
    _, frames = read(path, KEPT)
    with open_reader(path, KEPT) as reader:
        tail = list(reader.frames(frames[3].pts))
    assert [frame.index for frame in tail] == [3]
    np.testing.assert_array_equal(tail[0].pixels, frames[3].pixels)


def test_vp9_without_alpha_keeps_its_decoder(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.webm", count=3, codec="libvpx-vp9", options={"cpu-used": "8"})
    reader, _ = read(path, KEPT)
    assert not reader.info.alpha
    assert reader.info.pixel_format == "yuv420p"


def test_alpha_that_the_decoder_cannot_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *made, _ = SOURCES[12]
    path = make(tmp_path, *made)
    # A decoder that makes nothing of it, as libvpx does of more than 8 bits in some builds.
    monkeypatch.setattr("dain.media.probing.decoded", lambda *_: iter(()))
    reader, frames = read(path, KEPT)
    assert not reader.info.alpha
    assert reader.messages == ["a.webm: transparency is dropped; libvpx-vp9 cannot read it"]
    assert frames[0].pixels.shape[2] == 3


def test_grey_frames_of_a_video_stay_opaque(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "a.mkv", codec="ffv1", frames=[
            av.VideoFrame.from_ndarray(image[..., 0].copy(), format="gray")
            for image in pictures(2, *SIZE)
        ],
    )  # fmt: skip
    assert not read(path, KEPT)[0].info.alpha
