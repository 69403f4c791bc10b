"""What a detector says of each gap between frames, against what is known.

A hard cut counts as found only where the verdict stands on the very gap. A gradual change counts as
found where at least half of its gaps are called a fade, and a run of fades as right where at least
half of it lies on gradual changes. A cut called inside a gradual change is kept apart: detectors
that know only cuts put one there, and it does less harm than one in a moving shot.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Run
from dataclasses import dataclass, field, replace
from itertools import groupby

from benchmarks.judgement.footage import Picture
from benchmarks.judgement.truth import GRADUAL, HARMLESS, UNJUDGED, Event, Sequence

MOTION, CUT, FADE = "motion", "cut", "fade"

# Takes frames, (H, W, 3) RGB uint8; gives a verdict for every gap, one fewer than frames.
Detector = Callable[[Iterator[Picture]], Iterable[str]]

ENOUGH = 0.5  # of the gaps of a gradual change, or of a run of fades


@dataclass(frozen=True)
class Fault:
    """A miss or a false alarm."""

    what: str
    kind: str
    sequence: str
    first: int
    last: int
    note: str

    def __str__(self) -> str:
        frames = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.what:12} {self.kind:10} {self.sequence:24} {frames:>9}  {self.note}"


def folded(faults: Iterable[Fault]) -> list[Fault]:
    """The same list with false cuts in one event's neighbouring gaps made one entry."""
    out: list[Fault] = []
    for fault in faults:
        last = out[-1] if out else None
        goes_on = last is not None and replace(fault, first=last.first, last=last.last) == last
        if last is not None and goes_on and fault.what == "no cut" and fault.first == last.last + 1:
            out[-1] = replace(last, last=fault.last)
        else:
            out.append(fault)
    return out


@dataclass
class Score:
    """Counts over sequences; `by_kind` counts events, and those that were taken for cuts."""

    cuts_found: int = 0
    cuts_known: int = 0
    cuts_false: int = 0
    cuts_in_gradual: int = 0
    runs_right: int = 0
    runs_told: int = 0
    found: dict[str, int] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the cuts called outside gradual changes, the share that are cuts."""
        return share(self.cuts_found, self.cuts_found + self.cuts_false)

    @property
    def recall(self) -> float:
        """Of the cuts, the share that were called, on the very frame."""
        return share(self.cuts_found, self.cuts_known)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return share(2 * self.cuts_found, self.cuts_known + self.cuts_found + self.cuts_false)

    def add(self, sequence: Sequence, verdicts: Run[str]) -> None:
        """Count one sequence.

        Raises:
            ValueError: there is not one verdict for each gap, or one is unknown.
        """
        if len(verdicts) != sequence.count - 1 or not {*verdicts} <= {MOTION, CUT, FADE}:
            raise ValueError(
                f"{sequence.name}: expected {sequence.count - 1} verdicts, found {len(verdicts)}"
            )
        self._add_cuts(sequence, verdicts)
        self._add_gradual(sequence, verdicts)
        self._add_runs(sequence, verdicts)
        self._add_harmless(sequence, verdicts)

    def _fault(self, what: str, sequence: Sequence, event: Event) -> None:
        fault = Fault(what, event.kind, sequence.name, event.first, event.last, event.note)
        self.faults.append(fault)

    def _add_cuts(self, sequence: Sequence, verdicts: Run[str]) -> None:
        cuts = {event.first: event for event in sequence.events if event.kind == "cut"}
        told = {gap + 1 for gap, verdict in enumerate(verdicts) if verdict == CUT}
        self.cuts_known += len(cuts)
        self.cuts_found += len(told & cuts.keys())
        for frame in sorted(cuts.keys() - told):
            self._fault("missed", sequence, cuts[frame])
        for frame in sorted(told - cuts.keys()):
            around = covering(sequence.events, frame - 1)
            if around.kind in GRADUAL:
                self.cuts_in_gradual += 1
            elif around.kind != UNJUDGED:
                self.cuts_false += 1
            if around.kind != UNJUDGED:
                note = around.note or near(cuts, frame)
                self._fault("no cut", sequence, Event(around.kind, frame, frame, note))

    def _add_gradual(self, sequence: Sequence, verdicts: Run[str]) -> None:
        for event in sequence.events:
            if event.kind in GRADUAL:
                told = [verdicts[gap] for gap in event.gaps if gap < len(verdicts)]
                count(self.known, event.kind)
                count(self.touched, event.kind, any(verdict != MOTION for verdict in told))
                hit = told.count(FADE) >= ENOUGH * len(told)
                count(self.found, event.kind, hit)
                if not hit:
                    self._fault("missed", sequence, event)

    def _add_runs(self, sequence: Sequence, verdicts: Run[str]) -> None:
        for first, last in runs(verdicts, FADE):
            kinds = [covering(sequence.events, gap).kind for gap in range(first, last + 1)]
            judged = [kind for kind in kinds if kind not in (UNJUDGED, "wipe")]  # both would do
            if not judged:
                continue
            right = sum(kind in GRADUAL for kind in judged) >= ENOUGH * len(judged)
            self.runs_told += 1
            self.runs_right += right
            if not right:
                kind = max({*judged} - {*GRADUAL}, key=judged.count)
                self._fault("no fade", sequence, Event(kind, first + 1, last + 1))

    def _add_harmless(self, sequence: Sequence, verdicts: Run[str]) -> None:
        cuts = {event.first - 1 for event in sequence.events if event.kind == "cut"}
        for event in sequence.events:
            if event.kind in HARMLESS:
                gaps = [gap for gap in event.gaps if gap < len(verdicts) and gap not in cuts]
                count(self.known, event.kind)
                count(self.taken, event.kind, any(verdicts[gap] == CUT for gap in gaps))


def covering(events: Iterable[Event], gap: int) -> Event:
    """What happens in a gap: of several events, that which says most about it."""
    order = (UNJUDGED, "cut", *GRADUAL, *HARMLESS)
    there = [event for event in events if gap in event.gaps]
    return min(there, key=lambda event: order.index(event.kind), default=Event("none", 0, 0))


def runs(verdicts: Iterable[str], wanted: str) -> Iterator[tuple[int, int]]:
    """First and last gap of every run of one verdict."""
    start = 0
    for verdict, group in groupby(verdicts):
        length = len(list(group))
        if verdict == wanted:
            yield start, start + length - 1
        start += length


def near(cuts: Iterable[int], frame: int) -> str:
    """Words about a cut that is a frame or two away."""
    return next((f"the cut is at {cut}" for cut in cuts if abs(cut - frame) <= 2), "")


def count(counts: dict[str, int], kind: str, by: int = 1) -> None:
    """Add to a kind's count."""
    counts[kind] = counts.get(kind, 0) + by


def share(part: int, whole: int) -> float:
    """A ratio; not a number where there is nothing to be right or wrong about."""
    return part / whole if whole else math.nan
