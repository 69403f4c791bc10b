"""Samples of several kinds, in given shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dain.training.samples import Sample, Source, plan_or_sample

if TYPE_CHECKING:
    from dain.training.scenes import ScenePlan

_GOLDEN = (math.sqrt(5) - 1) / 2


class MixedSource:
    """Takes each sample from one of several sources; the same index always from the same one.

    Multiples of the golden ratio, modulo 1, fall evenly: any run of consecutive samples, such
    as a batch, has the shares as nearly as it can.
    """

    def __init__(self, parts: Sequence[tuple[float, Source]], seed: int) -> None:
        """Mix sources.

        Args:
            parts: share and source; shares are relative to their sum.
            seed: moves the pattern.
        """
        total = sum(share for share, _ in parts)
        self._parts = [(share / total, source) for share, source in parts if share > 0]
        self._offset = (seed * math.sqrt(2)) % 1

    def sample(self, index: int) -> Sample:
        """The sample of this number. See `Source`."""
        return self.source_of(index).sample(index)

    def plan(self, index: int) -> ScenePlan | Sample:
        """The sample of this number, yet to be rendered where that can be. See `Planner`."""
        return plan_or_sample(self.source_of(index), index)

    def source_of(self, index: int) -> Source:
        """The source that the sample of this number comes from."""
        place = (self._offset + index * _GOLDEN) % 1
        for share, source in self._parts:
            if place < share:
                return source
            place -= share
        return self._parts[-1][1]
