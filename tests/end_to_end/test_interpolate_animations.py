"""Animated images in and out: counts, durations, loops and transparency."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.end_to_end.conftest import contents, end_of_video, read
from tests.support.animations import (
    GifFrame,
    drifting,
    save_animation,
    seconds,
    seen_by_pillow,
    write_gif,
)
from tests.support.engines import BlendEngine
from tests.support.videos import make_video

from dain.jobs import estimate_job, run_job
from dain.media import open_reader
from dain.settings import EncodeSettings, JobSettings, TimeSettings


def job(source, output, codec=None, **time):
    """A run without the command and without a network."""
    settings = JobSettings(
        time=TimeSettings(**(time or {"factor": Fraction(2)})), encode=EncodeSettings(codec=codec)
    )
    return run_job(source, output, settings, interpolator=BlendEngine())


def info(path):
    with open_reader(path) as reader:
        return reader.info


# --- as people run it ---


def test_a_transparent_gif_glides(dain, tmp_path):
    images = drifting(4, transparent=True)
    source = save_animation(tmp_path / "in.gif", images, 80, loop=3)
    out = tmp_path / "out.gif"
    outcome = dain("interpolate", source, "-o", out, "--factor", 2, "--json")
    assert outcome.code == 0
    assert outcome.json["frames_in"] == 4
    assert outcome.json["frames_out"] == 8
    assert outcome.json["duration"] == pytest.approx(0.32)
    assert outcome.json["warnings"] == []
    seen = seen_by_pillow(out)
    assert seconds(seen.milliseconds) == [Fraction(4, 100)] * 8
    assert seen.loop == 3
    for image, picture in zip(images, seen.frames[::2], strict=True):
        np.testing.assert_array_equal(picture[..., 3], image[..., 3])
        np.testing.assert_array_equal(picture[image[..., 3] > 0], image[image[..., 3] > 0])
    between = seen.frames[1]
    assert between[0, 0, 3] == 0
    assert between[16, 10, 3] == 255
    assert (between[..., 3] != images[0][..., 3]).any()


def test_a_gif_as_a_film(dain, tmp_path):
    source = save_animation(tmp_path / "in.gif", drifting(4, transparent=True), 80)
    out = tmp_path / "out.mp4"
    outcome = dain("interpolate", source, "-o", out, "--fps", 50)
    assert outcome.code == 0
    assert [line.partition(";")[0] for line in outcome.warnings] == [
        "dain: warning: in.gif: transparency is laid on white"
    ]
    frames = read(out)
    assert len(frames) == 16
    assert end_of_video(out) == Fraction(32, 100)
    assert frames[0].pixels[2, 2].min() > 250


def test_a_film_as_a_gif_says_what_it_leaves(dain, refuses, tmp_path):
    source = make_video(tmp_path / "in.mp4", count=6, size=(32, 32), rate=30)
    line = refuses("interpolate", source, "-o", tmp_path / "out.gif", "--factor", 2)
    assert "at most 50 frames per second" in line
    assert "found 60; give --fps 50, or name an .apng or .webp" in line
    out = tmp_path / "out.gif"
    assert dain("interpolate", source, "-o", out, "--fps", 50).code == 0
    assert len(read(out)) == 10
    assert info(out).duration == Fraction(2, 10)
    assert info(out).plays == 0
    before = contents(tmp_path)
    assert "--overwrite" in dain("interpolate", source, "-o", out, "--fps", 50).errors[0]
    assert contents(tmp_path) == before


def test_damage_is_told_and_strict_stops_at_it(dain, tmp_path):
    source = save_animation(tmp_path / "in.gif", drifting(6), 80)
    source.write_bytes(source.read_bytes()[:-60])
    out = tmp_path / "out.apng"
    outcome = dain("interpolate", source, "-o", out, "--factor", 2)
    assert outcome.code == 0
    assert outcome.warnings == [
        "dain: warning: in.gif is cut short: the end of the file is missing"
    ]
    strict = dain("interpolate", source, "-o", tmp_path / "b.apng", "--factor", 2, "--strict")
    assert strict.code == 1
    assert not (tmp_path / "b.apng").exists()


def test_what_cannot_be_used(refuses, tmp_path):
    alone = write_gif(tmp_path / "one.gif", (1, 1), [GifFrame([[0]])])
    line = refuses("interpolate", alone, "-o", tmp_path / "out.gif", "--factor", 2)
    assert "at least two frames, found one" in line
    (tmp_path / "bad.gif").write_bytes(b"GIF89a and nothing more")
    line = refuses("interpolate", tmp_path / "bad.gif", "-o", tmp_path / "out.gif", "--fps", 25)
    assert "expected an animated image" in line
    save_animation(tmp_path / "in.gif", drifting(3), 80)
    asked = ["--fps", 25, "--crf", 20]
    line = refuses("interpolate", tmp_path / "in.gif", "-o", tmp_path / "out.gif", *asked)
    assert "--crf does not apply to a .gif file" in line


# --- every pair of formats ---


@pytest.mark.parametrize(
    ("name", "milliseconds"), [("in.gif", 80), ("in.apng", 1000 / 12), ("in.webp", 83)]
)
@pytest.mark.parametrize("output", ["out.gif", "out.apng", "out.webp", "out.png"])
@pytest.mark.parametrize("transparent", [False, True])
def test_from_every_format_to_every_other(tmp_path, name, milliseconds, output, transparent):
    images = drifting(5, transparent=transparent)
    plays = 4
    repeats = plays - 1 if name == "in.gif" else plays
    source = save_animation(tmp_path / name, images, milliseconds, loop=repeats)
    codec = "apng" if output == "out.png" else None
    result = job(source, tmp_path / output, codec)
    assert (result.frames_in, result.frames_out) == (5, 10)
    assert result.warnings == ()
    made = info(tmp_path / output)
    exact = info(source).duration
    assert abs(result.duration - exact) <= Fraction(1, 1000)
    unit = {"out.gif": Fraction(1, 100), "out.webp": Fraction(1, 1000)}.get(output, 0)
    assert abs(made.duration - result.duration) <= unit / 2
    assert made.plays == plays
    seen = seen_by_pillow(tmp_path / output)
    assert len(seen.frames) == 10
    for image, picture in zip(images, seen.frames[::2], strict=True):
        if transparent:
            np.testing.assert_array_equal(picture[..., 3], image[..., 3])
        visible = picture[..., 3] > 0
        np.testing.assert_array_equal(picture[visible][:, :3], image[..., :3][visible])


def test_uneven_delays_keep_the_whole_length_and_the_last_pause(tmp_path):
    source = save_animation(tmp_path / "in.gif", drifting(5), [70, 80, 90, 60, 700])
    result = job(source, tmp_path / "out.gif", fps=Fraction(20))
    assert result.duration == info(tmp_path / "out.gif").duration == 1
    frames = read(tmp_path / "out.gif")
    assert len(frames) == 20
    for held in frames[7:]:
        np.testing.assert_array_equal(held.pixels, frames[-1].pixels)


def test_a_loop_that_closes_goes_on(tmp_path):
    source = save_animation(tmp_path / "in.gif", drifting(4), 80, loop=2)
    job(source, tmp_path / "out.gif", factor=Fraction(2), loop=True)
    assert info(tmp_path / "out.gif").plays == 0


def test_a_range_and_slow_motion(tmp_path):
    source = save_animation(tmp_path / "in.gif", drifting(6), 80)
    job(source, tmp_path / "a.webp", factor=Fraction(2), start_frame=1, end_frame=3)
    assert len(read(tmp_path / "a.webp")) == 6
    job(source, tmp_path / "b.gif", factor=Fraction(2), slow_motion=True)
    assert info(tmp_path / "b.gif").duration == 2 * info(source).duration


def test_an_animation_as_stills_keeps_its_transparency(tmp_path):
    images = drifting(3, transparent=True)
    source = save_animation(tmp_path / "in.gif", images, 80)
    job(source, tmp_path / "stills")
    stills = sorted((tmp_path / "stills").iterdir())
    assert len(stills) == 6
    picture = cv2.imread(str(stills[2]), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(picture[..., 3], images[1][..., 3])
    result = job(source, tmp_path / "flat", codec="jpg")
    assert "laid on white" in result.warnings[0]


def test_a_dry_run(tmp_path):
    source = save_animation(tmp_path / "in.webp", drifting(5, transparent=True), 80)
    settings = JobSettings(time=TimeSettings(factor=Fraction(2)))
    before = contents(tmp_path)
    result = estimate_job(source, tmp_path / "out.gif", settings, interpolator=BlendEngine())
    assert (result.frames_in, result.frames_out) == (5, 10)
    assert result.bytes > 0
    assert contents(tmp_path) == before
