"""Verdicts against truths of a few frames."""

import math
from fractions import Fraction

import pytest
from benchmarks.judgement.cuts import Table
from benchmarks.judgement.matching import CUT, FADE, MOTION, Score, covering, folded, runs
from benchmarks.judgement.peers import verdicts
from benchmarks.judgement.truth import Event, Sequence

DISSOLVE = Event("dissolve", 10, 13)
FLASH = Event("flash", 5, 6, "lightning")


def sequence(count, *events):
    return Sequence("made-00", lambda: iter(()), count, Fraction(24), events, "tune")


def told(count, **gaps):
    """Motion, but for the gaps named `cut_3` and the like."""
    verdict = [MOTION] * (count - 1)
    for name, value in gaps.items():
        verdict[int(name.rpartition("_")[2])] = value
    return verdict


def scored(truth, verdict):
    score = Score()
    score.add(truth, verdict)
    return score


def test_a_cut_counts_on_its_very_gap():
    truth = sequence(20, Event("cut", 8, 8))
    right = scored(truth, told(20, at_7=CUT))
    assert (right.precision, right.recall, right.f1, right.faults) == (1, 1, 1, [])
    late = scored(truth, told(20, at_8=CUT))
    assert (late.precision, late.recall, late.f1) == (0, 0, 0)
    assert [fault.what for fault in late.faults] == ["missed", "no cut"]
    assert late.faults[1].note == "the cut is at 8"


def test_precision_recall_and_f1_over_several_sequences():
    score = Score()
    score.add(sequence(20, Event("cut", 4, 4), Event("cut", 9, 9)), told(20, at_3=CUT, at_15=CUT))
    score.add(sequence(10, Event("cut", 5, 5)), told(10, at_4=CUT))
    assert (score.cuts_found, score.cuts_known, score.cuts_false) == (2, 3, 1)
    assert (score.precision, score.recall, score.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_a_fade_at_a_cut_misses_it_and_is_a_false_alarm():
    score = scored(sequence(12, Event("cut", 6, 6)), told(12, at_5=FADE))
    assert [(fault.what, fault.kind) for fault in score.faults] == [
        ("missed", "cut"),
        ("no fade", "cut"),
    ]


def test_an_event_is_harmed_only_by_cuts_that_are_none():
    truth = sequence(12, Event("cut", 5, 5), FLASH)
    assert scored(truth, told(12, at_4=CUT)).taken == {"flash": 0}
    score = scored(truth, told(12, at_4=CUT, at_6=CUT))
    assert (score.taken, score.known, score.cuts_false) == ({"flash": 1}, {"flash": 1}, 1)
    assert score.faults[0].note == "lightning"


@pytest.mark.parametrize(("gaps", "found"), [((9, 10, 11), 1), ((9, 10), 0), ((), 0)])
def test_a_dissolve_is_found_by_half_of_its_five_gaps(gaps, found):
    verdict = told(20, **{f"at_{gap}": FADE for gap in gaps})
    score = scored(sequence(20, DISSOLVE), verdict)
    assert score.found == {"dissolve": found}
    assert score.touched == {"dissolve": int(bool(gaps))}
    assert (score.runs_right, score.runs_told) == (int(bool(gaps)), int(bool(gaps)))


def test_a_run_of_fades_is_right_by_half():
    verdict = told(20, at_6=FADE, at_7=FADE, at_8=FADE, at_9=FADE, at_10=FADE)
    score = scored(sequence(20, DISSOLVE), verdict)
    assert (score.runs_right, score.runs_told) == (0, 1)
    assert score.faults[-1].what == "no fade"
    assert score.faults[-1].kind == "none"


def test_a_cut_inside_a_dissolve_is_kept_apart():
    score = scored(sequence(20, DISSOLVE), told(20, at_11=CUT))
    assert (score.cuts_false, score.cuts_in_gradual) == (0, 1)
    assert math.isnan(score.precision)  # nothing that was called counts
    assert score.touched == {"dissolve": 1}


def test_false_cuts_in_neighbouring_gaps_are_listed_as_one():
    faults = scored(sequence(12, Event("pan", 2, 9)), told(12, at_3=CUT, at_4=CUT, at_6=CUT)).faults
    assert len(faults) == 3
    assert [(fault.first, fault.last) for fault in folded(faults)] == [(4, 5), (7, 7)]


def test_what_is_not_judged_counts_for_nothing():
    truth = sequence(20, Event("unjudged", 3, 15))
    score = scored(truth, told(20, at_5=CUT, at_9=FADE))
    assert (score.cuts_false, score.runs_told, score.faults) == (0, 0, [])


def test_a_wipe_may_be_called_a_fade():
    score = scored(sequence(20, Event("wipe", 5, 9)), told(20, at_5=FADE, at_6=FADE))
    assert (score.runs_told, score.taken, score.faults) == (0, {"wipe": 0}, [])


def test_a_wrong_number_of_verdicts_is_refused():
    with pytest.raises(ValueError, match="expected 9 verdicts, found 8"):
        scored(sequence(10), [MOTION] * 8)


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="made-00"):
        scored(sequence(3), [MOTION, "wipe"])


def test_of_several_events_the_one_that_says_most_counts():
    events = (FLASH, Event("cut", 5, 5), Event("pan", 0, 9))
    assert covering(events, 4).kind == "cut"
    assert covering(events, 5).kind == "flash"
    assert covering(events, 8).kind == "pan"
    assert covering(events, 15).kind == "none"


def test_runs_of_a_verdict():
    assert list(runs([FADE, FADE, MOTION, FADE, CUT, FADE], FADE)) == [(0, 1), (3, 3), (5, 5)]


def test_cuts_named_by_frames_become_verdicts_on_gaps():
    assert verdicts({0, 1, 3}, 4) == [CUT, MOTION, CUT]


def test_a_table_counts_by_half_and_by_recipe():
    table = Table(lambda frames: [CUT for _ in list(frames)[1:]])
    table.run(sequence(2, Event("cut", 1, 1)), [None, None])
    assert table.halves["tune"].cuts_found == table.recipes["made"].cuts_found == 1
    assert table.halves["test"].cuts_known == 0
