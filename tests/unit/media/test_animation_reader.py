"""Animated images: what browsers show of them, and when."""

import io
import os
import struct
from fractions import Fraction

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.support.animations import (
    ApngFrame,
    GifFrame,
    drifting,
    save_animation,
    seen_by_pillow,
    write_apng,
    write_gif,
)

from dain.errors import MediaError
from dain.media.animation import animation_format
from dain.media.animation_apng import chunk, is_apng
from dain.media.animation_reader import AnimationReader
from dain.media.opening import open_reader
from dain.media.video_reader import VideoReader
from dain.settings import ReadSettings

KEEP_ALPHA = ReadSettings(alpha=True)
RED, GREEN, BLUE, NOTHING = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
R, G, B, N = 0, 1, 2, 3  # indices of `write_gif`


def read(path, settings=KEEP_ALPHA):
    with open_reader(path, settings) as reader:
        assert isinstance(reader, AnimationReader)
        frames = list(reader.frames())
    return reader, frames


def delays(path):
    reader, frames = read(path)
    stated = reader.timestamps()
    assert [frame.pts for frame in frames] == list(stated.pts)
    assert frames[-1].duration == stated.last_duration
    return [frame.duration * frame.time_base for frame in frames]


def rows(frame):
    """Pixels of a small picture as RGBA tuples."""
    opaque = [] if frame.pixels.shape[2] == 4 else [255]
    return [[(*pixel, *opaque) for pixel in row] for row in frame.pixels.tolist()]


# --- what is an animation ---


def test_animations_are_told_by_their_contents(tmp_path):
    for name in ("a.gif", "a.apng", "a.png", "a.webp"):
        path = save_animation(tmp_path / name, drifting(3), 50)
        moved = path.rename(tmp_path / "anything.bin")
        assert animation_format(moved) == {".png": "apng"}.get(path.suffix, path.suffix[1:])


def test_stills_are_no_animations(tmp_path):
    for name in ("a.png", "a.webp", "a.jpg"):
        cv2.imwrite(str(tmp_path / name), drifting(1)[0])
        assert animation_format(tmp_path / name) is None
        with open_reader(tmp_path / name) as reader:
            assert isinstance(reader, VideoReader)
    assert animation_format(tmp_path / "missing.gif") is None
    assert not is_apng(io.BytesIO(b"\x89PNG\r\n\x1a\n"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.gif")
    with pytest.raises(MediaError, match="pipe"):
        open_reader(tmp_path / "a.gif")


# --- times ---


def test_gif_delays_are_hundredths_and_too_short_ones_are_ten(tmp_path):
    frames = [GifFrame([[R + k % 3]], delay=delay) for k, delay in enumerate([0, 1, 2, 7, 250])]
    path = write_gif(tmp_path / "a.gif", (1, 1), frames)
    assert delays(path) == [Fraction(each, 100) for each in (10, 10, 2, 7, 250)]
    assert read(path)[0].info.duration == Fraction(279, 100)


def test_apng_delays_are_fractions(tmp_path):
    pixels = np.full((1, 1, 4), 255, np.uint8)
    stored = [(1001, 60000), (1, 3), (7, 0), (0, 5), (40, 1000)]
    frames = [ApngFrame(pixels * (k % 2), delay=delay) for k, delay in enumerate(stored)]
    path = write_apng(tmp_path / "a.apng", (1, 1), frames)
    expected = ["1001/60000", "1/3", "7/100", "1/10", "1/25"]
    assert delays(path) == [Fraction(each) for each in expected]


def test_webp_delays_are_milliseconds(tmp_path):
    path = save_animation(tmp_path / "a.webp", drifting(4), [0, 41, 9, 700])
    assert delays(path) == [Fraction(each, 1000) for each in (100, 41, 9, 700)]


def test_the_rate_is_that_of_all_frames_but_the_last(tmp_path):
    path = save_animation(tmp_path / "a.gif", drifting(4), [40, 40, 40, 2000])
    assert read(path)[0].info.rates == (25,)
    path = save_animation(tmp_path / "b.gif", drifting(4), [40, 50, 40, 40])
    assert read(path)[0].info.rates == ()


@pytest.mark.parametrize(("repeats", "plays"), [(None, 1), (0, 0), (1, 2), (65535, 65536)])
def test_how_often_a_gif_plays(tmp_path, repeats, plays):
    path = write_gif(tmp_path / "a.gif", (1, 1), [GifFrame([[R]])], repeats)
    assert read(path)[0].info.plays == plays


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
@pytest.mark.parametrize("plays", [0, 1, 5])
def test_how_often_others_play(tmp_path, suffix, plays):
    path = save_animation(tmp_path / f"a{suffix}", drifting(3), 40, loop=plays)
    assert read(path)[0].info.plays == plays


# --- pictures ---


def test_disposals_of_gif(tmp_path):
    path = write_gif(
        tmp_path / "a.gif",
        (3, 1),
        [
            GifFrame([[R, R, R]], disposal=1),
            GifFrame([[G, N]], disposal=3),
            GifFrame([[B]], place=(2, 0), disposal=2),
            GifFrame([[G]], place=(1, 0), disposal=4),  # 4 means 3
            GifFrame([[N]]),
        ],
    )
    shown = [rows(frame)[0] for frame in read(path)[1]]
    assert shown == [
        [RED, RED, RED],
        [GREEN, RED, RED],
        [RED, RED, BLUE],
        [RED, GREEN, NOTHING],
        [RED, RED, NOTHING],
    ]


def test_a_first_gif_frame_that_is_restored_leaves_nothing(tmp_path):
    frames = [GifFrame([[R, R]], disposal=3), GifFrame([[G]])]
    path = write_gif(tmp_path / "a.gif", (2, 1), frames)
    assert [rows(frame)[0] for frame in read(path)[1]] == [[RED, RED], [GREEN, NOTHING]]


def test_gif_frames_beyond_the_canvas(tmp_path):
    frames = [GifFrame([[R, G], [B, R]]), GifFrame([[G, G]], place=(1, 1))]
    path = write_gif(tmp_path / "a.gif", (1, 1), frames)
    assert [rows(frame) for frame in read(path)[1]] == [
        [[RED, GREEN], [BLUE, RED]],
        [[RED, GREEN], [BLUE, GREEN]],
    ]


def test_blending_and_disposal_of_apng(tmp_path):
    def patch(*colours):
        return np.array([colours], np.uint8)

    half = (0, 255, 0, 128)
    path = write_apng(
        tmp_path / "a.png",
        (2, 1),
        [
            ApngFrame(patch(RED, RED)),
            ApngFrame(patch(half, NOTHING), blend=1, disposal=2),
            ApngFrame(patch(half, NOTHING), blend=0, disposal=1),
            ApngFrame(patch(half), place=(1, 0), blend=1),
        ],
        hidden=patch(BLUE, BLUE),
    )
    shown = [rows(frame)[0] for frame in read(path)[1]]
    assert shown == [
        [RED, RED],
        [(127, 128, 0, 255), RED],
        [half, NOTHING],
        [NOTHING, half],
    ]


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
@pytest.mark.parametrize("transparent", [False, True])
def test_pictures_are_those_that_pillow_shows(tmp_path, suffix, transparent):
    images = drifting(6, transparent=transparent)
    path = save_animation(tmp_path / f"a{suffix}", images, 40)
    reader, frames = read(path)
    assert reader.info.alpha is transparent
    for frame, picture, image in zip(frames, seen_by_pillow(path).frames, images, strict=True):
        assert frame.pixels.shape == image.shape
        visible = picture[..., 3] > 0
        np.testing.assert_array_equal(frame.pixels[visible], picture[visible][:, : image.shape[2]])
        if transparent:
            np.testing.assert_array_equal(frame.pixels[..., 3], picture[..., 3])


def test_lossy_webp_with_alpha(tmp_path):
    images = [Image.fromarray(image) for image in drifting(4, transparent=True)]
    path = tmp_path / "a.webp"
    images[0].save(path, save_all=True, append_images=images[1:], duration=40, quality=60)
    reader, frames = read(path)
    assert reader.info.pixel_format == "yuva420p"
    for frame, picture in zip(frames, seen_by_pillow(path).frames, strict=True):
        assert np.abs(frame.pixels.astype(int) - picture)[picture[..., 3] > 0].max() <= 1


def test_transparency_is_laid_on_white_for_those_who_want_none(tmp_path):
    path = save_animation(tmp_path / "a.gif", drifting(3, transparent=True), 40)
    reader, frames = read(path, ReadSettings())
    assert not reader.info.alpha
    assert frames[0].pixels.shape == (32, 32, 3)
    assert frames[0].pixels[0, 0].tolist() == [255, 255, 255]
    assert frames[0].pixels[11, 4].tolist() == [220, 60, 30]
    assert [message.partition(";")[0] for message in reader.messages] == [
        "a.gif: transparency is laid on white"
    ]


def test_a_transparent_index_for_what_stays_is_no_transparency(tmp_path):
    frames = [GifFrame([[R, G]]), GifFrame([[N, B]]), GifFrame([[B, N]])]
    reader, found = read(write_gif(tmp_path / "a.gif", (2, 1), frames))
    assert not reader.info.alpha
    assert found[2].pixels.tolist() == [[[0, 0, 255], [0, 0, 255]]]


def test_16_bits_of_apng_are_kept(tmp_path):
    deep = np.arange(4 * 4 * 3, dtype=np.uint16).reshape(4, 4, 3) * 1000
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    at = data.index(b"IDAT") - 4
    control = struct.pack(">IIIIIHHBB", 0, 4, 4, 0, 0, 1, 25, 0, 0)
    head = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(b"fcTL", control)
    path = tmp_path / "a.apng"
    path.write_bytes(data[:33] + head + data[at:])
    reader, frames = read(path)
    assert reader.info.bit_depth == 16
    np.testing.assert_array_equal(frames[0].pixels, deep)


# --- reading from a time ---


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
@pytest.mark.parametrize("transparent", [False, True])
def test_every_frame_can_be_reached_from_its_time(tmp_path, suffix, transparent):
    path = save_animation(tmp_path / f"a{suffix}", drifting(7, transparent=transparent), 50)
    with open_reader(path, KEEP_ALPHA) as reader:
        frames = list(reader.frames())
        for index, frame in enumerate(frames):
            later = list(reader.frames(frame.pts + 1))
            assert [each.index for each in later] == list(range(index, 7))
            np.testing.assert_array_equal(later[0].pixels, frame.pixels)
    with pytest.raises(MediaError, match="closed"):
        reader.frames()


# --- damage ---


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_a_file_that_is_cut_short(tmp_path, suffix):
    path = save_animation(tmp_path / f"a{suffix}", drifting(6), 50)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    reader, frames = read(path)
    assert 1 <= len(frames) < 6
    assert reader.damage.truncated
    assert reader.damage.messages == [f"a{suffix} is cut short: the end of the file is missing"]


@pytest.mark.parametrize("suffix", [".gif", ".apng", ".webp"])
def test_a_damaged_frame_is_left_out_and_counted_once(tmp_path, suffix):
    path = save_animation(tmp_path / f"a{suffix}", drifting(6), 50)
    with open_reader(path) as reader:
        offset, length = reader._animation.patches[3].spans[0]
    data = bytearray(path.read_bytes())
    data[offset + min(8, length // 2) : offset + length - 1] = bytes(
        length - 1 - min(8, length // 2)
    )
    path.write_bytes(data)
    reader, frames = read(path)
    assert [frame.index for frame in frames] == [0, 1, 2, 4, 5]
    assert (reader.damage.corrupt, reader.damage.truncated) == (1, False)
    assert reader.damage.messages == [f"a{suffix}: 1 frame is damaged and left out"]
    pts = frames[3].pts - 1
    assert [frame.index for frame in reader._frames(pts)] == [2, 4, 5]


def test_a_damaged_frame_header_of_apng(tmp_path):
    path = save_animation(tmp_path / "a.apng", drifting(6), 50)
    data = bytearray(path.read_bytes())
    data[data.index(b"fcTL", data.index(b"fdAT")) + 9] ^= 255
    path.write_bytes(data)
    reader, frames = read(path)
    assert len(frames) == 5
    assert reader.damage.corrupt == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.gif", b"GIF89a"),
        ("a.gif", b"GIF89a" + bytes(7) + b";"),
        ("a.gif", b"GIF89a" + b"\xff" * 7),
        ("a.apng", b"\x89PNG\r\n\x1a\n" + chunk(b"acTL", bytes(8))),
        ("a.webp", b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0\x02"),
    ],
)
def test_nothing_to_be_seen(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(MediaError, match="expected an animated image") as caught:
        open_reader(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_header_that_asks_for_the_whole_memory(tmp_path):
    path = write_gif(tmp_path / "a.gif", (65535, 65535), [GifFrame([[R]])])
    with pytest.raises(MediaError, match="found 65535x65535"):
        open_reader(path)
