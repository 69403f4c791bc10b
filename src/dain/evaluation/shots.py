"""The shots of a clip, by all of its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from dain.judgement import Judged, Passage
from dain.judgement.verdict import Item


@dataclass(eq=False)
class Shot:
    """A shot, or the part of it that was looked at; told apart by identity.

    Attributes:
        number: from 1, in order.
        start: time of its first frame, in seconds.
        end: where its last frame ends; where the next one begins, once that is known.
        fades: it is a fade or dissolve between two shots.
    """

    number: int
    start: Fraction
    end: Fraction
    fades: bool = False


def in_shots(
    found: Iterable[Judged[Item]], span_of: Callable[[Item], Fraction], seen: int
) -> Iterator[tuple[Judged[Item], Shot]]:
    """Each frame with its shot; a fade counts as one of its own.

    Args:
        found: neighbouring frames, judged.
        span_of: seconds that a frame stands.
        seen: number of shots that came before.
    """
    shot: Shot | None = None
    is_new = True
    for each in found:
        fades = each.passage is Passage.FADE
        if shot is None or is_new or shot.fades != fades:
            if shot is not None:
                shot.end = each.at
            seen += 1
            shot = Shot(seen, each.at, each.at, fades)
        shot.end = each.at + span_of(each.item)
        yield each, shot
        is_new = each.passage is Passage.CUT
