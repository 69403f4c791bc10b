"""Footage is drawn here: red tells the frame, green the column and blue the row of a pixel."""

import itertools
import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.errors import MediaError, OptionError
from dain.training import footage
from dain.training.clip_cache import CachedClip, cache_clips
from dain.training.footage import FootageSource, unbroken_runs

STILL, MOVING, CUT = 0.0, 5.0, 80.0


def drawn(cache, name, change, height=200, width=220, poor=False):
    """A clip of frames that change so much from the one before."""
    frames = np.zeros((len(change), height, width, 3), np.uint8)
    frames[..., 0] = np.arange(len(change))[:, None, None]
    frames[..., 1] = np.arange(width)
    frames[..., 2] = np.arange(height)[:, None]
    file = f"{name}{'.poor0' if poor else ''}.npy"
    np.save(cache / file, frames)
    return CachedClip(name, file, poor, (0.0, *change[1:]))


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Makes a source of clips: ``source(clips, **options)``."""

    def make(clips, **options):
        monkeypatch.setattr(footage, "cache_clips", lambda *_: clips)
        return FootageSource(tmp_path / "clips", tmp_path, **options)

    return make


def numbers_of(sample):
    """Which frames a sample is of."""
    pictures = sample.first, sample.truth, sample.last
    for picture in pictures:
        assert np.ptp(picture[..., 0]) == 0
    return tuple(int(picture[0, 0, 0]) for picture in pictures)


def test_times_are_those_of_the_frames(tmp_path, source):
    made = source([drawn(tmp_path, "a", [MOVING] * 30)], size=32)
    times = Counter()
    for index in range(300):
        sample = made.sample(index)
        first, truth, last = numbers_of(sample)
        assert min(first, last) < truth < max(first, last)
        assert sample.time == pytest.approx((truth - first) / (last - first), abs=1e-12)
        times[round(sample.time, 3)] += 1
        assert sample.kind == 1
        assert sample.first.shape == (32, 32, 3)
        assert sample.first.dtype == np.uint8
        for plane in (sample.flow01, sample.flow10, sample.nearness0, sample.visible1):
            assert plane.shape[:2] == (32, 32)
            assert np.isnan(plane).all()
    assert 0.7 < times[0.5] / 300 < 0.9
    assert {0.333, 0.667, 0.25, 0.75, 0.2, 0.833} < times.keys()
    assert not {0.0, 1.0} & times.keys()


def test_half_way_only(tmp_path, source):
    made = source([drawn(tmp_path, "a", [MOVING] * 30)], size=32, times="half")
    steps = Counter()
    for index in range(300):
        sample = made.sample(index)
        assert sample.time == 0.5
        first, truth, last = numbers_of(sample)
        assert truth - first == last - truth
        steps[last - truth] += 1
    assert set(steps) == {-3, -2, -1, 1, 2, 3}
    assert steps[1] > steps[2] > steps[3]
    assert 0.4 < sum(count for step, count in steps.items() if step > 0) / 300 < 0.6


def test_every_frame_is_used(tmp_path, source):
    made = source([drawn(tmp_path, "a", [MOVING] * 9)], size=32)
    used = {number for index in range(300) for number in numbers_of(made.sample(index))}
    assert used == set(range(9))


@pytest.mark.parametrize("poor", [False, True])
def test_frames_are_cut_turned_and_mirrored_alike(tmp_path, source, poor):
    clip = drawn(tmp_path, "a", [MOVING] * 9, poor=poor)
    made = source([clip], size=48, poor=poor)
    ways, places = set(), set()
    for index in range(200):
        sample = made.sample(index)
        place = sample.first[..., 1:].astype(int)
        for picture in (sample.truth, sample.last):
            np.testing.assert_array_equal(picture[..., 1:], sample.first[..., 1:])
        corner, beside, below = place[0, 0], place[0, -1], place[-1, 0]
        ways.add((*np.sign(beside - corner), *np.sign(below - corner)))
        places.add(tuple(place.min((0, 1))))
        side = np.ptp(place[..., 0])
        assert np.ptp(place[..., 1]) == side
        if poor:
            assert side == 47
    assert len(ways) == 8
    assert len(places) > 150


def test_some_are_of_larger_squares(tmp_path, source):
    made = source([drawn(tmp_path, "a", [MOVING] * 9)], size=48)
    reached = np.array([np.ptp(made.sample(index).first[..., 1]) for index in range(300)])
    assert reached.min() == 47
    assert 90 < reached.max() < 96
    assert 0.5 < (reached > 48).mean() < 0.7


def test_small_frames_are_enlarged(tmp_path, source):
    made = source([drawn(tmp_path, "a", [MOVING] * 9, height=30, width=50)], size=64)
    for index in range(10):
        sample = made.sample(index)
        assert sample.first.shape == sample.truth.shape == sample.last.shape == (64, 64, 3)
        rows, columns = sorted(np.ptp(sample.first[..., k]) for k in (1, 2))
        assert 27 <= rows <= columns <= 31


def test_what_is_withheld_never_comes(tmp_path, source):
    clips = [drawn(tmp_path, name, [MOVING] * 9, 60, 60 + 10 * k) for k, name in enumerate("abc")]
    made = source(clips, size=60, withheld=["b", "no such clip"])
    widths = Counter(clip.name for clip, _ in made._runs)
    assert set(widths) == {"a", "c"}
    with pytest.raises(OptionError, match="expected clips of three frames or more, found none"):
        source(clips, withheld="abc")


def test_poor_and_other_clips_do_not_mix(tmp_path, source):
    clips = [
        drawn(tmp_path, "a", [MOVING] * 9, poor=False),
        drawn(tmp_path, "a", [MOVING] * 20, poor=True),
    ]
    whole, poor = (source(clips, size=32, poor=kind) for kind in (False, True))
    assert {whole.sample(index).kind for index in range(20)} == {1}
    assert {poor.sample(index).kind for index in range(20)} == {2}
    assert max(max(numbers_of(whole.sample(index))) for index in range(100)) == 8
    assert max(max(numbers_of(poor.sample(index))) for index in range(100)) > 8


def test_long_runs_come_more_often_but_not_in_proportion(tmp_path, source):
    clip = drawn(tmp_path, "a", [MOVING] * 80 + [CUT] + [MOVING] * 19, 40, 40)
    made = source([clip], size=32)
    late = sum(min(numbers_of(made.sample(index))) >= 80 for index in range(600))
    assert 0.28 < late / 600 < 0.39  # a third: the square root of 20 against that of 80


def test_nothing_spans_a_cut_or_a_held_frame(tmp_path, source):
    change = [MOVING] * 24
    change[7], change[15], change[20] = CUT, STILL, CUT
    made = source([drawn(tmp_path, "a", change, 40, 40)], size=32)
    seen = set()
    for index in range(300):
        numbers = numbers_of(made.sample(index))
        seen |= set(numbers)
        for border in (7, 15, 20):
            assert len({number >= border for number in numbers}) == 1
    assert seen == set(range(24))


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ([0, 5, 5], [(0, 3)]),
        ([0, 5], []),
        ([], []),
        ([0, 5, 5, 80, 5, 5], [(0, 3), (3, 6)]),
        ([0, 5, 80, 5, 5], [(2, 5)]),  # two frames are no sample
        ([0, 80, 80, 80, 80], [(0, 5)]),  # wild motion, not cuts
        ([0, 1, 11, 1, 1], [(0, 5)]),  # a little more than usual
        ([0, 5, 0.01, 5, 5], [(2, 5)]),
        ([0, 0, 0, 0, 0], []),
    ],
    ids=str,
)
def test_runs(change, runs):
    assert unbroken_runs(CachedClip("a", "a.npy", False, tuple(change))) == runs


@given(st.lists(st.sampled_from([STILL, 0.5, MOVING, 20.0, CUT]), max_size=40))
def test_runs_of_any_clip(change):
    runs = unbroken_runs(CachedClip("a", "a.npy", False, (0.0, *change)))
    for start, stop in runs:
        assert start >= 0
        assert stop - start >= 3
        assert stop <= len(change) + 1
        assert min(change[start : stop - 1]) > STILL
    for (_, end), (begin, _) in itertools.pairwise(runs):
        assert end <= begin


def test_runs_of_a_real_clip(made_clips, made_cache):
    clips = {clip.file: clip for clip in cache_clips(made_clips, made_cache)}
    assert unbroken_runs(clips["pan.mp4.npy"]) == [(0, 24)]
    assert unbroken_runs(clips["broken.mkv.npy"]) == [(0, 7), (7, 13), (13, 20)]
    for number in (0, 1):  # in which a frame that is held may flicker
        assert (0, 7) in unbroken_runs(clips[f"broken.mkv.poor{number}.npy"])
        assert unbroken_runs(clips[f"pan.mp4.poor{number}.npy"]) == [(0, 24)]


def fields_of(sample):
    return [value for _, value in sorted(vars(sample).items())]


def same(one, two):
    return all(
        np.array_equal(a, b, True) for a, b in zip(fields_of(one), fields_of(two), strict=True)
    )


@pytest.mark.parametrize("poor", [False, True])
def test_the_same_number_gives_the_same_sample(made_clips, made_cache, poor):
    """In any order, from a copy, and from another source of the same seed; no other does."""

    def make(seed):
        return FootageSource(made_clips, made_cache, 64, seed, poor=poor)

    one, two, other = make(3), make(3), make(4)
    expected = [one.sample(index) for index in range(8)]
    copy = pickle.loads(pickle.dumps(one))
    for index in reversed(range(8)):
        assert same(two.sample(index), expected[index])
        assert same(copy.sample(index), expected[index])
        assert not same(other.sample(index), expected[index])
    assert not any(same(*pair) for pair in itertools.combinations(expected, 2))


def test_a_seed_means_the_same_everywhere(tmp_path, source):
    """What the seed 5 chose when this was written."""
    clips = [drawn(tmp_path, name, [MOVING] * 50) for name in "ab"]
    made = source(clips, size=64, seed=5)
    found = []
    for index in range(4):
        sample = made.sample(index)
        found.append((*numbers_of(sample), *sample.first[20, 40, 1:].tolist()))
    assert found == [
        (40, 41, 42, 156, 125),
        (21, 26, 27, 107, 148),
        (28, 31, 34, 101, 126),
        (28, 26, 24, 174, 29),
    ]


def test_what_cannot_be_cut(tmp_path):
    with pytest.raises(MediaError, match="expected a folder of clips"):
        FootageSource(tmp_path / "none", tmp_path / "cache")
