"""Output frames of a source that was judged: cuts, fades, repeats, what stands still."""

from fractions import Fraction

import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.judges import ByValue, passages, repeats
from tests.unit.jobs.test_making import BASE, PTS, brightness, job_for

from dain.engine import MadeFrame
from dain.jobs.doubt_log import DoubtLog
from dain.jobs.findings import Findings
from dain.jobs.judging import Judging
from dain.jobs.making import FrameMaker
from dain.jobs.prepare import from_frame
from dain.judgement import Beat, Judges, Passage
from dain.media import Frame

HALF = Fraction(1, 2)


def frames(pts, values):
    for index, (time, value) in enumerate(zip(pts, values, strict=True)):
        yield Frame(np.full((1, 2, 3), value, np.uint8), time, BASE, 100, index)


def make(values, judging, pts=None, **time):
    """Brightnesses of the output, the engine, and what was found."""
    pts = pts or [100 * index for index in range(len(values))]
    engine, findings = BlendEngine(), Findings()
    maker = FrameMaker(job_for(pts, **time), engine, judging=judging, findings=findings)
    made = list(maker.make(frames(pts, values)))
    assert maker.frames_in == len(pts)
    return brightness(made), engine, findings


CUT = Judges(passages=passages(v10=Passage.CUT))


@pytest.mark.parametrize(
    ("at_cuts", "between"),
    [("nearest", [10, 10, 90]), ("hold", [10, 10, 10]), ("blend", [46, 65, 79])],
)
def test_nothing_is_interpolated_across_a_cut(at_cuts, between):
    found, engine, findings = make([0, 10, 90, 94], Judging(CUT, at_cuts), factor=Fraction(4))
    # (A blend is of light, so brighter than the mean of the values.)
    assert found == [0, 2, 5, 8, 10, *between, 90, 91, 92, 93, 94, 94, 94, 94]
    assert len(engine.calls) == 2
    assert findings.cuts == [{"frame": 2, "time": 0.2}]
    assert findings.lines() == ("1 cut",)


def test_a_fade_is_mixed_in_light():
    judging = Judging(Judges(passages=passages(v0=Passage.FADE)))
    found, engine, findings = make([0, 255, 255], judging, factor=Fraction(2))
    assert found == [0, 188, 255, 255, 255, 255]
    assert findings.counts.mixed == 1
    assert findings.told()["fades"] == [{"first": 0, "last": 0, "start": 0.0, "end": 0.0}]
    assert engine.calls == [[HALF]]


def test_motion_is_spread_over_the_whole_time_of_a_drawing():
    judging = Judging(Judges(beats=repeats()))
    found, engine, findings = make([0, 0, 40, 40, 80, 80], judging, factor=Fraction(2))
    assert found == [0, 10, 20, 30, 40, 50, 60, 70, 80, 80, 80, 80]
    assert findings.lines() == ("3 repeated frames (twos)",)
    told = findings.told()["cadence"]
    assert told == [
        {"pattern": "twos", "first": 1, "last": 5, "start": 0.1, "end": 0.5, "repeats": 3}
    ]
    assert [len(call) for call in engine.calls] == [3, 3, 1]


def test_drawings_stand_where_they_are_due():
    judging = Judging(Judges(beats=repeats(late=Fraction(1, 20))))
    found, *_ = make([0, 30, 60, 60, 90], judging, factor=Fraction(2))
    # Due at 0, 0.15, 0.25 and 0.45 s; instants every 0.05 s.
    assert found == [0, 10, 20, 30, 45, 60, 68, 75, 82, 90]


def test_a_repeat_before_a_cut_shows_that_the_shot_stands():
    judges = Judges(
        passages=ByValue(lambda looks, at: Passage.CUT if looks[at + 1] == 200 else Passage.MOTION),
        beats=repeats(),
    )
    found, *_ = make([0, 40, 40, 200, 200], Judging(judges), factor=Fraction(2))
    assert found == [0, 20, 40, 40, 40, 40, 200, 200, 200, 200]


def test_what_stands_is_put_back():
    class Standing:
        def strip(self, before, after):
            return before // 2, after

        def hold(self, made, before, after, t):
            assert (before.max(), after.max()) in ((0, 100), (100, 200))
            return made + 7

        def box(self):
            return 1, 2, 3, 4

    judging = Judging(Judges(standing=ByValue(lambda looks, at, cuts: Standing())))
    found, _, findings = make([0, 100, 200], judging, factor=Fraction(2))
    assert found == [0, 57, 100, 132, 200, 200]  # 125 is between 50 and 200
    assert findings.told()["overlays"] == [
        {"first": 0, "last": 1, "start": 0.0, "end": 0.1, "box": (1, 2, 3, 4)}
    ]


def test_frames_are_counted_by_what_became_of_them():
    _, _, findings = make(
        [0, 10, 90, 94], Judging(Judges(passages=passages(v10=Passage.CUT))), factor=Fraction(4)
    )
    counts = findings.counts
    assert (counts.passed, counts.made, counts.mixed, counts.held) == (4, 6, 0, 6)


VALUES = [0, 0, 40, 40, 80, 80, 90, 91, 91, 20, 20, 50, 60, 60, 70, 75]
HELD = [0, *[30] * 5, *[50] * 5, *[90] * 5]
LONG = [100 * index for index in range(len(VALUES))]


def judges_of_all_kinds():
    return Judges(
        passages=ByValue(
            lambda looks, at: Passage.CUT if looks[at + 1] < looks[at] else Passage.MOTION
        ),
        beats=repeats(late=Fraction(1, 40)),
    )


def late_by_the_past():
    """Each drawing is due the later, the brighter the picture four frames before it was."""

    def verdict(looks, at, times, cuts):
        return Beat(False, times[at] + Fraction(looks[0] if at == 4 else 0, 2000))

    return Judges(beats=ByValue(verdict, behind=4, ahead=0))


@pytest.mark.parametrize("time", [{"factor": Fraction(2)}, {"fps": Fraction(24)}])
@pytest.mark.parametrize("lost", [(), (6, 7, 8)], ids=["whole", "damaged"])
@pytest.mark.parametrize(
    ("values", "judges"),
    [
        (VALUES, judges_of_all_kinds()),
        (HELD, Judges(beats=repeats(behind=1, ahead=5))),
        (VALUES, late_by_the_past()),
    ],
    ids=["all kinds", "long holds", "far back"],
)
def test_a_run_taken_up_anywhere_makes_and_finds_the_same(values, judges, lost, time):
    judging, job = Judging(judges), job_for(LONG, **time)
    source = [frame for frame in frames(LONG, values) if frame.index not in lost]

    def run(part, findings, done=0):
        maker = FrameMaker(part, BlendEngine(), done, judging=judging, findings=findings)
        made = []
        for frame in maker.make(each for each in source if each.pts >= (part.from_pts or 0)):
            made.append((frame.index, frame.pts, frame.duration, int(frame.pixels[0, 0, 0])))
            states.append((maker.done, findings.as_record()))
        return made, maker

    states = []
    whole_findings = Findings()
    whole, maker = run(job, whole_findings)
    known = list(states)
    for index in range(1, len(whole)):
        part = from_frame(job, index, LONG, judges.warm_up + len(lost))
        done, record = known[index - 1]
        findings = Findings()
        findings.go_on_from(record)
        rest, again = run(part, findings, done)
        assert rest == whole[index:]
        assert again.frames_in == maker.frames_in
        assert findings.told() == whole_findings.told()
    assert part.from_pts


def test_a_range_is_judged_by_its_own_frames():
    asked = []

    def verdict(looks, at):
        asked.append(tuple(looks))
        return Passage.MOTION

    judging = Judging(Judges(passages=ByValue(verdict, ahead=5)))
    maker = FrameMaker(
        job_for(PTS, factor=Fraction(2), end_frame=1), BlendEngine(), judging=judging
    )
    assert brightness(maker.make(frames(PTS, [0, 10, 20, 30]))) == [0, 5, 10, 10]
    assert asked == [(0, 10)]


class UnsureEngine(BlendEngine):
    """Knows of each frame that it is as doubtful as it is bright."""

    def make(self, frame0, frame1, times):
        made = self.between(frame0, frame1, times)
        sure = np.ones((1, 1), np.float32)
        return [MadeFrame(each, sure, float(each.max()) / 255, 0.5) for each in made]


def test_doubtful_frames_are_noted_with_what_they_lie_between():
    findings = Findings(doubts=DoubtLog())
    maker = FrameMaker(job_for(PTS, factor=Fraction(2)), UnsureEngine(), findings=findings)
    assert brightness(maker.make(frames(PTS, [0, 20, 180, 200]))) == [
        *(0, 10, 20, 100, 180, 190, 200, 200)
    ]
    assert findings.told()["doubts"] == {
        "frames": 2,
        "worst": [{"frame": 5, "time": 0.25, "doubt": round(190 / 255, 4), "given_up": 0.5}],
    }
    (moment,) = findings.doubts.entries()
    assert set(moment.pictures) == {"earlier", "made", "later", "doubt"}
