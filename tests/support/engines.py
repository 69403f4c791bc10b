"""An engine that needs no network, for tests of what surrounds one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np


class BlendEngine:
    """Blends the two frames by time, and remembers what it was asked.

    Attributes:
        calls: times of every call.
    """

    model = "blend"
    device = "cpu"
    precision = "fp32"

    def __init__(self, on_call: Callable[[], None] = lambda: None) -> None:
        self.calls: list[list[Fraction]] = []
        self._on_call = on_call

    def between(
        self, frame0: np.ndarray, frame1: np.ndarray, times: Sequence[Fraction | float]
    ) -> list[np.ndarray]:
        self.calls.append([Fraction(time) for time in times])
        self._on_call()
        a, b = frame0.astype(np.float64), frame1.astype(np.float64)
        made = [a + (b - a) * float(t) for t in times]
        if frame0.dtype == np.float32:
            return [frame.astype(np.float32) for frame in made]
        return [np.rint(frame).astype(frame0.dtype) for frame in made]
