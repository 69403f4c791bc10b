"""What is known of a sequence of frames: its events, and the gaps between frames they touch."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.judgement.footage import Picture

# One shot passes into another, or into black or white, over several frames.
GRADUAL = ("dissolve", "fade_out", "fade_in")
# Looks like a cut to a naive measure, and is none.
HARMLESS = (
    *("flash", "explosion", "pan", "shake", "subtitle", "passing", "exposure", "wipe", "none"),
)
# Frames about which people may differ: nothing found there is right or wrong.
UNJUDGED = "unjudged"
KINDS = ("cut", *GRADUAL, *HARMLESS, UNJUDGED)
HALVES = ("tune", "test")


@dataclass(frozen=True)
class Event:
    """Something that happens to a run of frames.

    Attributes:
        kind: one of KINDS.
        first: of a cut, the first frame of the new shot; of all others, the first frame that is
            mixed, lit, moved or covered.
        last: the last such frame; of a cut, `first`.
        note: in words, for the list of misses.
    """

    kind: str
    first: int
    last: int
    note: str = ""

    def __post_init__(self) -> None:
        """Check the kind and the order of the frames."""
        if self.kind not in KINDS or not 0 <= self.first <= self.last:
            raise ValueError(f"expected a known kind and ordered frames, found {self}")

    @property
    def gaps(self) -> range:
        """The gaps it touches; gap `g` lies between frames `g` and `g + 1`.

        A cut touches one. A change over frames `first` to `last` also touches the gaps to the
        untouched frame on either side.
        """
        return range(max(self.first - 1, 0), self.first if self.kind == "cut" else self.last + 1)


@dataclass(frozen=True)
class Sequence:
    """Frames and what is known about them.

    Attributes:
        name: the same in every run.
        frames: gives the frames anew at each call, (H, W, 3) RGB uint8.
        count: how many frames there are.
        rate: frames per second.
        events: in order of their first frames; what they leave out is ordinary motion.
        half: `tune`, on which a detector may be tuned, or `test`, on which it may not.
    """

    name: str
    frames: Callable[[], Iterator[Picture]]
    count: int
    rate: Fraction
    events: tuple[Event, ...]
    half: str


def seed(name: str) -> int:
    """A seed that hangs on a name alone."""
    return zlib.crc32(name.encode())


def halves(names: list[str]) -> dict[str, list[str]]:
    """Names dealt out to `tune` and `test`, as evenly as can be and always alike."""
    dealt = sorted(names, key=lambda name: (seed(name), name))
    return {half: sorted(dealt[place :: len(HALVES)]) for place, half in enumerate(HALVES)}
