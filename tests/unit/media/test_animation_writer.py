"""Animated images as written, seen through Pillow, FFmpeg and our own reader."""

import io
import re
from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.animations import drifting, seconds, seen_by_pillow
from tests.support.videos import Audio, make_video, pictures

from dain.errors import EncodeError, OutputError
from dain.media.animation_canvas import Canvas, decode_patch
from dain.media.animation_gif import parse_gif
from dain.media.animation_writer import AnimationWriter
from dain.media.frame import Colour, Frame, OutputSpec
from dain.media.gif_encoder import GifEncoder
from dain.media.gif_palette import index_colours
from dain.media.opening import keeps_alpha, open_reader, open_writer
from dain.settings import EncodeSettings, ReadSettings

SUFFIXES = [".gif", ".apng", ".webp"]


def spec_for(images, rate=Fraction(25), **changes):
    height, width, channels = images[0].shape
    return OutputSpec(width=width, height=height, rate=rate, alpha=channels == 4, **changes)


def write(path, images, rate=Fraction(25), options=None, last=1, codec=None, offset=0, **spec):
    settings = EncodeSettings(options=options or {}, codec=codec)
    with open_writer(path, spec_for(images, rate, **spec), settings) as writer:
        for index, image in enumerate(images):
            duration = last if index == len(images) - 1 else 1
            writer.write(Frame(image, index + offset, 1 / rate, duration, index))
    assert isinstance(writer, AnimationWriter)
    return writer


def read(path):
    with open_reader(path, ReadSettings(alpha=True)) as reader:
        return reader.info, list(reader.frames())


def assert_same(found, images):
    """Equal where something is to be seen."""
    for picture, image in zip(found, images, strict=True):
        if image.shape[2] == 3:
            np.testing.assert_array_equal(picture[..., :3], image)
            continue
        np.testing.assert_array_equal(picture[..., 3], image[..., 3])
        seen = image[..., 3] > 0
        np.testing.assert_array_equal(picture[seen], image[seen])


# --- pictures ---


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("transparent", [False, True])
def test_pictures_of_few_colours_are_exact_for_everyone(tmp_path, suffix, transparent):
    images = drifting(5, transparent=transparent)
    path = tmp_path / f"a{suffix}"
    write(path, images, exact=True)
    assert_same(seen_by_pillow(path).frames, images)
    info, frames = read(path)
    assert info.alpha is transparent
    assert_same([frame.pixels for frame in frames], images)
    if suffix != ".webp":  # FFmpeg reads no animated WebP
        with av.open(str(path)) as container:
            decoded = [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]
        assert_same(decoded, images)


@st.composite
def flags(draw):
    """Tiny frames of three colours and nothing, which appear and vanish anywhere."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    picture = st.lists(st.integers(0, 3), min_size=shape[0] * shape[1], max_size=16)
    count = draw(st.integers(1, 6))
    colours = np.array([[255, 0, 0, 255], [0, 255, 0, 255], [9, 9, 9, 255], [0, 0, 0, 0]], np.uint8)
    return [
        colours[np.array(draw(picture)[: shape[0] * shape[1]]).reshape(shape)] for _ in range(count)
    ]


@given(flags())
def test_whatever_vanishes_in_a_gif_is_gone(images):
    file = io.BytesIO()
    encoder = GifEncoder(file, images[0].shape[1], images[0].shape[0], plays=0)
    for index, image in enumerate(images):
        following = images[index + 1] if index + 1 < len(images) else None
        encoder.add(image, following, Fraction(index + 1, 25))
    encoder.finish()
    animation = parse_gif(file)
    canvas = Canvas(animation)
    assert not animation.cut_short
    assert len(animation.patches) == len(images)
    for patch, image in zip(animation.patches, images, strict=True):
        canvas.paint(patch, decode_patch(file, animation, patch))
        np.testing.assert_array_equal(canvas.pixels, image)


def test_half_transparent_is_drawn_in_gif_and_less_is_not(tmp_path):
    image = np.full((1, 2, 4), 200, np.uint8)
    image[0, :, 3] = 127, 128
    write(tmp_path / "a.gif", [image])
    (frame,) = read(tmp_path / "a.gif")[1]
    assert frame.pixels.tolist() == [[[0, 0, 0, 0], [200, 200, 200, 255]]]


@pytest.mark.parametrize("suffix", [".apng", ".webp"])
def test_soft_transparency_is_kept(tmp_path, suffix):
    images = drifting(3, transparent=True)
    for image in images:
        image[12:20, :, 3] //= 3
    write(tmp_path / f"a{suffix}", images, exact=True)
    assert_same([frame.pixels for frame in read(tmp_path / f"a{suffix}")[1]], images)


def test_16_bits_are_kept_by_apng(tmp_path):
    images = pictures(3, 20, 16, deep=True)
    write(tmp_path / "a.apng", images, bit_depth=16)
    info, frames = read(tmp_path / "a.apng")
    assert info.bit_depth == 16
    assert_same([frame.pixels for frame in frames], images)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_16_bits_are_rounded_by_others_who_say_so(tmp_path, suffix):
    images = pictures(2, 20, 16, deep=True)
    writer = write(tmp_path / f"a{suffix}", images, bit_depth=10)
    assert writer.messages == [f"a {suffix} file holds 8 bits a component; 10 are rounded"]


def test_a_gradient_in_gif_is_mixed_from_256_colours(tmp_path):
    y, x = np.mgrid[0:96, 0:128]
    image = np.stack([60 + y, 90 + x, 200 - y // 2 + x // 8], axis=-1).astype(np.uint8)
    for dither in (True, False):
        indices, table, transparent = index_colours(image, np.ones((96, 128), bool), dither)
        assert transparent is None
        assert len(table) <= 768
        made = np.frombuffer(table, np.uint8).reshape(-1, 3)[indices].astype(float)
        blocks = (made - image).reshape(12, 8, 16, 8, 3).mean(axis=(1, 3))
        # The eye sees small places as one.
        assert np.abs(blocks).mean() < (0.6 if dither else 1.5)
        assert np.abs(made - image).mean() < 4


def test_what_is_not_drawn_leaves_no_trace_in_its_neighbours():
    rng = np.random.default_rng(1)
    image = rng.integers(100, 140, (32, 32, 3)).astype(np.uint8)
    drawn = np.ones((32, 32), bool)
    drawn[:, ::2] = False
    image[~drawn] = 255, 0, 255
    indices, table, transparent = index_colours(image, drawn)
    assert (indices[~drawn] == transparent).all()
    made = np.frombuffer(table, np.uint8).reshape(-1, 3)[indices[drawn]].astype(int)
    assert np.abs(made.mean(axis=0) - image[drawn].mean(axis=0)).max() < 1


def test_webp_is_lossless_where_the_source_is(tmp_path):
    images = pictures(3, 40, 32)
    write(tmp_path / "exact.webp", images, exact=True)
    assert_same([frame.pixels for frame in read(tmp_path / "exact.webp")[1]], images)
    for name, options in (("film", {}), ("asked", {"quality": "50"}), ("no", {"lossless": "0"})):
        path = tmp_path / f"{name}.webp"
        write(path, images, options=options, exact=name != "film")
        info, frames = read(path)
        assert info.pixel_format == "yuva420p"
        assert np.abs(frames[1].pixels.astype(int) - images[1]).mean() < 8


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_held_frame_takes_next_to_nothing(tmp_path, suffix):
    still = pictures(1, 64, 48)[0]
    path = tmp_path / f"a{suffix}"
    write(path, [still], exact=True)
    alone = path.stat().st_size
    write(tmp_path / f"b{suffix}", [still] * 6, exact=True)
    assert (tmp_path / f"b{suffix}").stat().st_size < alone + 700
    frames = read(tmp_path / f"b{suffix}")[1]
    assert len(frames) == len(seen_by_pillow(tmp_path / f"b{suffix}").frames) == 6
    for frame in frames[1:]:
        np.testing.assert_array_equal(frame.pixels, frames[0].pixels)


# --- times ---


@pytest.mark.parametrize(("suffix", "unit"), [(".gif", 100), (".webp", 1000), (".apng", None)])
@pytest.mark.parametrize("rate", ["50", "30000/1001", "24", "12.5", "7"])
def test_frames_stand_where_they_belong(tmp_path, suffix, unit, rate):
    rate = Fraction(rate)
    path = tmp_path / f"a{suffix}"
    write(path, drifting(9), rate)
    frames = read(path)[1]
    for index, frame in enumerate(frames):
        assert abs(frame.time - index / rate) <= (0 if unit is None else Fraction(1, 2 * unit))
    total = frames[-1].time + frames[-1].duration * frames[-1].time_base
    assert abs(total - 9 / rate) <= (0 if unit is None else Fraction(1, 2 * unit))
    stated = seconds(seen_by_pillow(path).milliseconds)
    ends = [frame.time for frame in frames[1:]] + [total]
    for mine, theirs in zip(ends, accumulate(stated), strict=True):
        assert abs(mine - theirs) < Fraction(1, 10**5)


def test_the_first_frame_is_at_0_wherever_it_was(tmp_path):
    write(tmp_path / "a.gif", drifting(3), offset=10)
    assert [frame.time for frame in read(tmp_path / "a.gif")[1]] == [
        0,
        Fraction(1, 25),
        Fraction(2, 25),
    ]


def test_a_last_frame_of_its_own_length(tmp_path):
    for suffix in SUFFIXES:
        write(tmp_path / f"a{suffix}", drifting(3), Fraction(10), last=12)
        frame = read(tmp_path / f"a{suffix}")[1][-1]
        assert frame.duration * frame.time_base == Fraction(12, 10)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("plays", [0, 1, 2, 300])
def test_how_often_it_plays(tmp_path, suffix, plays):
    path = tmp_path / f"a{suffix}"
    write(path, drifting(3), plays=plays)
    assert read(path)[0].plays == plays
    loop = seen_by_pillow(path).loop
    expected = {0: 0, 1: None}.get(plays, plays - 1) if suffix == ".gif" else plays
    assert loop == expected


# --- what is refused, and what is said ---


@pytest.mark.parametrize(
    ("name", "changes", "settings", "message"),
    [
        ("a.gif", {"rate": Fraction(60)}, {}, "at most 50 frames .*found 60; give --fps 50"),
        ("a.gif", {"rate": Fraction(1, 700)}, {}, "at most 655.35 s, found 700 s"),
        ("a.webp", {"rate": Fraction(2000)}, {}, "at most 1000 frames per second"),
        ("a.webp", {"width": 20_000}, {}, "up to 16383x16383 pixels, found 20000x32"),
        ("a.gif", {"height": 70_000}, {}, "up to 65535x65535"),
        ("a.gif", {"rate": Fraction(0)}, {}, "rate above 0"),
        ("a.gif", {}, {"codec": "libx264"}, "a .gif file cannot hold libx264"),
        ("a.gif", {}, {"crf": 20}, "--crf does not apply to a .gif file; leave it out"),
        ("a.webp", {}, {"crf": 20}, "--encoder-option quality=N"),
        ("a.apng", {}, {"pix_fmt": "rgb24"}, "--pix-fmt does not apply"),
        ("a.apng", {}, {"options": {"zork": "1"}}, "no option 'zork'; it has compression_level"),
        ("a.apng", {}, {"options": {"compression_level": "10"}}, "between 0 and 9, found '10'"),
        ("a.webp", {}, {"options": {"quality": "x"}}, "quality must be between 0 and 100"),
        ("a.gif", {}, {"options": {"dither": "bayer"}}, "dither must be between 0 and 1"),
    ],
)  # fmt: skip
def test_refusals_are_one_line_and_leave_nothing(tmp_path, name, changes, settings, message):
    spec = OutputSpec(**{"width": 32, "height": 32, "rate": Fraction(25), **changes})
    with pytest.raises(OutputError, match=message) as caught:
        open_writer(tmp_path / name, spec, EncodeSettings(**settings))
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_png_moves_only_if_asked(tmp_path):
    with pytest.raises(OutputError, match="expected an output ending in"):
        write(tmp_path / "a.png", drifting(2))
    write(tmp_path / "a.png", drifting(2), codec="apng")
    assert read(tmp_path / "a.png")[0].codec == "apng"


def test_what_keeps_alpha(tmp_path):
    for name in ("a.gif", "a.APNG", "a.webp", "folder", "%05d.png", "%d.webp", "%d.tif"):
        assert keeps_alpha(tmp_path / name)
    for name in ("a.mp4", "a.png", "%05d.jpg", "a"):
        assert keeps_alpha(tmp_path / name, EncodeSettings(codec="jpg")) is False


def test_what_is_left_behind_is_named(tmp_path):
    source = make_video(tmp_path / "in.mp4", count=3, audio=Audio())
    wide = Colour(primaries=9, transfer=16, matrix=9, range=1)
    writer = write(
        tmp_path / "a.webp",
        drifting(2),
        Fraction(120),
        source=source,
        sample_aspect_ratio=Fraction(4, 3),
        colour=wide,
    )
    said = ["audio is left behind", "aspect 4/3", "look pale", "browsers slow .* above 90"]
    assert len(writer.messages) == len(said)
    for message, expected in zip(writer.messages, said, strict=True):
        assert re.search(expected, message)


def test_frames_that_do_not_fit(tmp_path):
    images = drifting(2)
    for wrong in (images[1][:16], drifting(1, transparent=True)[0]):
        writer = open_writer(tmp_path / "a.gif", spec_for(images))
        writer.write(Frame(images[0], 0, Fraction(1, 25), 1, 0))
        with pytest.raises(EncodeError, match="expected frames of shape"):
            writer.write(Frame(wrong, 1, Fraction(1, 25), 1, 1))
        with pytest.raises(EncodeError, match="does not come after"):
            writer.write(Frame(images[1], 0, Fraction(1, 25), 1, 1))
        writer.abort()
        with pytest.raises(EncodeError, match="takes no more frames"):
            writer.write(Frame(images[1], 1, Fraction(1, 25), 1, 1))
    with pytest.raises(EncodeError, match="expected a frame, found none"):
        open_writer(tmp_path / "a.gif", spec_for(images)).finish()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk(tmp_path, suffix, monkeypatch):
    writer = open_writer(tmp_path / f"a{suffix}", spec_for(drifting(1)))

    def full(data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer._encoder, "_file", type("File", (), {"write": staticmethod(full)}))
    writer.write(Frame(drifting(1)[0], 0, Fraction(1, 25), 1, 0))
    with pytest.raises(EncodeError, match=r"no space left on device; what was written is removed"):
        writer.write(Frame(drifting(2)[1], 1, Fraction(1, 25), 1, 1))
    assert list(tmp_path.iterdir()) == []
