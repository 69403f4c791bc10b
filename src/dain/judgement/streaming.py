"""Judging a stream of frames in one pass, a bounded number of them at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Generic, TypeVar

from dain.judgement.glance import Glance, glance_at
from dain.judgement.judges import Judge, Judges
from dain.judgement.verdict import Beat, Item, Judged, Passage, Pixels, StandingPicture

Value = TypeVar("Value")


def judged(
    items: Iterable[Item],
    judges: Judges,
    time_of: Callable[[Item], Fraction],
    pixels_of: Callable[[Item], Pixels],
) -> Iterator[Judged[Item]]:
    """The same frames with what was found out about each; `judges.ahead` of them wait inside.

    Args:
        items: frames in order of time.
        judges: those of the run.
        time_of: source time of a frame, seconds.
        pixels_of: its picture.
    """
    stream = _Stream[Item](judges, time_of, pixels_of)
    for item in items:
        stream.see(item)
        yield from stream.ready()
    stream.is_over = True
    yield from stream.ready()


class _Track(Generic[Value]):
    """A list whose numbers go on when its beginning is let go of."""

    def __init__(self) -> None:
        self._first = 0
        self._values: list[Value] = []

    def __len__(self) -> int:
        return self._first + len(self._values)

    def __getitem__(self, number: int) -> Value:
        return self._values[number - self._first]

    def append(self, value: Value) -> None:
        self._values.append(value)

    def between(self, low: int, high: int) -> Sequence[Value]:
        """Values from `low` to before `high`."""
        return self._values[max(0, low - self._first) : max(0, high - self._first)]

    def forget_before(self, number: int) -> None:
        count = max(0, number - self._first)
        del self._values[:count]
        self._first += count


class _Stream(Generic[Item]):
    """The window over the frames; `ready` gives those whose windows are whole."""

    def __init__(
        self,
        judges: Judges,
        time_of: Callable[[Item], Fraction],
        pixels_of: Callable[[Item], Pixels],
    ) -> None:
        self.is_over = False
        self._judges, self._time_of, self._pixels_of = judges, time_of, pixels_of
        named = (
            ("passages", judges.passages),
            ("beats", judges.beats),
            ("standing", judges.standing),
        )
        self._asked: dict[str, Judge[Any]] = {name: each for name, each in named if each}
        self._looks = {name: _Track[Any]() for name in self._asked}
        self._items, self._times = _Track[Item](), _Track[Fraction]()
        self._passages = _Track[Passage]()  # from each frame to the next
        self._cuts = _Track[bool]()  # whether a shot begins with each frame
        self._before: Glance | None = None
        self._given = 0

    def see(self, item: Item) -> None:
        """Take in the next frame."""
        self._items.append(item)
        self._times.append(self._time_of(item))
        if self._asked:
            now = glance_at(self._pixels_of(item))
            for name, judge in self._asked.items():
                self._looks[name].append(judge.look(self._before, now))
            self._before = now

    def ready(self) -> Iterator[Judged[Item]]:
        """Frames that can be judged by now."""
        self._judge_passages()
        while self._given < len(self._items) and self._is_whole(self._given):
            yield self._verdict(self._given)
            self._given += 1
            self._forget()

    def _judge_passages(self) -> None:
        """All gaps that can be judged by now; the last frame has none after it."""
        judge = self._judges.passages
        if judge is None:
            while len(self._passages) < len(self._items):
                self._pass(Passage.MOTION)
            return
        seen = len(self._items)
        while len(self._passages) + 1 < seen:
            at = len(self._passages)
            if at + 1 + judge.ahead >= seen and not self.is_over:
                return
            low = max(0, at - judge.behind)
            looks = self._looks["passages"].between(low, at + 2 + judge.ahead)
            self._pass(judge.judge(looks, at - low))
        if self.is_over and len(self._passages) < seen:
            self._pass(Passage.MOTION)

    def _pass(self, passage: Passage) -> None:
        before = len(self._passages)
        self._cuts.append(before > 0 and self._passages[before - 1] is Passage.CUT)
        self._passages.append(passage)

    def _is_whole(self, at: int) -> bool:
        """Whether all is there that the verdict on a frame depends on."""
        return self.is_over or len(self._passages) > at + self._judges.later("ahead")

    def _verdict(self, at: int) -> Judged[Item]:
        time = self._times[at]
        beat, standing = Beat(repeats=False, time=time), None
        if (beats := self._judges.beats) is not None:
            low, high = max(0, at - beats.behind), at + 1 + beats.ahead
            beat = beats.judge(
                self._looks["beats"].between(low, high),
                at - low,
                self._times.between(low, high),
                self._cuts.between(low, high),
            )
        if self._judges.standing is not None:
            standing = self._standing(at)
        return Judged(self._items[at], time, beat, self._passages[at], standing)

    def _standing(self, at: int) -> StandingPicture | None:
        judge = self._judges.standing
        if judge is None or at + 1 == len(self._items):
            return None
        low, high = max(0, at - judge.behind), at + 1 + judge.ahead
        looks = self._looks["standing"].between(low, high)
        return judge.judge(looks, at - low, self._cuts.between(low, high))

    def _forget(self) -> None:
        """Let go of all that no later verdict depends on."""
        self._items.forget_before(self._given)
        for name, judge in self._asked.items():
            about = len(self._passages) if name == "passages" else self._given
            self._looks[name].forget_before(min(about, self._given) - judge.behind)
        oldest = self._given - self._judges.later("behind") - 1
        for track in (self._times, self._passages, self._cuts):
            track.forget_before(oldest)
