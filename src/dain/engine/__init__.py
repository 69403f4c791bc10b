"""Running a network over pairs of frames."""

from __future__ import annotations

from dain.engine.interpolator import Interpolator
from dain.engine.limits import FrameLimits

__all__ = ["FrameLimits", "Interpolator"]
