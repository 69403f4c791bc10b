"""What is found out about a source frame, and about the gap between it and the next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item")
Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.float32]


class Passage(Enum):
    """How one frame becomes the next."""

    MOTION = "motion"
    """Things move: new frames are made along their motion."""
    FADE = "fade"
    """A dissolve, or a fade from or to black: light is mixed, nothing moves across."""
    CUT = "cut"
    """Another shot: there is nothing between the two."""


class StandingPicture(Protocol):
    """What keeps its place while the pictures under it move, such as subtitles or a logo."""

    def strip(self, before: Pixels, after: Pixels) -> tuple[Pixels, Pixels]:
        """The two frames to interpolate between: without what only one of them shows.

        A frame that shows nothing of the kind is given back itself, which is so but where
        something appears or vanishes.

        Args:
            before: ``(H, W, 3)`` or ``(H, W, 4)``; it is not changed.
            after: the next frame, of the same size and type; it is not changed.
        """

    def hold(self, made: Pixels, before: Pixels, after: Pixels, t: Fraction | float) -> Pixels:
        """A made frame with what stands still put back in its place.

        Args:
            made: between the two frames that `strip` gives; it is not changed.
            before: the frame before it as it was, of the same size and type.
            after: the frame after it as it was.
            t: place of the made frame in (0, 1).
        """

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the smallest rectangle that holds it, in pixels."""


@dataclass(frozen=True)
class Beat:
    """When a frame's drawing is really due.

    Attributes:
        repeats: the frame shows the drawing of the frame before once more.
        time: when its drawing is due, in seconds of source time; the frame's own time for most,
            and for those that repeat.
        pattern: name of the cadence that it is part of, such as ``twos``; empty for none.
    """

    repeats: bool
    time: Fraction
    pattern: str = ""


@dataclass(frozen=True)
class Judged(Generic[Item]):
    """A source frame with all that was found out about it.

    Attributes:
        item: the frame.
        at: its own time, seconds of source time.
        beat: when its drawing is due.
        passage: how it becomes the next frame.
        standing: what stands still from here to the next frame; None for nothing.
    """

    item: Item
    at: Fraction
    beat: Beat
    passage: Passage = Passage.MOTION
    standing: StandingPicture | None = None
