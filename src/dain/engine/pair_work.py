"""What was worked out on the last pair of frames, and may be of use again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from dain.engine.sharpness import Detail
from dain.networks import FrameFeatures, Motion, Synthesis

# Synthesised frames that are kept for others to finish: of an animation on threes, a gap has two.
_MOST_MADE = 4


@dataclass(frozen=True)
class KnownFrame:
    """A frame whose features are at hand; `pixels` is our own copy.

    With alpha, colours are kept multiplied by it, so that those under a transparent place do
    not bleed into its edges, and `cover` are the features with alpha, thrice, in their place.
    `detail` is None where sharpness is off.
    """

    pixels: npt.NDArray[Any]
    features: FrameFeatures
    cover: FrameFeatures | None
    detail: Detail | None

    def is_of(self, frame: npt.NDArray[Any]) -> bool:
        """Whether this is what is known of a frame."""
        return self.pixels.dtype == frame.dtype and np.array_equal(self.pixels, frame)


@dataclass
class PairWork:
    """The work on the last pair.

    Attributes:
        known: its frames.
        motion: between two of them, with their features.
        made: what was synthesised along that motion last, each at its time; if it is shared.
        detailed: frames are described for the sharpness of new ones, too.
        shared: several finish what is synthesised, see `Interpolator.finishing`.
    """

    known: list[KnownFrame] = field(default_factory=list)
    motion: tuple[FrameFeatures, FrameFeatures, Motion] | None = None
    made: list[tuple[Motion, float, Synthesis]] = field(default_factory=list)
    detailed: bool = False
    shared: bool = False

    def forget(self) -> None:
        """Let go of all."""
        self.known, self.motion, self.made = [], None, []

    def recall(self, frame: npt.NDArray[Any]) -> KnownFrame | None:
        """What is known of a frame."""
        return next((known for known in reversed(self.known) if known.is_of(frame)), None)

    def find_made(self, motion: Motion, t: float) -> Synthesis | None:
        """What was synthesised along a motion at a time, if that is kept."""
        return next((made for other, at, made in self.made if other is motion and at == t), None)

    def keep_made(self, motion: Motion, t: float, made: Synthesis) -> None:
        """Keep what was synthesised, if it may be asked for again."""
        if self.shared:
            self.made = [*self.made, (motion, t, made)][-_MOST_MADE:]
