"""Running a network over pairs of frames."""

from __future__ import annotations

from dain.engine.interpolator import Interpolator

__all__ = ["Interpolator"]
