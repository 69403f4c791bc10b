"""A person's own clip: every other frame taken out."""

from fractions import Fraction

import numpy as np
import pytest
from tests.support.videos import make_video, pictures

from dain.errors import MediaError, OptionError
from dain.evaluation import ClipSamples, evaluate
from dain.media import open_reader


def frames_of(path):
    with open_reader(path) as reader:
        return [frame.pixels.copy() for frame in reader.frames()]


def triples(samples):
    """What each sample holds: first, truth, last, and the truth's time."""
    found = []
    for sample in samples:
        first, last, truths = sample.load()
        (truth,) = truths
        found.append((first, truth.picture, last, truth.time))
    return found


@pytest.mark.parametrize("count", [3, 4, 7, 8])
def test_every_other_frame_is_a_truth(tmp_path, count):
    clip = make_video(tmp_path / "a.mp4", count=count)
    frames = frames_of(clip)
    samples = ClipSamples(clip)
    found = triples(samples)
    assert len(found) == len(samples) == (count - 1) // 2
    for k, (first, truth, last, time) in enumerate(found):
        np.testing.assert_array_equal(first, frames[2 * k])
        np.testing.assert_array_equal(truth, frames[2 * k + 1])
        np.testing.assert_array_equal(last, frames[2 * k + 2])
        assert time == Fraction(1, 2)


def test_samples_can_be_read_again_and_are_named(tmp_path):
    samples = ClipSamples(make_video(tmp_path / "a.mp4", count=5, rate=25))
    once, again = ([sample.name for sample in samples] for _ in range(2))
    assert once == again == ["frame 1 at 0.040 s", "frame 3 at 0.120 s"]
    assert samples.messages == []


def test_a_limit_decodes_the_same_samples(tmp_path):
    clip = make_video(tmp_path / "a.mp4", count=41, keyframe_interval=5)
    everything = {sample.name: sample for sample in ClipSamples(clip)}
    few = list(ClipSamples(clip, limit=4))
    assert [sample.name for sample in few] == [
        f"frame {k} at {k / 24:.3f} s" for k in (1, 11, 21, 31)
    ]
    for sample in few:
        (one,), (other,) = triples([sample]), triples([everything[sample.name]])
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_variable_timing_gives_the_true_place_between_neighbours(tmp_path, averaging):
    pts = [0, 10, 40, 100, 120, 170, 180]
    clip = make_video(
        tmp_path / "a.mkv", count=7, rate=100, pts=pts, time_base=Fraction(1, 100), codec="ffv1"
    )
    report = evaluate(averaging, ClipSamples(clip))
    expected = [Fraction(10, 40), Fraction(60, 80), Fraction(50, 60)]
    assert averaging.times == expected
    assert [score.time for score in report.scores] == expected


def test_rounded_timestamps_of_a_constant_rate_are_half_way(tmp_path):
    """Matroska rounds to milliseconds: 0, 42, 83 is 24 frames a second all the same."""
    clip = make_video(tmp_path / "a.mkv", count=9, rate=24)
    assert [time for *_, time in triples(ClipSamples(clip))] == [Fraction(1, 2)] * 4


def test_held_frames_are_measured_like_all_others(tmp_path, averaging):
    images = pictures(1, 64, 48) * 3 + pictures(5, 64, 48)[3:]
    clip = make_video(tmp_path / "a.mkv", images=images, codec="ffv1", pixel_format="yuv444p")
    report = evaluate(averaging, ClipSamples(clip))
    assert len(report.scores) == 2
    assert report.exact == 1


def test_more_than_eight_bits_are_measured_at_eight(tmp_path):
    images = pictures(3, 64, 48, deep=True)
    clip = make_video(tmp_path / "a.mkv", images=images, codec="ffv1", pixel_format="yuv444p10le")
    ((first, truth, last, _),) = triples(ClipSamples(clip))
    assert first.dtype == truth.dtype == last.dtype == np.uint8
    assert np.abs(truth.astype(int) - (images[1] / 257)).max() < 3


def test_a_folder_of_stills_is_a_clip(write, tmp_path, picture):
    for k in range(5):
        write(f"frames/{k:03}.png", k)
    found = triples(ClipSamples(tmp_path / "frames"))
    assert len(found) == 2
    np.testing.assert_array_equal(found[1][1], picture(3))


def test_a_damaged_still_shifts_time_and_is_told(write, tmp_path):
    for k in range(6):
        write(f"frames/{k:03}.png", k)
    (tmp_path / "frames" / "001.png").write_bytes(b"damaged")
    samples = ClipSamples(tmp_path / "frames")
    assert [time for *_, time in triples(samples)] == [Fraction(2, 3), Fraction(1, 2)]
    assert samples.messages == ["001.png cannot be decoded; bridged"]


@pytest.mark.parametrize("limit", [None, 1])
def test_a_clip_that_cannot_be_decoded_far_enough(write, tmp_path, limit):
    for k in range(3):
        write(f"frames/{k:03}.png", k)
    samples = ClipSamples(tmp_path / "frames", limit)
    (tmp_path / "frames" / "002.png").write_bytes(b"damaged")
    with pytest.raises(MediaError, match="fewer that can be decoded"):
        list(samples)


def test_clips_that_cannot_be_used(tmp_path):
    with pytest.raises(MediaError, match="at least three frames, found 2"):
        ClipSamples(make_video(tmp_path / "a.mp4", count=2))
    with pytest.raises(MediaError):
        ClipSamples(tmp_path / "missing.mp4")
    with pytest.raises(OptionError, match="--limit"):
        ClipSamples(make_video(tmp_path / "b.mp4", count=3), limit=0)
