"""Cuts and flashes of two real films, seen frame by frame.

Candidates were all places where the mean difference, the colour histogram's or what is left after
DIS flow stood out against their neighbours by a factor of two; the frames around every one, and
every fifth frame of both films, were looked at. Frames count from 0.

The other clips of the footage are single shots: their candidates (a car that enters an empty road,
a duplicated frame, a flower in time lapse) are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from benchmarks.judgement.footage import Footage, Picture
from benchmarks.judgement.truth import Event, Sequence

RATE = Fraction(24)


def cuts(*frames: int) -> tuple[Event, ...]:
    """Hard cuts at these first frames of new shots."""
    return tuple(Event("cut", frame, frame) for frame in frames)


TEARS_OF_STEEL: tuple[Event, ...] = (
    *cuts(52, 122, 158, 221, 309, 715, 788, 872, 901, 987, 1127, 1157, 1203, 1234, 1246, 1284),
    *cuts(1345, 1378, 1430, 1472, 1525, 1571, 1618, 1650, 1689),
    Event("flash", 155, 157, "muzzle"),
    Event("flash", 790, 794, "sparks and glass before the lens"),
    Event("flash", 894, 900, "light from an explosion"),
    Event("pan", 901, 986, "whip pans over debris"),
    Event("flash", 1385, 1390, "sparks"),
    Event("flash", 1431, 1471, "muzzle, most frames"),
    Event("passing", 1508, 1524, "dust and debris fill the picture"),
    Event("explosion", 1665, 1672),
    # The light goes slowly after the explosion, a quarter of a grey level to two in each frame.
    Event("unjudged", 1673, 1687, "darkens"),
)
BIG_BUCK_BUNNY: tuple[Event, ...] = (
    *cuts(285, 378, 553),
    Event("fade_in", 4, 49, "from black"),
    Event("passing", 477, 500, "a bird falls out of the picture"),
    Event("subtitle", 597, 622, "the title comes softly"),
    Event("subtitle", 690, 719, "the title goes softly"),
)
# Name, file, events, and the ranges of frames (first, end) to tune and to test on; they part at a
# cut, which is in neither.
FILMS = (
    (
        "tears_of_steel",
        "tears_of_steel.webm",
        TEARS_OF_STEEL,
        {"tune": (0, 872), "test": (872, 1691)},
    ),
    ("bbb_480p24", "bbb_480p24.mp4", BIG_BUCK_BUNNY, {"tune": (0, 378), "test": (378, 720)}),
)


def sequences(footage: Footage | None = None, half: str | None = None) -> Iterator[Sequence]:
    """Both halves of each film, as wide as the made sequences and in their own shape."""
    footage = footage or Footage()
    for name, file, events, ranges in FILMS:
        for own, (first, end) in ranges.items():
            if half in (None, own):
                yield part(footage.whole(file), f"{name}-{own}", events, (first, end), own)


def part(
    frames: Picture, name: str, events: tuple[Event, ...], bounds: tuple[int, int], half: str
) -> Sequence:
    """The frames from `bounds[0]` up to `bounds[1]`, and the events among them."""
    first, end = bounds

    def again() -> Iterator[Picture]:
        return islice(iter(frames), first, end)

    own = sorted(
        (
            Event(event.kind, max(event.first, first) - first, event.last - first, event.note)
            for event in events
            if event.last < end and (event.first > first or event.last > event.first >= first)
        ),
        key=lambda event: (event.first, event.last),
    )
    return Sequence(name, again, end - first, RATE, tuple(own), half)
