"""The generator's truth, on shots whose every frame has a grey of its own."""

import numpy as np
import pytest
from benchmarks.judgement.effects import grain, ramp, recompressed
from benchmarks.judgement.hand_checked import part
from benchmarks.judgement.keeping import keep, kept
from benchmarks.judgement.reel import Reel
from benchmarks.judgement.truth import Event, halves


def shot(level, count, size=(12, 16)):
    return np.full((count, *size, 3), level, np.uint8)


def levels(reel):
    return [int(frame[0, 0, 0]) for frame in reel.finished()[0]]


def only(reel, kind):
    return [event for event in reel.finished()[1] if event.kind == kind]


def test_a_cut_lies_at_the_first_frame_of_the_new_shot():
    reel = Reel()
    reel.cut(shot(20, 5))
    reel.cut(shot(90, 1))
    reel.cut(shot(20, 4))
    found = levels(reel)
    changes = [place for place in range(1, len(found)) if found[place] != found[place - 1]]
    assert [event.first for event in only(reel, "cut")] == changes == [5, 6]
    assert [list(event.gaps) for event in only(reel, "cut")] == [[4], [5]]


def test_a_dissolve_covers_exactly_the_mixed_frames():
    reel = Reel()
    reel.cut(shot(0, 10))
    reel.dissolve(shot(210, 12), 6)
    found = levels(reel)
    (event,) = only(reel, "dissolve")
    mixed = [place for place, level in enumerate(found) if 0 < level < 210]
    assert len(found) == 16
    assert mixed == list(range(event.first, event.last + 1)) == [4, 5, 6, 7, 8, 9]
    assert found[4:10] == [30, 60, 90, 120, 150, 180]
    assert list(event.gaps) == [3, 4, 5, 6, 7, 8, 9]


def test_linear_light_is_brighter_than_coded_values():
    middles = []
    for linear in (False, True):
        reel = Reel()
        reel.cut(shot(0, 3))
        reel.dissolve(shot(200, 3), 1, linear=linear)
        middles.append(levels(reel)[2])
    assert middles == [100, 146]  # 200 / 2, and 200 / 2 ** (1 / 2.2)


@pytest.mark.parametrize("level", [0, 255])
def test_fades_cover_what_is_neither_the_shot_nor_the_colour(level):
    reel = Reel()
    reel.cut(shot(120, 9))
    reel.fade_out(4, level, 3)
    reel.fade_in(shot(60, 8), 2, level)
    out, coming = only(reel, "fade_out")[0], only(reel, "fade_in")[0]
    found = levels(reel)
    assert (out.first, out.last, coming.first, coming.last) == (5, 8, 12, 13)
    assert found[:5] == [120] * 5
    assert found[9:12] == [level] * 3
    assert found[14:] == [60] * 6
    between = [*found[5:9], *found[12:14]]
    assert all(value not in (120, 60, level) for value in between)


def test_a_dissolve_longer_than_its_shots_is_refused():
    reel = Reel()
    reel.cut(shot(0, 4))
    with pytest.raises(ValueError, match="expected 6 frames on both sides"):
        reel.dissolve(shot(9, 12), 6)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="known kind"):
        Event("iris", 1, 2)


def test_weights_leave_the_ends_alone():
    assert ramp(3) == [0.25, 0.5, 0.75]


def test_the_halves_share_nothing_and_do_not_depend_on_order():
    names = [f"clip{number}" for number in range(11)]
    dealt = halves(names)
    assert halves(names[::-1]) == dealt
    assert sorted(dealt["tune"] + dealt["test"]) == sorted(names)
    assert abs(len(dealt["tune"]) - len(dealt["test"])) == 1


def test_grain_has_the_strength_asked_for():
    frames = shot(128, 4, (64, 64))
    noise = grain(frames, 6.0, np.random.default_rng(1)).astype(float) - 128
    assert noise.std() == pytest.approx(6, rel=0.1)
    assert abs(noise.mean()) < 0.4  # four deviations of such a mean


def test_recompressing_keeps_every_frame_in_its_place():
    frames = np.stack([shot(level, 1, (32, 48))[0] for level in (10, 200, 60, 120, 30)])
    again = recompressed(frames, 30)
    assert again.shape == frames.shape
    assert np.abs(again.astype(int) - frames).max() < 12


def test_a_kept_sequence_is_the_one_that_was_made(tmp_path):
    frames, events = shot(7, 3), (Event("pan", 0, 2, "fast"),)
    keep(tmp_path / "one-00", frames, events)
    sequence = kept(tmp_path / "one-00", "tune")
    assert (sequence.name, sequence.count, sequence.events) == ("one-00", 3, events)
    for _ in range(2):
        assert np.array_equal(np.stack(list(sequence.frames())), frames)


def test_the_part_of_a_film_counts_from_its_own_first_frame():
    events = (Event("cut", 4, 4), Event("cut", 6, 6), Event("cut", 9, 9), Event("flash", 7, 8))
    frames = np.stack([shot(level, 1)[0] for level in range(12)])
    sequence = part(frames, "film-test", events, (4, 9), "test")
    assert sequence.events == (Event("cut", 2, 2), Event("flash", 3, 4))
    assert [int(frame[0, 0, 0]) for frame in sequence.frames()] == [4, 5, 6, 7, 8]
    assert sequence.count == 5
