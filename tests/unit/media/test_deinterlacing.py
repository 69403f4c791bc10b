"""Interlaced sources: recognised, told, and made whole."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from tests.support.fields import NTSC, make_fields, scene, woven
from tests.support.interlaced import make_interlaced
from tests.support.videos import make_video

from dain.errors import OptionError
from dain.media import open_reader
from dain.settings import ReadSettings

X264 = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "4"}
X264_BOTTOM = {"flags": "+ildct+ilme", "x264-params": "bff=1", "crf": "4"}
MPEG2 = {"flags": "+ildct+ilme", "b": "4M"}


def read(path, wish="auto", from_pts=None):
    with open_reader(path, ReadSettings(deinterlace=wish)) as reader:
        frames = list(reader.frames(from_pts))
        return frames, reader.timestamps(), reader.info, reader.messages


def distance(frame, picture):
    """Mean absolute difference of the inner lines; at the edges a field has only one neighbour."""
    pixels = frame.pixels.astype(int)
    if frame.pixels.dtype == np.uint16:
        pixels //= 257
    return np.abs(pixels - picture)[4:-4].mean()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("a.mkv", {}),
        ("bottom.mkv", {"top_first": False}),
        ("a.mp4", {"codec": "libx264", "options": X264}),
        ("bottom.mp4", {"codec": "libx264", "options": X264_BOTTOM, "top_first": False}),
        ("a.mpg", {"codec": "mpeg2video", "options": MPEG2}),
        (
            "a.mov",
            {
                "codec": "prores_ks",
                "options": {"flags": "+ildct"},
                "pixel_format": "yuv422p10le",
            },
        ),
    ],
)
def test_frames_and_fields_show_their_own_instant(tmp_path, name, kinds):
    path = make_fields(tmp_path / name, **kinds)
    frames, listed, info, messages = read(path)
    assert [frame.pts for frame in frames] == list(listed.pts)
    assert len(frames) == 6
    assert NTSC in info.rates
    assert messages == [
        f"{name}: interlaced; deinterlaced, one frame for each (--deinterlace bob: one for each "
        "field; off: as they are)"
    ]
    # The first and last have a neighbour on one side only.
    for number, frame in list(enumerate(frames))[1:-1]:
        right, wrong = (distance(frame, scene(2 * number + k)) for k in (0, 1))
        assert right < wrong / 2

    fields, halves, info, messages = read(path, "bob")
    assert [frame.pts for frame in fields] == list(halves.pts)
    assert len(fields) == 12
    assert 2 * NTSC in info.rates
    assert messages == [f"{name}: interlaced; each field is made a frame (--deinterlace bob)"]
    for instant, frame in list(enumerate(fields))[1:-1]:
        near = [distance(frame, scene(k)) for k in range(12)]
        assert near.index(min(near)) == instant
    assert [frame.time for frame in fields[::2]] == [frame.time for frame in frames]


def test_fields_lie_half_way_to_the_next_frame(tmp_path):
    pts = [0, 33, 67, 133, 500, 533]
    path = make_fields(tmp_path / "a.mkv", pts=pts, time_base=Fraction(1, 1000))
    _, listed, _, _ = read(path)
    assert list(listed.pts) == pts
    _, halves, info, _ = read(path, "bob")
    assert info.time_base == Fraction(1, 2000)
    assert list(halves.pts[::2]) == [2 * value for value in pts]
    assert list(halves.pts[1:-1:2]) == [now + later for now, later in pairwise(pts)]
    assert halves.pts[-1] - halves.pts[-2] == halves.last_duration == listed.last_duration


@pytest.mark.parametrize(
    ("wish", "whole"),
    [("auto", ()), ("auto", (0, 1)), ("auto", (2, 3)), ("bob", ()), ("bob", (0, 4)), ("off", ())],
)
def test_reading_from_anywhere_gives_the_same_pictures(tmp_path, wish, whole):
    path = make_fields(
        *(tmp_path / "a.mp4", 7),
        whole=whole,
        codec="libx264",
        options={**X264, "g": "4", "bf": "1"},
    )
    with open_reader(path, ReadSettings(deinterlace=wish)) as reader:
        frames = list(reader.frames())
        for at in range(0, len(frames), 1 if wish == "auto" else 3):
            for pts in (frames[at].pts, frames[at].pts + 1):
                part = list(reader.frames(pts))
                assert [each.pts for each in part] == [each.pts for each in frames[at:]]
                assert [each.index for each in part] == [each.index for each in frames[at:]]
                for one, same in zip(part, frames[at:], strict=True):
                    assert np.array_equal(one.pixels, same.pixels)


def test_a_single_frame_gives_both_its_fields(tmp_path):
    frames, listed, _, _ = read(make_fields(tmp_path / "a.mkv", 1), "bob")
    assert [frame.pts for frame in frames] == list(listed.pts)
    assert len(frames) == 2


def test_frames_that_are_whole_pass_untouched(tmp_path):
    path = make_fields(tmp_path / "a.mkv", whole=(0, 3, 5))
    frames, _, _, messages = read(path)
    as_they_are = read(path, "off")[0]
    same = [np.array_equal(a.pixels, b.pixels) for a, b in zip(frames, as_they_are, strict=True)]
    assert [number for number, each in enumerate(same) if each] == [0, 3, 5]
    assert len(messages) == 1  # told when it is met, for the first frame is whole


def test_whole_frames_in_a_source_of_fields_are_not_shown_twice(tmp_path):
    path = make_fields(tmp_path / "a.mkv", whole=(2, 3))
    fields, listed, _, _ = read(path, "bob")
    assert len(listed.pts) == 12
    assert [frame.pts for frame in fields] == [
        pts for number, pts in enumerate(listed.pts) if number not in (5, 7)
    ]


def test_off_leaves_the_lines_as_they_are(tmp_path):
    path = make_fields(tmp_path / "a.mkv")
    frames, _, _, messages = read(path, "off")
    for number, frame in enumerate(frames):
        assert distance(frame, woven(scene(2 * number), scene(2 * number + 1), True)) < 1
    assert messages == ["a.mkv: interlaced; frames keep their two fields (--deinterlace off)"]


def test_a_source_without_fields_is_left_alone(tmp_path):
    path = make_video(tmp_path / "a.mp4", count=4)
    plain, listed, info, messages = read(path)
    assert messages == []
    for wish in ("off", "bob"):
        frames, times, about, notes = read(path, wish)
        assert (times, about) == (listed, info)
        for one, same in zip(frames, plain, strict=True):
            assert np.array_equal(one.pixels, same.pixels)
        assert len(notes) == (wish == "bob")
    assert "its first frame is not flagged as interlaced" in notes[0]


@pytest.mark.parametrize("whole_frames", [False, True])
def test_fields_that_are_coded_apart(tmp_path, whole_frames):
    path = make_interlaced(tmp_path / "a.mkv", count=6, whole_frames=whole_frames)
    frames, listed, _, messages = read(path)
    assert [frame.pts for frame in frames] == list(listed.pts)
    assert "its frames are whole" in messages[0]  # their fields do not differ
    fields, halves, _, _ = read(path, "bob")
    assert [frame.pts for frame in fields] == list(halves.pts)
    assert len(fields) == 12


def test_damaged_frames_are_left_out(tmp_path):
    path = make_fields(tmp_path / "a.mp4", codec="libx264", options={**X264, "g": "1"})
    with av.open(str(path)) as container:
        packet = [each for each in container.demux(video=0) if each.size][3]
        begin, end = packet.pos + 8, packet.pos + packet.size
    data = path.read_bytes()
    path.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    for wish in ("auto", "bob"):
        with open_reader(path, ReadSettings(deinterlace=wish)) as reader:
            frames, listed = list(reader.frames()), reader.timestamps().pts
            assert reader.damage.corrupt == 1
            lost = (3,) if wish == "auto" else (6, 7)
            assert [frame.pts for frame in frames] == [
                pts for number, pts in enumerate(listed) if number not in lost
            ]
            for frame in frames:
                assert np.array_equal(next(reader.frames(frame.pts)).pixels, frame.pixels)


def test_another_wish_is_refused():
    with pytest.raises(OptionError, match="--deinterlace must be one of auto, off, bob, found"):
        ReadSettings(deinterlace="weave")  # type: ignore[arg-type]
