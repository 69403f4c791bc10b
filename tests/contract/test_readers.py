"""What every reader must do, whatever it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.animations import save_animation
from tests.support.stills import save_stills
from tests.support.videos import make_video, pictures

from dain.errors import MediaError
from dain.media.frame import Frame
from dain.media.interfaces import FrameReader
from dain.media.opening import open_reader
from dain.settings import ReadSettings

COUNT = 13
SIZE = (62, 46)
RATE = Fraction(25)
ANIMATED = {"a.gif": 6.0, "a.apng": 0.0, "animated.png": 0.0, "a.webp": 0.0}
STILLS = {".png": 0.0, ".tiff": 0.0, ".jpg": 6.0, ".webp": 12.0}
OTHERS = {"a.zip": 0.0, ".exr": 0.0, "exr.zip": 0.0}


@dataclass(frozen=True)
class Case:
    """One source of the same thirteen pictures."""

    name: str
    codec: str = ""
    pixel_format: str = "yuv420p"
    options: dict[str, str] = field(default_factory=dict)
    deep: bool = False
    tolerance: float = 6.0  # mean absolute difference from what was written, of 255

    def make(self, folder: Path) -> Path:
        images = pictures(COUNT, *SIZE, deep=self.deep)
        if self.codec:
            return make_video(
                folder / self.name, images=images, rate=RATE, codec=self.codec,
                pixel_format=self.pixel_format, options=self.options, keyframe_interval=5,
            )  # fmt: skip
        if self.name in OTHERS:
            return save_stills(folder / self.name, images)
        if self.name in ANIMATED:
            return save_animation(folder / self.name, images, float(1000 / RATE))
        for index, image in enumerate(images):
            cv2.imwrite(str(folder / f"{index + 1:05d}{self.name}"), image[..., ::-1])
        return folder if self.name != ".tiff" else folder / "%05d.tiff"


CASES = [
    Case("a.mp4", "libx264", options={"bf": "2"}),
    Case("a.mkv", "ffv1", "yuv444p", tolerance=1.5),
    Case("deep.mkv", "ffv1", "yuv444p10le", deep=True, tolerance=0.8),
    Case("rgb.mkv", "ffv1", "bgr0", tolerance=0.0),
    Case("a.webm", "libvpx-vp9", options={"deadline": "realtime", "crf": "20", "b": "0"}),
    Case("a.avi", "mpeg4", options={"bf": "0", "qscale": "2", "flags": "+qscale"}),
    Case("a.mov", "prores_ks", "yuv422p10le", deep=True),
    Case("a.ts", "mpeg2video", options={"b": "4M"}),
    Case("h264.ts", "libx264", options={"bf": "2"}),
    Case("a.mpg", "mpeg1video", options={"b": "4M"}),
    Case("a.flv", "libx264"),
    Case("a.h264", "libx264", options={"bf": "2"}),
    *[Case(name, tolerance=tolerance) for name, tolerance in (ANIMATED | STILLS).items()],
    Case(".png", deep=True, tolerance=0.0),
    Case("a.zip", tolerance=0.0),
    Case("a.zip", deep=True, tolerance=0.0),
    Case(".exr", deep=True, tolerance=0.02),
    Case("exr.zip", deep=True, tolerance=0.02),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case.codec}{case.name}{'-deep' * case.deep}")
def case(request) -> Case:
    return request.param


@pytest.fixture
def path(case, tmp_path) -> Path:
    return case.make(tmp_path)


@pytest.fixture
def reader(path):
    with open_reader(path, ReadSettings(stills_rate=RATE)) as opened:
        yield opened


def described(frames: list[Frame]) -> list[tuple[int, int, int | None, Fraction]]:
    return [(frame.index, frame.pts, frame.duration, frame.time_base) for frame in frames]


def test_info_is_what_was_written(reader, case, path):
    info = reader.info
    assert (info.width, info.height) == SIZE
    assert info.rates[0] == RATE
    assert info.frame_count in (None, COUNT)
    # MPEG program streams state no duration; FFmpeg estimates it.
    assert info.duration is None or abs(info.duration - COUNT / RATE) <= 3 / RATE
    assert (info.bit_depth > 8) == case.deep
    assert info.path == path
    assert info.sample_aspect_ratio == 1
    assert info.codec
    assert info.pixel_format


def test_frames_come_complete_and_in_order(reader, case):
    frames = list(reader.frames())
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert all(later.pts > frame.pts for frame, later in pairwise(frames))
    assert {later.time - frame.time for frame, later in pairwise(frames)} <= {
        1 / RATE,
        Fraction(40, 1000),
    }
    assert not reader.damage
    assert reader.messages == []


def test_pixels_are_upright_rgb(reader, case):
    written = pictures(COUNT, *SIZE, deep=case.deep)
    for frame, image in zip(reader.frames(), written, strict=True):
        assert frame.pixels.dtype == (np.uint16 if case.deep else np.uint8)
        assert frame.pixels.shape == (SIZE[1], SIZE[0], 3)
        assert frame.pixels.flags.c_contiguous
        difference = np.abs(frame.pixels.astype(np.float64) - image)
        scale = 257 if case.deep else 1
        assert difference.mean() / scale <= case.tolerance


def test_reading_again_gives_the_same(reader):
    first, second = list(reader.frames()), list(reader.frames())
    assert described(first) == described(second)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_frames_do_not_share_their_pixels(reader):
    iterator = reader.frames()
    first = next(iterator)
    kept = first.pixels.copy()
    next(iterator).pixels[...] = 0
    np.testing.assert_array_equal(first.pixels, kept)


def test_timestamps_agree_with_the_frames(reader):
    listed = reader.timestamps()
    frames = list(reader.frames())
    assert list(listed.pts) == [frame.pts for frame in frames]
    assert {frame.time_base for frame in frames} == {listed.time_base} == {reader.info.time_base}
    assert listed.last_duration is None or listed.last_duration > 0
    assert list(reader.timestamps().pts) == list(listed.pts)


def test_reading_from_a_time(reader):
    frames = list(reader.frames())
    for index in (0, 4, 5, COUNT - 1):
        for pts in {frames[index].pts, (frames[min(index + 1, COUNT - 1)].pts - 1)}:
            if pts < frames[index].pts:
                continue
            tail = list(reader.frames(pts))
            assert described(tail) == described(frames[index:])
            np.testing.assert_array_equal(tail[0].pixels, frames[index].pixels)


def test_reading_from_before_the_start_and_after_the_end(reader):
    frames = list(reader.frames())
    before = list(reader.frames(frames[0].pts - 100))
    assert described(before) == described(frames)
    after = list(reader.frames(frames[-1].pts + 100000))
    assert described(after) == described(frames[-1:])


def test_a_reading_may_be_given_up(reader):
    iterator = reader.frames()
    next(iterator)
    iterator.close()
    assert len(list(reader.frames())) == COUNT


def test_closing_twice_is_safe(path):
    reader = open_reader(path)
    assert isinstance(reader, FrameReader)
    next(reader.frames())
    reader.close()
    reader.close()


def test_nothing_there(tmp_path):
    for name in ("missing.mp4", "missing", "missing_%05d.png"):
        with pytest.raises(MediaError, match="missing"):
            open_reader(tmp_path / name)
