"""Keeping account of what was wrong with an input."""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from pathlib import Path
from typing import Any

from dain.media.frame import Damage


class DamageLog:
    """Counts each damaged place once, however often the file is read.

    Attributes:
        damage: the account as callers see it, kept up to date.
    """

    def __init__(self, path: Path) -> None:
        self.damage = Damage()
        self._name = path.name
        self._places: set[Hashable] = set()
        self._ending = ""

    def corrupt(self, place: Hashable) -> None:
        """A packet could not be decoded, or its frame was kept out."""
        self._places.add(place)
        self._update()

    def ends_early(self, found: Fraction, promised: Fraction) -> None:
        """The last frame ends well before the time that the container promises."""
        self._ending = (
            f"{self._name} is cut short: it promises {float(promised):.3f} s of video "
            f"and ends after {float(found):.3f} s"
        )
        self._update()

    def breaks_off(self, why: str) -> None:
        """Reading stopped with an error instead of the end of the file."""
        self._ending = self._ending or f"{self._name} is cut short: reading stopped ({why})"
        self._update()

    def lacks_end(self) -> None:
        """By its structure the file goes on, though every frame so far is whole."""
        self._ending = self._ending or f"{self._name} is cut short: the end of the file is missing"
        self._update()

    def places(self) -> list[Any]:
        """Each damaged place and what is wrong with the end, fit for JSON."""
        return [*self._places, *([["end", self._ending]] if self._ending else [])]

    def know(self, places: list[Any]) -> None:
        """Count what an earlier log gave as its `places`, which JSON may have carried."""
        for place in places:
            if isinstance(place, list | tuple) and place[0] == "end":
                self._ending = self._ending or place[1]
            else:
                self._places.add(tuple(place) if isinstance(place, list) else place)
        self._update()

    def _update(self) -> None:
        count = len(self._places)
        messages = [self._ending] if self._ending else []
        if count:
            frames = "1 frame is" if count == 1 else f"{count} frames are"
            messages.insert(0, f"{self._name}: {frames} damaged and left out")
        self.damage.corrupt = count
        self.damage.truncated = bool(self._ending)
        self.damage.messages[:] = messages
