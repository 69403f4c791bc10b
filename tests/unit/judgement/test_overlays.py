"""What stands still over moving pictures is held; what merely is at rest is not."""

from fractions import Fraction
from functools import cache

import cv2
import numpy as np
import pytest

from dain.judgement import Judges, OverlayJudge, Passage, judged

HEIGHT, WIDTH = 96, 160
COUNT = 30
HALF = Fraction(1, 2)


@cache
def texture(seed, height=HEIGHT, width=WIDTH * 3):
    """Blotches of strong contrast, a few pixels large."""
    noise = np.random.default_rng(seed).integers(0, 256, (height // 3 + 1, width // 3 + 1, 3))
    large = cv2.resize(noise.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.GaussianBlur(large, (3, 3), 0)


def panning(number, seed=1, speed=3):
    return texture(seed)[:, number * speed : number * speed + WIDTH].copy()


def locked(number, seed=1):
    return panning(0, seed)


def letters(left=40, top=70, text="Words", size=0.7):
    """Opacity and colour of outlined text, with soft edges."""
    outline, fill = (np.zeros((HEIGHT, WIDTH), np.uint8) for _ in range(2))
    place = (left, top)
    cv2.putText(outline, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 4, cv2.LINE_AA)
    cv2.putText(fill, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    return outline.astype(np.float32) / 255, np.repeat(fill[..., None], 3, 2)


def over(picture, overlay):
    alpha, colour = overlay
    mixed = picture * (1 - alpha[..., None]) + colour * alpha[..., None]
    return np.rint(mixed).astype(np.uint8)


def verdicts(frames, passages=None):
    judges = Judges(passages=passages, standing=OverlayJudge())
    found = judged(
        range(len(frames)),
        judges,
        lambda n: Fraction(n, 24),
        lambda n: np.ascontiguousarray(frames[n]),
    )
    return [each.standing for each in found]


def smeared(frames, at):
    """What an interpolator makes where it warps all by the motion of the scene: 2 pixels."""
    return np.roll(frames[at], -2, 1)


def held(frames, at, t=HALF, made=None):
    standing = verdicts(frames)[at]
    made = smeared(frames, at) if made is None else made
    return standing.hold(made, frames[at], frames[at + 1], t)


def opaque(overlay):
    return overlay[0] > 0.95


def test_letters_over_a_moving_picture_stay_and_nothing_else_does():
    overlay = letters()
    frames = [over(panning(n), overlay) for n in range(COUNT)]
    made = smeared(frames, 14)
    result = held(frames, 14)
    inside = opaque(overlay)
    assert np.abs(made.astype(int) - frames[14])[inside].mean() > 30
    assert np.abs(result.astype(int) - frames[14])[inside].mean() < 1
    far = cv2.dilate((overlay[0] > 0).astype(np.uint8), np.ones((7, 7))) == 0
    assert np.mean((result != made).any(2)[far]) < 0.002


def test_soft_edges_are_between_both_frames():
    overlay = letters()
    frames = [over(panning(n), overlay) for n in range(COUNT)]
    result = held(frames, 14).astype(int)
    ring = (overlay[0] > 0.3) & ~opaque(overlay)
    low, high = np.minimum(frames[14], frames[15]), np.maximum(frames[14], frames[15])
    within = (result >= low.astype(int) - 1) & (result <= high.astype(int) + 1)
    assert within[ring].mean() > 0.9


@pytest.mark.parametrize("kind", ["uint16", "float32", "rgba"])
def test_every_kind_of_frame(kind):
    overlay = letters()
    eight = [over(panning(n), overlay) for n in range(COUNT)]
    standing = verdicts(eight)[14]
    if kind == "uint16":
        frames = [each.astype(np.uint16) * 257 for each in eight]
    elif kind == "float32":
        frames = [each.astype(np.float32) / 255 for each in eight]
    else:
        frames = [np.dstack([each, np.full((HEIGHT, WIDTH), 90, np.uint8)]) for each in eight]
    made = np.zeros_like(frames[14])
    result = standing.hold(made, frames[14], frames[15], HALF)
    assert result.dtype == frames[14].dtype
    assert not made.any()
    taken = standing.held > 0
    assert np.array_equal(result[taken], frames[14][taken])
    assert not result[:30].any()
    left, top, width, height = standing.box()
    assert result[top : top + height, left : left + width].any(2).sum() == result.any(2).sum()


def test_the_nearer_frame_is_held():
    overlay = letters()
    rng = np.random.default_rng(3)
    frames = [
        np.clip(over(panning(n), overlay) + rng.normal(0, 1.5, (HEIGHT, WIDTH, 1)), 0, 255).astype(
            np.uint8
        )
        for n in range(COUNT)
    ]
    standing = verdicts(frames)[14]
    taken = standing.held > 0
    assert taken[opaque(overlay)].mean() > 0.9
    for t, nearer in ((Fraction(1, 4), 14), (Fraction(3, 4), 15)):
        result = standing.hold(smeared(frames, 14), frames[14], frames[15], t)
        assert np.array_equal(result[taken], frames[nearer][taken])


def test_a_fast_bird_before_a_quiet_scene_is_not_held_away():
    frames = [locked(n) for n in range(COUNT)]
    for n, frame in enumerate(frames):
        left = n * 23 % WIDTH
        frame[40:48, left : left + 8] = 255
    for standing in verdicts(frames):
        if standing is not None:
            assert not standing.held[38:50].any()


def test_a_walker_before_a_quiet_scene_leaves_it_alone():
    frames = [locked(n) for n in range(COUNT)]
    moving = texture(5)
    for n, frame in enumerate(frames):
        left = 4 * n
        frame[20:, left : left + 40] = moving[20:HEIGHT, 100:140]
    for standing in verdicts(frames):
        assert standing is None or (standing.held | standing.arriving).mean() < 0.005


def test_letters_before_a_walker_in_a_quiet_scene_stay():
    overlay = letters()
    frames = [locked(n) for n in range(COUNT)]
    moving = texture(5)
    for n, frame in enumerate(frames):
        left = 6 * n - 20
        low, high = max(0, left), min(WIDTH, left + 60)
        frame[20:, low:high] = moving[20:HEIGHT, 100 + low - left : 100 + high - left]
        frame[:] = over(frame, overlay)
    standing = verdicts(frames)[14]
    behind = np.zeros((HEIGHT, WIDTH), bool)
    behind[:, 70:110] = True
    assert (standing.held > 0)[opaque(overlay) & behind].mean() > 0.7


def test_nothing_is_held_where_nothing_stands():
    assert verdicts([panning(n) for n in range(COUNT)]) == [None] * COUNT


def test_nothing_is_held_where_nothing_moves():
    assert verdicts([over(locked(n), letters()) for n in range(COUNT)]) == [None] * COUNT


CADENCES = {
    "twos": lambda n: n // 2,
    "threes": lambda n: n // 3,
    "24 in 30": lambda n: n * 4 // 5,
}


@pytest.mark.parametrize("name", CADENCES)
@pytest.mark.parametrize("grain", [0, 2])
def test_repeats_are_no_evidence_that_anything_stands(name, grain):
    drawing, count, overlay = CADENCES[name], 44, letters()
    random = np.random.default_rng(1)
    frames = []
    for n in range(count):
        noise = random.normal(0, grain, (HEIGHT, WIDTH, 1))
        picture = over(panning(drawing(n), speed=5), overlay)
        frames.append(np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8))
    around = cv2.dilate((overlay[0] > 0).astype(np.uint8), np.ones((7, 7))) > 0
    for n, found in enumerate(verdicts(frames)[:-1]):
        if drawing(n) == drawing(n + 1):
            assert found is None
        elif found is not None:
            assert not found.held[~around].any()
        if found is None:
            assert drawing(n) == drawing(n + 1) or not 26 <= n < 35
        elif 26 <= n < 35:
            assert (found.held > 0)[opaque(overlay)].mean() > 0.95


def test_a_ticker_is_not_held():
    frames = [over(panning(n), letters(150 - 4 * n)) for n in range(COUNT)]
    for standing in verdicts(frames):
        assert standing is None or standing.held.mean() < 0.002


def test_bars_are_held_up_to_their_edge():
    frames = [panning(n) for n in range(COUNT)]
    for frame in frames:
        frame[:12] = frame[-12:] = 16
    result = held(frames, 14, made=np.full((HEIGHT, WIDTH, 3), 99, np.uint8))
    assert (result[:12] == 16).all()
    assert (result[-12:] == 16).all()
    assert (result[14:-14] == 99).all()


def test_a_dark_scene_is_not_a_bar():
    frames = [panning(n) for n in range(COUNT)]
    for n, frame in enumerate(frames):
        frame[: 12 + n % 5] = 16
    assert verdicts(frames)[14] is None


class TestComingAndGoing:
    overlay = letters()
    appears, vanishes = 12, 36

    def frames(self, scene):
        shown = range(self.appears, self.vanishes)
        return [
            over(scene(n), self.overlay) if n in shown else scene(n)
            for n in range(self.vanishes + 15)
        ]

    def at(self, t, frames, gap):
        """What is made with an interpolator that mixes frames without motion."""
        standing = verdicts(frames)[gap]
        before, after = standing.strip(frames[gap], frames[gap + 1])
        made = cv2.addWeighted(before, 1 - t, after, t, 0)
        return standing.hold(made, frames[gap], frames[gap + 1], t).astype(int)

    @pytest.mark.parametrize("scene", [panning, locked])
    def test_it_belongs_to_the_nearer_frame(self, scene):
        frames = self.frames(scene)
        inside = opaque(self.overlay)
        for gap, there in ((self.appears - 1, (False, True)), (self.vanishes - 1, (True, False))):
            for t, shown in zip((0.25, 0.75), there, strict=True):
                result = self.at(t, frames, gap)
                letters_off = np.abs(result - self.overlay[1])[inside].mean()
                bare = scene(gap) * (1 - t) + scene(gap + 1) * t
                scene_off = np.abs(result - bare)[inside].mean()
                if shown:
                    assert letters_off < 6
                else:
                    assert scene_off < 0.5 * letters_off

    def test_frames_that_show_nothing_of_the_kind_are_given_back(self):
        frames = self.frames(panning)
        standing = verdicts(frames)[self.appears - 1]
        before, after = standing.strip(frames[self.appears - 1], frames[self.appears])
        assert before is frames[self.appears - 1]
        assert after is not frames[self.appears]
        standing = verdicts(frames)[self.appears + 3]
        pair = frames[self.appears + 3], frames[self.appears + 4]
        assert all(one is other for one, other in zip(standing.strip(*pair), pair, strict=True))

    def test_what_is_under_it_is_filled_by_the_other_frame(self):
        frames = self.frames(panning)
        gap = self.appears - 1
        after = verdicts(frames)[gap].strip(frames[gap], frames[gap + 1])[1]
        inside = opaque(self.overlay)
        off = np.abs(after.astype(int) - panning(self.appears))[inside].mean()
        assert (
            off < 0.3 * np.abs(frames[gap + 1].astype(int) - panning(self.appears))[inside].mean()
        )


class CutBefore:
    behind = ahead = 0

    def __init__(self, number):
        self.number, self.seen = number, -1

    def look(self, before, now):
        self.seen += 1
        return self.seen

    def judge(self, looks, at):
        return Passage.CUT if looks[at] + 1 == self.number else Passage.MOTION


def test_a_logo_is_held_on_both_sides_of_a_cut():
    overlay = letters()
    frames = [over(panning(n, seed=1 if n < 15 else 2), overlay) for n in range(COUNT)]
    found = verdicts(frames, CutBefore(15))
    assert found[14] is None
    for at in (13, 15):
        assert (found[at].held > 0)[opaque(overlay)].mean() > 0.95


def test_a_late_start_finds_the_same():
    overlay = letters()
    frames = [over(panning(n), overlay) if 12 <= n < 40 else panning(n) for n in range(52)]
    whole = verdicts(frames)
    begin = 10
    same_from = Judges(standing=OverlayJudge()).behind
    late = verdicts(frames[begin:])
    for one, other in zip(late[same_from:], whole[begin + same_from :], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert np.array_equal(one.held, other.held)
            assert np.array_equal(one.arriving, other.arriving)
            assert np.array_equal(one.leaving, other.leaving)
    assert any(each is not None for each in late[same_from:])
