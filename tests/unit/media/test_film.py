"""Film in interlaced frames: its own frames come back, and nothing else is taken for film."""

import numpy as np
import pytest
from tests.support.fields import make_fields
from tests.support.telecine import (
    ADVANCED,
    PROGRESSIVE,
    PULLDOWN,
    fields,
    film,
    weave,
    woven,
    write,
)
from tests.support.videos import make_video

from dain.media import open_reader
from dain.settings import ReadSettings

MPEG2 = {"flags": "+ildct+ilme", "b": "4M"}
X264 = {"flags": "+ildct+ilme", "x264-params": "tff=1", "crf": "4", "g": "8", "bf": "1"}
TAKEN = "its own frames are taken"
VIDEO = "interlaced; deinterlaced"


def read(path, wish="auto", from_pts=None):
    with open_reader(path, ReadSettings(deinterlace=wish)) as reader:
        frames = list(reader.frames(from_pts))
        assert from_pts is not None or [frame.pts for frame in frames] == list(
            reader.timestamps().pts
        )
        return frames, reader.messages


def originals(tmp_path, images, **kinds):
    """The film as a reader gives it where nobody has woven it."""
    path = write(tmp_path / "film.mkv", images, whole=range(len(images)), **kinds)
    return [frame.pixels for frame in read(path)[0]]


def numbers(frames, truth):
    """Which film frame each frame is, to the bit; None where it is none of them."""
    return [
        next((n for n, each in enumerate(truth) if np.array_equal(each, frame.pixels)), None)
        for frame in frames
    ]


@pytest.mark.parametrize("top_first", [True, False])
@pytest.mark.parametrize("begin", [0, 3])
@pytest.mark.parametrize("noise", [0.0, 8.0])
def test_pulldown_is_undone_to_the_bit(tmp_path, top_first, begin, noise):
    images = film(16, noise=noise)
    shown = fields(36, PULLDOWN, begin)
    path = write(tmp_path / "a.mkv", woven(images, shown, top_first), top_first)
    frames, messages = read(path)
    found = numbers(frames, originals(tmp_path, images))
    # A top field whose bottom field came before the beginning, or comes after the end, is alone.
    inner = found[1:-1]
    assert None not in inner
    assert inner == sorted(inner)
    assert set(range(min(inner), max(inner))) <= set(inner)
    assert messages == [f"a.mkv: interlaced, and film in its fields (3:2 pulldown); {TAKEN}"]


@pytest.mark.parametrize(
    ("cadence", "begin", "told"),
    [
        (ADVANCED, 0, "3:2 pulldown"),
        (PROGRESSIVE, 1, "2:2, each frame in two"),
        (PROGRESSIVE, 0, "its frames are whole"),
    ],
)
@pytest.mark.parametrize("top_first", [True, False])
def test_other_cadences(tmp_path, cadence, begin, told, top_first):
    images = film(20)
    shown = fields(30, cadence, begin)
    path = write(tmp_path / "a.mkv", woven(images, shown, top_first), top_first, rate=25)
    frames, messages = read(path)
    inner = numbers(frames, originals(tmp_path, images))[1:-1]
    assert None not in inner
    assert set(range(min(inner), max(inner))) <= set(inner)
    assert told in messages[0]
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("size", "pixel_format"),
    [
        ((63, 49), "yuv444p"),
        ((64, 48), "yuv422p10le"),
        ((62, 46), "yuv420p10le"),
        ((64, 48), "gray"),
        ((64, 48), "bgr0"),
    ],
)
def test_sizes_and_formats(tmp_path, size, pixel_format):
    images = film(12, size)
    path = write(
        *(tmp_path / "a.mkv", woven(images, fields(24, PULLDOWN), True)), pixel_format=pixel_format
    )
    truth = originals(tmp_path, images, pixel_format=pixel_format)
    assert numbers(read(path)[0], truth) == [0, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("codec", "options"), [("mpeg2video", MPEG2), ("libx264", X264)], ids=["mpeg2", "h264"]
)
def test_compression_leaves_the_film_close(tmp_path, codec, options):
    images = film(12)
    path = write(
        *(tmp_path / "a.ts", woven(images, fields(30, PULLDOWN), True)),
        codec=codec,
        options=options,
    )
    frames, messages = read(path)
    assert [message for message in messages if TAKEN in message]
    for frame, number in zip(frames, [0, 1, 1, 2, 3] * 3, strict=True):
        errors = [np.abs(frame.pixels.astype(int) - image).mean() for image in images]
        assert int(np.argmin(errors)) % 4 == number
        assert min(errors) < 6


def test_what_stands_still_does_not_flicker(tmp_path):
    images = film(6)
    still = film(8, noise=10)[7]  # fine detail, which interpolation would soften
    images += [still] * 12
    path = write(tmp_path / "a.mkv", woven(images, fields(44, PULLDOWN), True))
    found = numbers(read(path)[0], originals(tmp_path, images[:7]))
    assert found[8:] == [6] * 14


def test_an_edit_leaves_no_comb(tmp_path):
    images = film(40)
    shown = fields(100, PULLDOWN)
    frames = woven(images, shown, True)
    cut = [*frames[:17], *frames[32:]]  # the frame after it has a field of 25 and one of 26
    path = write(tmp_path / "a.mkv", cut)
    found = numbers(read(path)[0], originals(tmp_path, images))
    assert [number for number, each in enumerate(found[:-1]) if each is None] in ([], [17])
    assert read(path)[0][17].pixels.tobytes() != read(path, "off")[0][17].pixels.tobytes()


def test_video_among_film_is_deinterlaced_as_before(tmp_path):
    images = film(60)
    video = [
        weave(one, two, True) for one, two in zip(film(60)[20::2], film(60)[21::2], strict=True)
    ]
    frames = [*woven(images, fields(40, PULLDOWN), True), *video]
    path = write(tmp_path / "a.mkv", frames)
    alone = write(tmp_path / "video.mkv", video)
    mixed, messages = read(path)
    by_fields, told = read(alone)
    assert len(told) == 1
    assert VIDEO in told[0]
    assert len(messages) == 2
    for one, same in zip(mixed[21:], by_fields[1:], strict=True):
        assert np.array_equal(one.pixels, same.pixels)
    found = numbers(mixed[:16], originals(tmp_path, images))
    assert None not in found


@pytest.mark.parametrize("whole", [(), range(7), (9, 10, 20)])
def test_reading_from_anywhere_gives_the_same_pictures(tmp_path, whole):
    images = film(30)
    frames = woven(images, fields(40, PULLDOWN), True)
    frames += [weave(one, two, True) for one, two in zip(images[::2], images[1::2], strict=True)]
    path = write(tmp_path / "a.mp4", frames, whole=whole, codec="libx264", options=X264)
    with open_reader(path) as reader:
        frames = list(reader.frames())
        for at in range(0, len(frames), 2):
            part = list(reader.frames(frames[at].pts + at % 4 // 2))
            assert [each.index for each in part] == [each.index for each in frames[at:]]
            for one, same in zip(part, frames[at:], strict=True):
                assert np.array_equal(one.pixels, same.pixels)


def test_video_is_no_film(tmp_path):
    frames, messages = read(make_fields(tmp_path / "a.mkv", 20))
    assert len(frames) == 20
    assert len(messages) == 1
    assert VIDEO in messages[0]


def test_what_is_flagged_whole_is_left_alone(tmp_path):
    path = make_video(tmp_path / "a.mp4", count=12)
    for one, same in zip(read(path)[0], read(path, "off")[0], strict=True):
        assert np.array_equal(one.pixels, same.pixels)


def test_pulldown_that_nobody_flagged_is_undone(tmp_path):
    images = film(60)
    frames = woven(images, fields(150, PULLDOWN), True)
    path = write(
        *(tmp_path / "a.mp4", frames),
        whole=range(75),
        codec="libx264",
        options={"crf": "0", "g": "12"},
        pixel_format="yuv444p",
    )
    truth = originals(tmp_path, images, pixel_format="yuv444p")
    found, messages = read(path)
    assert numbers(found, truth) == [4 * (n // 5) + (0, 1, 1, 2, 3)[n % 5] for n in range(75)]
    assert len(messages) == 1
    assert "not flagged" in messages[0]
    for at in (1, 30, 68):
        part = read(path, from_pts=found[at].pts)[0]
        for one, same in zip(part, found[at:], strict=True):
            assert np.array_equal(one.pixels, same.pixels)
    assert read(path, "off")[1] == []


def stripes(count):
    """Lines one pixel high that rise by one from frame to frame: a comb in every weave."""
    picture = film(1)[0]
    return [
        np.where(((np.arange(48) + n) % 2 == 0)[:, None, None], picture, 255 - picture)
        for n in range(count)
    ]


@pytest.mark.parametrize("kind", ["film", "noise", "stripes", "doubled", "video"])
def test_what_nobody_flagged_and_is_no_pulldown_is_left_alone(tmp_path, kind):
    images = {
        "film": film(40),
        "noise": film(40, noise=30),
        "stripes": stripes(40),
        "doubled": [image for image in film(20) for _ in range(2)],
        "video": [
            weave(one, two, True) for one, two in zip(film(80)[::2], film(80)[1::2], strict=True)
        ],
    }[kind]
    path = write(tmp_path / "a.mkv", images, whole=range(len(images)))
    frames, messages = read(path)
    assert messages == []
    for one, same in zip(frames, read(path, "off")[0], strict=True):
        assert np.array_equal(one.pixels, same.pixels)


def test_a_sample_of_what_is_whole_is_small(tmp_path, monkeypatch):
    path = make_video(
        tmp_path / "a.mp4", count=120, rate=30, images=film(120), keyframe_interval=12
    )
    decoded = []
    with open_reader(path) as reader:
        sample = reader._deinterlacing._sample
        monkeypatch.setattr(
            *(reader._deinterlacing, "_sample"),
            lambda pts: (decoded.append(each) or each for each in sample(pts)),
        )
        next(reader.frames())
    assert 0 < len(decoded) <= 20
