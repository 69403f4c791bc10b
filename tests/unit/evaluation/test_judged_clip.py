"""What judgements buy on a clip: every other frame taken out, and made again in several ways."""

import math
import weakref
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.judges import passages, repeats
from tests.support.videos import make_video

from dain.errors import MediaError
from dain.evaluation import ClipSamples, evaluate, judged_clip, psnr
from dain.evaluation.judged_clip import judge_clip
from dain.evaluation.variants import engines_for, variants_of
from dain.jobs.judging import Judging
from dain.judgement import Judges, Passage
from dain.media import open_reader
from dain.settings import JudgementSettings

CUTS = replace(JudgementSettings.all_off(), scene_threshold=Fraction(1, 2))
CADENCE = replace(JudgementSettings.all_off(), cadence="auto")


@pytest.fixture
def clip(tmp_path):
    """A clip of frames of one grey each, without loss."""

    def of(values, **timing):
        images = [np.full((48, 64, 3), value, np.uint8) for value in values]
        path = tmp_path / "clip.mkv"
        return make_video(path, images=images, codec="ffv1", pixel_format="bgr0", **timing)

    return of


@pytest.fixture
def cuts_after(monkeypatch):
    """Let judges of cuts find one after a frame of a value, and judges of beats all repeats."""

    def to(*values):
        def judging(settings):
            asked = settings.judgement
            cuts = passages(**{f"v{value}": Passage.CUT for value in values})
            judges = Judges(
                passages=None if asked.scene_threshold == "off" else cuts,
                beats=None if asked.cadence == "off" else repeats(),
            )
            return Judging(judges, asked.at_cuts)

        monkeypatch.setattr(judged_clip, "judging_for", judging)

    return to


def judge(samples, asked, engine=None):
    """What comes of a clip, and the engine."""
    engine, measured = engine or BlendEngine(), []
    variants = variants_of(asked)
    report, gains = judge_clip(samples, engines_for(engine, variants), variants, measured.append)
    return report, gains, engine, measured


def test_variants_are_plain_each_alone_and_all():
    asked = JudgementSettings(at_cuts="blend", overlays="off")
    variants = variants_of(asked)
    assert list(variants) == ["plain", "cuts", "sharpness", "doubt", "cadence", "judged"]
    assert variants["judged"] == asked
    assert variants["plain"] == replace(JudgementSettings.all_off(), at_cuts="blend")
    assert variants["doubt"] == replace(variants["plain"], doubt="blend")
    assert list(variants_of(JudgementSettings.all_off())) == ["plain"]


@pytest.mark.parametrize(("limit", "count"), [(None, 11), (None, 12), (3, 14)])
def test_plain_frames_are_measured_as_ever(clip, cuts_after, limit, count):
    cuts_after(20)
    path = clip([7 * k + 13 * (k % 2) for k in range(count)])
    report, *_, measured = judge(ClipSamples(path, limit, in_runs=True), CUTS)
    expected = evaluate(BlendEngine(), ClipSamples(path, limit, in_runs=True))
    assert [replace(score, seconds=0) for score in report.scores] == [
        replace(score, seconds=0) for score in expected.scores
    ]
    assert [each.score for each in measured] == list(report.scores)


def test_a_cut_by_shot(clip, cuts_after):
    """Frames 0 to 4 and 5 to 9: frame 5, the first of its shot, stands between 4 and 6."""
    cuts_after(18, 14)  # frame 4 of the thinned clip, the last of the first shot of all frames
    path = clip([10, 11, 12, 13, 14, 200, 202, 203, 204, 205, 206])
    _, gains, engine, measured = judge(ClipSamples(path), CUTS)
    assert gains.names == ["plain", "cuts", "judged"]
    assert len(engine.calls) == 5  # each pair once, though there are three ways
    first, second = gains.shots
    assert (first.number, first.start, first.end, first.frames) == (1, 0, Fraction(5, 24), 2)
    assert (second.number, second.end, second.frames) == (2, Fraction(11, 24), 3)
    assert first.outcomes["cuts"].changed == 0
    assert first.gain("cuts") == 0
    # At half way, the frame before a cut is the nearest.
    assert second.outcomes["cuts"].changed == second.outcomes["judged"].changed == 1
    true = np.full((48, 64, 3), 200, np.uint8)
    change = psnr(np.full_like(true, 14), true) - psnr(np.full_like(true, 108), true)
    assert second.gain("judged") == pytest.approx(change / 3)
    assert gains.whole.frames == 5
    assert gains.whole.gain("cuts") == pytest.approx(change / 5)
    assert [int(each.made[0, 0, 0]) for each in measured] == [11, 13, 108, 203, 205]


def test_the_nearest_frame_by_exact_time(clip, cuts_after):
    """In a clip of variable rate, the frame after a cut is nearer to the one after it."""
    cuts_after(10)
    pts = [0, 90, 100, 110, 120]
    path = clip([10, 200, 200, 200, 200], pts=pts, time_base=Fraction(1, 1000), rate=1000)
    report, gains, *_ = judge(ClipSamples(path), CUTS)
    assert report.scores[0].time == Fraction(9, 10)
    assert gains.whole.outcomes["cuts"].psnr == 100
    assert gains.whole.gain("cuts") > 0


def test_a_drawing_that_is_held_is_passed_over(clip, cuts_after):
    """On fours, thinned on twos: motion is spread, and what was held is not met any more."""
    cuts_after()
    path = clip([10] * 4 + [50] * 4 + [90] * 4 + [130])
    _, gains, engine, measured = judge(ClipSamples(path), CADENCE)
    assert [int(each.made[0, 0, 0]) for each in measured] == [10, 30, 50, 70, 90, 110]
    assert gains.whole.outcomes["cadence"].changed == 6
    assert gains.whole.outcomes["cadence"] == gains.whole.outcomes["judged"]
    assert gains.whole.gain("cadence") < 0
    # Plain asks for six pairs; cadence for three others, of which each has two times.
    assert [len(call) for call in engine.calls].count(2) == 3


def test_fades_are_rows_of_their_own(clip, monkeypatch):
    judges = Judges(passages=passages(v40=Passage.FADE, v80=Passage.FADE))
    monkeypatch.setattr(judged_clip, "judging_for", lambda settings: Judging(judges))
    path = clip([10, 20, 40, 80, 120, 121, 122])
    _, gains, *_ = judge(ClipSamples(path), CUTS)
    assert [(row.number, row.fades, row.frames) for row in gains.shots] == [
        (1, False, 1),
        (2, True, 1),
        (3, False, 1),
    ]
    assert [row.start * 24 for row in gains.shots] == [0, 2, 4]


def test_engines_that_finish_otherwise_are_told_apart(clip):
    class Finishing(BlendEngine):
        def __init__(self, level=0):
            super().__init__()
            self.level = level
            self.ways = []

        def finishing(self, *, doubt, sharpness):
            self.ways.append((doubt, sharpness))
            return Finishing({"off": 0, "blend": 1}[doubt] + {"off": 0, "auto": 2}[sharpness])

        def between(self, frame0, frame1, times):
            return [frame + self.level for frame in super().between(frame0, frame1, times)]

    asked = replace(JudgementSettings.all_off(), doubt="blend", sharpness="auto")
    _, gains, engine, _ = judge(ClipSamples(clip(range(10, 19))), asked, Finishing())
    assert engine.ways == [("off", "off"), ("off", "auto"), ("blend", "off"), ("blend", "auto")]
    errors = {name: 255**2 / 10 ** (each.psnr / 10) for name, each in gains.whole.outcomes.items()}
    assert errors["doubt"] == pytest.approx(1)
    assert errors["sharpness"] == pytest.approx(4)
    assert errors["judged"] == pytest.approx(9)
    assert gains.whole.outcomes["plain"].psnr == 100


def test_memory_does_not_grow_with_the_clip(clip, cuts_after, monkeypatch):
    """Frames at hand are those that judges wait for."""
    cuts_after()
    seen, alive = [], []

    def held(pixels):
        picture = pixels.copy()
        seen.append(weakref.ref(picture))
        alive.append(sum(each() is not None for each in seen))
        return picture

    monkeypatch.setattr(judged_clip, "as_8_bit", held)
    variants = variants_of(CUTS)
    engines = engines_for(BlendEngine(), variants)
    judge_clip(ClipSamples(clip(range(10, 150))), engines, variants, lambda measured: None)
    assert len(alive) == 139
    # The judges look 3 frames ahead, in all frames and in every other one; 8 pairs are kept.
    assert max(alive) < 60


def test_a_limit_takes_runs_with_frames_around_them(clip):
    path = clip([k % 200 for k in range(600)])
    samples = ClipSamples(path, 24, in_runs=True)
    windows = samples.windows(behind=5, ahead=3)
    assert len(samples) == 24
    assert len(windows) == 2
    with open_reader(path) as reader:
        pts = reader.timestamps().pts
    first, second = windows
    assert (first.first, first.last) == (0, pts[2 * (12 + 3)])
    assert (second.first, second.last) == (pts[2 * (149 - 5)], pts[2 * (149 + 12 + 3)])
    assert [pts.index(each) for each in pts if first.wants(each)] == list(range(1, 24))
    assert samples.windows(behind=200, ahead=3) == [
        replace(first, last=second.last, wanted=first.wanted + second.wanted)
    ]
    assert [len(ClipSamples(path, limit, True)) for limit in (1, 13, 100, 299, 400)] == [
        *(1, 13, 100, 299, 299)
    ]


def test_runs_are_judged_as_the_whole_is(clip, cuts_after):
    """A limited evaluation makes the same frames as the whole one."""
    cuts_after(*range(20, 200, 7))
    path = clip([k % 200 for k in range(400)], keyframe_interval=1)
    whole = {each.score.name: each.score.psnr for each in judge(ClipSamples(path), CUTS)[3]}
    report, gains, *_ = judge(ClipSamples(path, 30, in_runs=True), CUTS)
    assert len(report.scores) == 30
    assert {score.name: score.psnr for score in report.scores}.items() <= whole.items()
    assert sum(row.frames for row in gains.shots) == gains.whole.frames == 30
    assert gains.whole.outcomes["cuts"].changed > 0


def test_a_clip_that_cannot_be_decoded_far_enough(write, tmp_path):
    for k in range(3):
        write(f"frames/{k:03}.png", k)
    samples = ClipSamples(tmp_path / "frames")
    (tmp_path / "frames" / "002.png").write_bytes(b"damaged")
    with pytest.raises(MediaError, match="fewer that can be decoded"):
        judge(samples, CUTS)
    assert samples.messages == ["002.png cannot be decoded; bridged"]


def test_detail_is_told_beside_the_truth(write, tmp_path):
    """Noise that is blended loses half its power."""
    for k in range(3):
        write(f"frames/{k:03}.png", k, 96, 96)
    _, gains, *_ = judge(ClipSamples(tmp_path / "frames"), CUTS)
    outcome = gains.whole.outcomes["plain"]
    assert outcome.detail == pytest.approx(0.5, abs=0.1)
    assert math.isfinite(outcome.psnr)
