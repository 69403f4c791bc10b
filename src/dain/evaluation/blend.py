"""Plain averaging: what any interpolation has to beat."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt


class Blend:
    """Makes a frame as the mean of the two, weighted by time; see `dain.Interpolator`."""

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        """One frame for each time in (0, 1), rounded to the type given."""
        zero, one = frame0.astype(np.float32), frame1.astype(np.float32)
        made = []
        for t in times:
            picture = zero + (one - zero) * float(t)
            made.append(np.rint(picture).astype(frame0.dtype))
        return made
