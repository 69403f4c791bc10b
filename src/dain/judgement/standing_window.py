"""A gap between two frames and the looks around it: what stands there, comes or goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dain.judgement.bars import Widths, bars_of, standing_bars
from dain.judgement.bits import Bits, alike, missing, unpacked
from dain.judgement.masks import Mask, Pieces, enlarged, grown, outside
from dain.judgement.moving import PER_PIXEL
from dain.judgement.regions import camera_moves, enclosed, in_places, structures
from dain.judgement.standing import StandingOverlay

# Pixels are of the picture that is judged, about 256 lines high. Chosen by looking at what is found
# in composites over clips and in bare clips (`python -m benchmarks.judgement.overlays`).
SPAN = 10
"""Gaps over which something has to stand, before or after: subtitles last a second at least."""
FEWEST = 8
"""Of them, at the ends of a video."""
FEWEST_NEARBY = 4
"""Of them, for what begins or ends a little earlier or later."""
SLIPS = 2
"""Gaps of a run in which a pixel must not fail to be the same; one key frame may be among them."""
NOISY = 8
"""Noise in grey levels from which on `alike` would take noise for drift; its steps are 4."""
CHANGES = 3
"""Gaps in which a place changes that has moving pictures."""
LEAST_NEW = 1 / 2500
"""Share of the picture's pixels that are an outline worth looking at."""
LEAST_OUTLINE = 6
"""Pixels of outline in a piece that changes at once."""
VICINITY = 8
"""Pixels up to which pieces belong together, as letters of a line."""
MOSTLY = 0.2
"""Share of the outlines around that are the overlay's own: subtitles over four clips 0.47 to 0.68,
small letters over the densest texture half of that; chance in five bare clips mostly less."""
MOST_TOGETHER = 0.15
"""Share of the picture that overlays cover, bars apart: a HUD, a logo and subtitles together 0.1, a
slowly panned facade (davis_breakdance) mostly 0.2 and more."""

# What comes or goes, of the same clips:
GONE = 0.85
"""Share of its outline that the other frame lacks, beside chance: subtitles 0.98 and more."""
ELSEWHEN = 0.15
"""Outlines around that come to rest in a neighbouring gap: subtitles 0.01 to 0.11."""
WHOLE = 0.8
"""Share of what is new around that is found: subtitles 0.95 to 1, chance mostly below 0.6."""
NEIGHBOURS = (-2, -1, 1, 2)
"""Gaps to compare with."""
AT_REST = 0.8
"""Share that was at rest beyond the gap, too, from which on it merely changes at once."""
MOST_SWITCHING = 0.05
"""Share of the picture that may change at once between two rests; beyond, the camera moved."""
REACH = 2
"""Pixels from what is found to what else is new."""
_BAR_EDGE = 2


@dataclass(frozen=True)
class OverlayLook:
    """What is kept of a frame.

    Attributes:
        size: its height and width.
        shape: those of the smaller picture that all but `finely` and `bars` is about.
        same: where it is as the frame before; None where there is none of that size.
        finely: the same at full size.
        noise: grey levels by which what is the same may differ.
        motion: grey levels of change since the frame before beyond that, of all pixels together.
        levels: its grey, roughly.
        across: where there is contrast to the left or the right.
        down: where there is contrast above or below.
        bars: how wide it is without contrast at its four borders.
    """

    size: tuple[int, int]
    shape: tuple[int, int]
    same: Bits | None
    finely: Bits
    noise: int
    motion: int
    levels: tuple[Bits, Bits, Bits]
    across: Bits
    down: Bits
    bars: Widths


class StandingWindow:
    """The looks around a gap, without frames that repeat the one before.

    A pixel is the same in a gap where both frames agree. It stands over a run of gaps where it
    is the same in all of them but one.
    """

    def __init__(self, looks: Sequence[OverlayLook], at: int) -> None:
        """Take the gap from frame `at` to the next, which has to be of the same size."""
        first, end = at, at + 2
        while first > 0 and looks[first].same is not None:
            first -= 1
        while end < len(looks) and looks[end].same is not None:
            end += 1
        self._looks, self._at, self._gap = looks[first:end], at - first, at + 1 - first
        self._size, self._shape = looks[at].size, looks[at].shape
        unknown = np.zeros_like(looks[at].across)
        self._same = [unknown if each.same is None else each.same for each in self._looks]
        self._changes = self._open(missing(self._same[1:], CHANGES))
        self._bar_widths = self._standing_bars()
        self._bars = bars_of(self._bar_widths, self._size, self._shape)

    def found(self) -> StandingOverlay | None:
        """What stands still in the gap."""
        gap, moved = self._gap, ~self._same[self._gap]
        earlier, later = (gap - SPAN + 1, gap), (gap + 1, gap + SPAN)
        until, since = (gap - SPAN + 1, gap + 1), (gap, gap + SPAN)
        before, after = self._stands(*earlier), self._stands(*later)
        through = (self._passed(*until) | self._passed(*since)) & ~moved
        held = self._finely(self._pieces(through, self._at, gap), until, since)
        held |= self._finely(self._switching(before & after & moved), earlier, later)
        held |= bars_of(self._bar_widths, self._size, self._size)
        arriving = self._only(after & moved, before, self._arrivals, gap, self._at)
        leaving = self._only(before & moved, after, self._departures, self._at, gap)
        arriving = grown(self._finely(arriving, later))  # with its soft edges
        leaving = grown(self._finely(leaving, earlier))
        held &= outside(arriving | leaving)
        if not (held.any() or arriving.any() or leaving.any()):
            return None
        return StandingOverlay(held, arriving, leaving)

    def _standing_bars(self) -> Widths:
        gap = self._gap
        spans = ((max(0, gap - SPAN), gap + 1), (gap - 1, gap + SPAN))
        runs = [[each.bars for each in self._looks[low:high]] for low, high in spans]
        runs = [run for run in runs if len(run) > FEWEST]
        return standing_bars(runs, self._size, self._changes)

    def _finely(self, found: Mask, *runs: tuple[int, int]) -> Mask:
        """At full size: what is near it there and stands over one of the runs of gaps."""
        if self._size == self._shape or not found.any():
            return enlarged(found, self._size)
        stands = np.zeros_like(self._looks[self._gap].finely)
        for first, end in runs:
            maps = [each.finely for each in self._looks[max(1, first) : max(1, end)]]
            if len(maps) >= FEWEST:
                stands |= ~missing(maps, SLIPS)
        return enlarged(grown(found), self._size) & unpacked(stands, self._size)

    def _pieces(self, stands: Bits, *frames: int) -> Mask:
        """Overlays among what stands, by the contrast that all of some frames have."""
        still = self._open(stands) & outside(grown(self._bars, _BAR_EDGE))
        across, down = self._across(*frames), self._down(*frames)
        least = LEAST_NEW * still.size
        edges = across | down
        if in_places(still & edges, edges) < least / 2:
            return np.zeros_like(still)
        found = enclosed(still, edges, self._changes)
        if camera_moves(still, edges):
            found |= structures(still, across, down)
        if in_places(found & edges, edges) < least / 2:
            return np.zeros_like(still)
        groups = Pieces(grown(found, VICINITY))
        outlines = groups.within(found & edges)
        wanted = (outlines >= least) & (outlines >= MOSTLY * groups.within(edges))
        found &= groups.chosen(wanted)
        if np.count_nonzero(found) > MOST_TOGETHER * found.size:
            return np.zeros_like(found)
        return found

    def _switching(self, step: Bits) -> Mask:
        """What stands before and after, but is another: it changes at once, like digits."""
        found = self._open(step)
        if not LEAST_NEW * found.size <= np.count_nonzero(found) <= MOST_SWITCHING * found.size:
            return np.zeros_like(found)
        edges = self._edges(self._at) | self._edges(self._gap)
        groups = Pieces(grown(found, VICINITY))
        outlines = groups.within(found & edges)
        if outlines[1:].max(initial=0) < LEAST_OUTLINE:
            return np.zeros_like(found)
        elsewhen = np.zeros(groups.count, np.int64)
        for gap in (self._gap + n for n in NEIGHBOURS):  # what moves does so in these as well
            steps = self._open((self._arrivals(gap) | self._departures(gap)) & ~step)
            elsewhen = np.maximum(elsewhen, groups.within(steps & edges))
        wanted = (outlines >= LEAST_OUTLINE) & (elsewhen <= ELSEWHEN * outlines)
        return found & groups.chosen(wanted)

    def _only(
        self,
        shown: Bits,
        beyond: Bits,
        shown_at: Callable[[int], Bits],
        frame: int,
        other: int,
    ) -> Mask:
        """What stands up to the gap, or from it on, and is shown by one of its frames alone.

        Something that comes to rest, or is uncovered, does not do so all at once, and its outline
        has been elsewhere. Where there is rest `beyond` the gap, too, nothing need be uncovered.
        """
        new = self._open(shown) & outside(self._bars)
        edges, elsewhere = self._edges(frame), self._edges(other)
        outline = edges & new
        gone = outline & outside(elsewhere)
        least = LEAST_NEW * new.size
        if in_places(gone, edges) < least / 2:
            return np.zeros_like(new)
        steps = [
            self._open(shown_at(self._gap + near) & ~shown) & self._edges(frame + near)
            for near in NEIGHBOURS
            if 0 <= frame + near < len(self._looks)
        ]
        if in_places(gone, edges, *steps) < least / 2:
            return np.zeros_like(new)
        found = self._pieces(shown, frame)
        if not found.any():
            return found
        pieces = Pieces(grown(found, VICINITY))
        outlines = pieces.within(outline)
        by_chance = 1 - pieces.within(elsewhere) / np.maximum(pieces.area, 1)
        wanted = outlines >= least
        wanted &= pieces.within(found & outline) >= MOSTLY * pieces.within(edges)
        wanted &= pieces.within(found) >= WHOLE * pieces.within(new)
        wanted &= pieces.within(gone) >= GONE * by_chance * outlines
        wanted &= pieces.within(new & self._open(beyond)) <= AT_REST * pieces.within(new)
        for elsewhen in steps:
            if wanted[1:].any():
                wanted &= pieces.within(elsewhen) <= ELSEWHEN * outlines
        found &= pieces.chosen(wanted)
        return grown(found, REACH) & new

    def _arrivals(self, gap: int) -> Bits:
        """What is not the same in a gap, and stands from then on, be it for a short time."""
        return self._stands(gap + 1, gap + SPAN, FEWEST_NEARBY) & self._moved(gap)

    def _departures(self, gap: int) -> Bits:
        """What stands up to a gap, and is not the same in it."""
        return self._stands(gap - SPAN + 1, gap, FEWEST_NEARBY) & self._moved(gap)

    def _moved(self, gap: int) -> Bits:
        known = 1 <= gap < len(self._same)
        return ~self._same[gap] if known else np.zeros_like(self._same[0])

    def _stands(self, first: int, end: int, fewest: int = FEWEST) -> Bits:
        """What stands over the gaps from `first` to before `end`; nothing where these are few."""
        first, end = max(1, first), min(end, len(self._same))
        if end - first < fewest:
            return np.zeros_like(self._same[0])
        stands = ~missing(self._same[first:end], SLIPS)
        if max(each.noise for each in self._looks[first:end]) < NOISY:
            stands &= alike(self._looks[first - 1].levels, self._looks[end - 1].levels)
        return stands

    def _passed(self, first: int, end: int) -> Bits:
        """What stands over gaps while other things move; nothing where these move too seldom."""
        least = PER_PIXEL * self._shape[0] * self._shape[1]
        if sum(each.motion > least for each in self._looks[max(1, first) : end]) < FEWEST:
            return np.zeros_like(self._same[0])
        return self._stands(first, end)

    def _edges(self, frame: int) -> Mask:
        return self._across(frame) | self._down(frame)

    def _across(self, *frames: int) -> Mask:
        return self._open(np.bitwise_and.reduce([self._looks[n].across for n in frames]))

    def _down(self, *frames: int) -> Mask:
        return self._open(np.bitwise_and.reduce([self._looks[n].down for n in frames]))

    def _open(self, bits: Bits) -> Mask:
        return unpacked(bits, self._shape)
