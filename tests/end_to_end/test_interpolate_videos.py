"""``dain interpolate`` on real encoded video: counts, times, sound, and untouched frames."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.end_to_end.conftest import contents, end_of_video, read, tone_onset
from tests.support.videos import Audio, make_video, pictures

from dain.networks import DainLite
from dain.weights.saving import pack_weights


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "in.mp4", count=12)


@pytest.mark.parametrize(
    ("name", "rate", "count", "asked", "expected", "duration"),
    [
        ("in.mp4", 24, 25, ["--fps", "60"], 63, Fraction(25, 24)),
        ("in.mkv", 24, 12, ["--factor", "4"], 48, Fraction(1, 2)),
        ("in.mkv", Fraction(24000, 1001), 12, ["--fps", "59.94"], 30, Fraction(12012, 24000)),
        ("in.mp4", Fraction(30000, 1001), 10, ["--factor", "5/2"], 25, Fraction(10010, 30000)),
        ("in.mp4", 30, 10, ["--fps", "24"], 8, Fraction(1, 3)),
    ],
)
def test_counts_and_durations(dain, tmp_path, name, rate, count, asked, expected, duration):
    source = make_video(tmp_path / name, count=count, rate=rate)
    out = tmp_path / "out.mp4"
    outcome = dain("interpolate", source, "-o", out, *asked, "--json")
    assert outcome.code == 0
    assert outcome.json["frames_in"] == count
    assert outcome.json["frames_out"] == expected == len(read(out))
    assert outcome.json["duration"] == pytest.approx(float(duration))
    assert abs(end_of_video(out) - duration) <= Fraction(1, 10_000)


def test_the_json_object(dain, clip, tmp_path):
    outcome = dain("interpolate", clip, "-o", tmp_path / "out.mp4", "--fps", "60000/1001", "--json")
    value = outcome.json
    assert value["output"] == str(tmp_path / "out.mp4")
    assert value["fps"] == pytest.approx(59.94006)
    assert value["fps_exact"] == "60000/1001"
    assert value["model"] == "dain-lite"
    assert {"device", "precision", "seconds"} <= value.keys()
    assert value["warnings"] == []


def test_passed_frames_are_untouched_and_new_ones_lie_between(dain, tmp_path):
    source = make_video(tmp_path / "in.mkv", count=6, codec="ffv1", pixel_format="bgr0")
    out = tmp_path / "out.mkv"
    outcome = dain(
        *("interpolate", source, "-o", out, "--factor", 3),
        *("-c", "ffv1", "--pix-fmt", "bgr0", "--quiet"),
    )
    assert (outcome.code, outcome.out, outcome.lines) == (0, "", [])
    made = read(out)
    assert len(made) == 18
    for image, frame in zip(pictures(6, 64, 48), made[::3], strict=True):
        np.testing.assert_array_equal(frame.pixels, image)
    assert (made[1].pixels != made[0].pixels).any()
    assert (made[1].pixels != made[3].pixels).any()
    for held in made[-2:]:
        np.testing.assert_array_equal(held.pixels, made[-3].pixels)


def test_an_unprocessed_run_costs_no_quality(dain, tmp_path):
    source = make_video(tmp_path / "in.mkv", count=6, codec="ffv1")
    out = tmp_path / "out.mkv"
    assert dain("interpolate", source, "-o", out, "--factor", 1, "-c", "ffv1").code == 0
    for before, after in zip(read(source), read(out), strict=True):
        error = np.abs(before.pixels.astype(int) - after.pixels).mean()
        assert error <= 1


@pytest.mark.parametrize("onset", [Fraction(1, 8), Fraction(1, 4)])
@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_sound_stays_where_it_was(dain, tmp_path, container, onset):
    tone = Audio(start=onset, seconds=Fraction(1, 2))
    source = make_video(tmp_path / f"in.{container}", count=24, audio=tone)
    out = tmp_path / f"out.{container}"
    assert dain("interpolate", source, "-o", out, "--fps", 60).code == 0
    before = tone_onset(source) - read(source)[0].time
    after = tone_onset(out) - read(out)[0].time
    assert abs(after - before) <= Fraction(1, 1000)


def test_a_late_video_keeps_its_place_beside_the_sound(dain, tmp_path):
    source = make_video(
        tmp_path / "in.mkv",
        count=12,
        pts=range(6, 18),
        audio=Audio(start=Fraction(1, 8), seconds=Fraction(1, 2)),
    )
    out = tmp_path / "out.mkv"
    assert dain("interpolate", source, "-o", out, "--fps", 60).code == 0
    assert read(out)[0].time == Fraction(1, 4)
    assert abs(tone_onset(out) - tone_onset(source)) <= Fraction(1, 1000)


def test_sound_of_a_range(dain, tmp_path):
    tone = Audio(start=Fraction(1), seconds=Fraction(1))
    source = make_video(tmp_path / "in.mkv", count=48, audio=tone)
    out = tmp_path / "out.mkv"
    asked = ["--start", "0:00.5", "--end", "1.5"]
    assert dain("interpolate", source, "-o", out, "--fps", 48, *asked).code == 0
    made = read(out)
    assert len(made) == 48
    assert made[0].time == 0
    # Packets are not cut, so the sound may start within one of them.
    assert abs(tone_onset(out) - Fraction(1, 2)) <= Fraction(25, 1000)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["--start-frame", "2", "--end-frame", "5"], 8),
        (["--end-frame", "0"], 2),
        (["--start-frame", "11"], 2),
        (["--start", "0.25"], 12),
        (["--end", "0.25"], 12),
        (["--start", "0.125", "--end-frame", "5"], 6),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_ranges(dain, clip, tmp_path, asked, expected):
    outcome = dain("interpolate", clip, "-o", tmp_path / "out.mp4", "--factor", 2, *asked, "--json")
    assert outcome.code == 0
    assert outcome.json["frames_out"] == expected == len(read(tmp_path / "out.mp4"))


def test_a_range_shows_the_frames_it_names(dain, tmp_path):
    source = make_video(tmp_path / "in.mkv", count=12, codec="ffv1", pixel_format="bgr0")
    out = tmp_path / "out.mkv"
    dain(
        *("interpolate", source, "-o", out, "--factor", 2, "-c", "ffv1", "--pix-fmt", "bgr0"),
        *("--start-frame", 3, "--end-frame", 4),
    )
    made, images = read(out), pictures(12, 64, 48)
    assert len(made) == 4
    np.testing.assert_array_equal(made[0].pixels, images[3])
    for held in made[2:]:
        np.testing.assert_array_equal(held.pixels, images[4])


def test_slow_motion(dain, tmp_path):
    source = make_video(tmp_path / "in.mp4", count=12, audio=Audio())
    out = tmp_path / "out.mp4"
    outcome = dain("interpolate", source, "-o", out, "--factor", 4, "--slow-motion", "--json")
    assert (outcome.json["frames_out"], outcome.json["fps"]) == (48, 24)
    assert outcome.json["duration"] == 2
    assert any("audio" in warning for warning in outcome.json["warnings"])
    assert abs(end_of_video(out) - 2) <= Fraction(1, 1000)


def test_a_loop_ends_between_its_last_and_first_frame(dain, tmp_path):
    source = make_video(tmp_path / "in.mkv", count=6, codec="ffv1", pixel_format="bgr0")
    outs = tmp_path / "held.mkv", tmp_path / "looped.mkv"
    lossless = ["-c", "ffv1", "--pix-fmt", "bgr0"]
    dain("interpolate", source, "-o", outs[0], "--factor", 2, *lossless)
    dain("interpolate", source, "-o", outs[1], "--factor", 2, "--loop", *lossless)
    held, looped = (read(out) for out in outs)
    assert len(held) == len(looped) == 12
    for a, b in zip(held[:-1], looped[:-1], strict=True):
        np.testing.assert_array_equal(a.pixels, b.pixels)
    assert (held[-1].pixels != looped[-1].pixels).any()


def test_a_variable_rate(dain, tmp_path):
    pts = [0, 40, 80, 160, 170, 300, 420, 500]
    source = make_video(tmp_path / "in.mkv", count=8, pts=pts, time_base=Fraction(1, 1000), rate=20)
    duration = read(source)[-1].time - read(source)[0].time
    out = tmp_path / "out.mkv"
    outcome = dain("interpolate", source, "-o", out, "--fps", 50, "--json")
    made = read(out)
    assert len(made) == outcome.json["frames_out"]
    assert len(made) >= duration * 50
    start = made[0].time
    assert [frame.time - start for frame in made] == [Fraction(k, 50) for k in range(len(made))]


@pytest.mark.parametrize("size", [(12, 10), (300, 5), (5, 300), (2, 2), (1, 1), (63, 47)])
def test_tiny_and_odd_sizes(dain, tmp_path, size):
    source = make_video(tmp_path / "in.mkv", size=size, count=3, codec="ffv1", pixel_format="bgr0")
    out = tmp_path / "out.mkv"
    outcome = dain("interpolate", source, "-o", out, "--factor", 2, "-c", "ffv1", "--json")
    assert outcome.code == 0, outcome.lines
    made = read(out)
    assert len(made) == 6
    assert made[0].pixels.shape == (size[1], size[0], 3)


def test_sixteen_bit_stills_stay_sixteen_bit(dain, tmp_path):
    source = tmp_path / "stills"
    source.mkdir()
    for index, image in enumerate(pictures(3, 32, 24, deep=True)):
        cv2.imwrite(str(source / f"{index:03}.png"), image[..., ::-1])
    out = tmp_path / "out"
    assert dain("interpolate", source, "-o", out, "--factor", 2).code == 0
    made = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(out.iterdir())]
    assert len(made) == 6
    assert {image.dtype for image in made} == {np.dtype(np.uint16)}
    np.testing.assert_array_equal(made[2][..., ::-1], pictures(3, 32, 24, deep=True)[1])


def test_video_to_stills_and_back(dain, clip, tmp_path):
    stills, out = tmp_path / "stills", tmp_path / "out.mp4"
    assert dain("interpolate", clip, "-o", f"{stills}/", "--factor", 2).code == 0
    assert len(list(stills.glob("*.png"))) == 24
    outcome = dain(*("interpolate", stills, "-o", out, "--input-fps", 48, "--factor", 2, "--json"))
    assert outcome.json["fps"] == 96
    assert outcome.json["duration"] == 0.5
    assert len(read(out)) == 48


def test_a_pattern_in_and_a_pattern_out(dain, tmp_path):
    for index, image in enumerate(pictures(3, 32, 24)):
        cv2.imwrite(str(tmp_path / f"in_{index:03}.png"), image)
    outcome = dain(
        *("interpolate", tmp_path / "in_%03d.png", "-o", tmp_path / "out_%03d.png"),
        *("--factor", 2),
    )
    assert outcome.code == 0
    assert len(list(tmp_path.glob("out_*.png"))) == 6
    assert len(list(tmp_path.glob("in_*.png"))) == 3


def test_a_rate_below_the_sources_is_allowed_and_told(dain, clip, tmp_path):
    outcome = dain("interpolate", clip, "-o", tmp_path / "out.mp4", "--fps", 10)
    assert outcome.code == 0
    assert len(read(tmp_path / "out.mp4")) == 5
    assert len(outcome.warnings) == 1
    assert "fewer than the source's 24" in outcome.warnings[0]


def test_overwriting(dain, clip, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"old")
    assert dain("interpolate", clip, "-o", out, "--fps", 60, "-y").code == 0
    assert len(read(out)) == 30


def test_a_dry_run_writes_nothing(dain, clip, tmp_path):
    before = contents(tmp_path)
    out = tmp_path / "out.mp4"
    asked = ["interpolate", clip, "-o", out, "--fps", 60, "--dry-run"]
    outcome = dain(*asked, "--json")
    assert outcome.code == 0
    assert outcome.json["dry_run"] is True
    assert outcome.json["frames_out"] == 30
    assert outcome.json["bytes"] > 0
    assert outcome.json["seconds"] > 0
    assert outcome.json["output_exists"] is False
    told = dain(*asked)
    assert (told.out, len(told.lines)) == ("", 1)
    assert "would be 30 frames at 60 a second" in told.lines[0]
    assert contents(tmp_path) == before


def test_several_inputs(dain, tmp_path):
    sources = [make_video(tmp_path / name, count=4) for name in ("a.mp4", "b.mkv")]
    out = tmp_path / "out"
    outcome = dain("interpolate", *sources, "-o", out, "--factor", 2, "--json")
    assert outcome.code == 0
    assert [result["input"] for result in outcome.json["results"]] == [str(s) for s in sources]
    assert [len(read(out / name)) for name in ("a.mp4", "b.mkv")] == [8, 8]


def test_one_of_several_inputs_fails(dain, tmp_path):
    bad, good = tmp_path / "bad.mp4", make_video(tmp_path / "good.mp4", count=4)
    bad.write_bytes(b"no video")
    out = tmp_path / "out"
    outcome = dain("interpolate", bad, good, "-o", out, "--factor", 2, "--json")
    assert outcome.code == 2
    failed, done = outcome.json["results"]
    assert failed["exit_code"] == 2
    assert done["frames_out"] == 8
    assert sorted(path.name for path in out.iterdir()) == ["good.mp4"]


def test_several_inputs_that_all_fail_leave_no_folder(dain, tmp_path):
    out = tmp_path / "out"
    outcome = dain("interpolate", tmp_path / "a", tmp_path / "b", "-o", out, "--factor", 2)
    assert outcome.code == 2
    assert len(outcome.errors) == 2
    assert not out.exists()


def test_several_inputs_of_one_name(refuses, tmp_path, clip):
    (tmp_path / "other").mkdir()
    twin = make_video(tmp_path / "other" / clip.name, count=4)
    line = refuses("interpolate", clip, twin, "-o", tmp_path / "out", "--factor", 2)
    assert "in.mp4 twice" in line


@pytest.mark.parametrize("name", ["other.mp4", "new.mp4", "new_%03d.png"])
def test_several_inputs_need_a_folder(refuses, tmp_path, clip, name):
    other = make_video(tmp_path / "other.mp4", count=4)
    line = refuses("interpolate", clip, other, "-o", tmp_path / name, "--factor", 2)
    assert "expected a folder" in line


def test_a_dry_run_of_several_inputs_leaves_no_folder(dain, tmp_path, clip):
    other = make_video(tmp_path / "other.mp4", count=4)
    before = contents(tmp_path)
    outcome = dain(
        *("interpolate", clip, other, "-o", tmp_path / "out", "--factor", 2, "--dry-run", "--json")
    )
    assert outcome.code == 0
    assert [result["frames_out"] for result in outcome.json["results"]] == [24, 8]
    assert contents(tmp_path) == before


def test_weights_of_ones_own(dain, clip, tmp_path):
    """An untrained network in a file, as `dain train export` would write it."""
    weights = tmp_path / "mine.safetensors"
    state = DainLite().state_dict()
    weights.write_bytes(pack_weights("dain-lite", state, {}, half=True))
    asked = ("interpolate", clip, "--factor", "2", "-c", "ffv1", "--pix-fmt", "bgr0", "--json")
    ours, given = tmp_path / "ours.mkv", tmp_path / "given.mkv"
    assert dain(*asked, "-o", ours).code == 0
    assert dain(*asked, "-o", given, "--weights", weights).json["warnings"] == []
    made = [np.stack([frame.pixels for frame in read(path)]) for path in (ours, given)]
    assert np.array_equal(made[0][::2], made[1][::2])
    assert not np.array_equal(made[0][1::2], made[1][1::2])
    refused = dain(*asked, "-o", tmp_path / "no.mkv", "--weights", tmp_path / "none.safetensors")
    assert refused.code == 2
    assert "none.safetensors" in refused.errors[0]
