"""Putting back what stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
import numpy.typing as npt

from dain.judgement.filling import filled
from dain.judgement.masks import Mask, grown, joined, outside
from dain.judgement.verdict import Pixels

_SOFT = 2
"""Pixels around what is taken away that its soft edges, or lossy coding, may have touched."""
_ROOM = 32
"""Pixels around a hole from which it is filled: a few of the patches that motion is found by."""


@dataclass(frozen=True, eq=False)
class StandingOverlay:
    """What stands still from a frame to the next; a `StandingPicture`.

    Attributes:
        held: what both frames show, or what changes at once from one to the other.
        arriving: what stands from the second frame on; the first shows what is under it.
        leaving: what stands up to the first frame; the second shows what is under it.
    """

    held: Mask
    arriving: Mask
    leaving: Mask
    _soft: Mask = field(init=False, repr=False)
    _box: tuple[int, int, int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Pixels at the edges of what is held are partly of it, partly of what moves."""
        own = self.arriving | self.leaving
        soft = joined(grown(self.held)) & outside(self.held | own)
        left, top, width, height = cv2.boundingRect(self.held | soft | own)
        object.__setattr__(self, "_soft", soft)
        object.__setattr__(self, "_box", (left, top, width, height))

    def strip(self, before: Pixels, after: Pixels) -> tuple[Pixels, Pixels]:
        """Both frames without what only one of them shows, to interpolate between.

        Args:
            before: ``(H, W, 3)`` or ``(H, W, 4)``; it is not changed.
            after: of the same size and type; it is not changed.

        Returns:
            The frames themselves where nothing arrives or leaves.
        """
        return _without(before, after, self.leaving), _without(after, before, self.arriving)

    def hold(self, made: Pixels, before: Pixels, after: Pixels, t: Fraction | float) -> Pixels:
        """A frame made between the two that `strip` gives, with what stands put back.

        Args:
            made: ``(H, W, 3)`` or ``(H, W, 4)``; it is not changed.
            before: the frame before it as it was, of the same size and type.
            after: the frame after it as it was.
            t: place of the made frame in (0, 1).
        """
        result: Pixels = made.copy()
        left, top, width, height = self.box()
        part = np.s_[top : top + height, left : left + width]
        target, first, second = result[part], before[part], after[part]
        nearer, own = (second, self.arriving) if t > 0.5 else (first, self.leaving)
        soft = self._soft[part] > 0
        target[soft] = _mixed(first[soft], second[soft], float(t))
        np.copyto(target, nearer, where=(self.held[part] | own[part])[..., None] > 0)
        return result

    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the smallest rectangle around it, in pixels."""
        return self._box


def _mixed(first: Pixels, second: Pixels, t: float) -> npt.NDArray[np.float32]:
    mixed = first * np.float32(1 - t) + second * np.float32(t)
    return np.asarray(mixed if first.dtype == np.float32 else np.rint(mixed), np.float32)


def _without(frame: Pixels, other: Pixels, what: Mask) -> Pixels:
    if not what.any():
        return frame
    left, top, width, height = cv2.boundingRect(what)
    part = np.s_[
        max(0, top - _ROOM) : top + height + _ROOM, max(0, left - _ROOM) : left + width + _ROOM
    ]
    result: Pixels = frame.copy()
    result[part] = filled(frame[part], other[part], grown(what, _SOFT)[part])
    return result
