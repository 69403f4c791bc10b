"""Judges whose verdicts a test decides, by what a frame is filled with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from dain.judgement import Beat, Glance, Passage


class ByValue:
    """Sees of each frame the value of its first pixel; `verdict` is asked with windows of them.

    Attributes:
        behind: see `dain.judgement.Judge`.
        ahead: likewise.
    """

    def __init__(self, verdict: Callable[..., Any], behind: int = 2, ahead: int = 2) -> None:
        self.behind, self.ahead = behind, ahead
        self._verdict = verdict

    def look(self, before: Glance | None, now: Glance) -> int:
        return int(now.grey[0, 0])

    def judge(self, looks: Sequence[int], at: int, *more: Any) -> Any:
        return self._verdict(looks, at, *more)


def passages(**by_value: Passage) -> ByValue:
    """The passage from a frame of a value, named ``v10``, to the next."""
    return ByValue(lambda looks, at: by_value.get(f"v{looks[at]}", Passage.MOTION))


def repeats(
    pattern: str = "twos", late: Fraction = Fraction(0), behind: int = 2, ahead: int = 2
) -> ByValue:
    """A frame of the same value as the one before repeats it; drawings are due `late`."""

    def verdict(
        looks: Sequence[int], at: int, times: Sequence[Fraction], cuts: Sequence[bool]
    ) -> Beat:
        same = at > 0 and looks[at] == looks[at - 1]
        is_late = not same and times[at] > 0 and not cuts[at]
        return Beat(same, times[at] + (late if is_late else 0), pattern if same else "")

    return ByValue(verdict, behind, ahead)
