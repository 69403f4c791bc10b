"""Running a network over pairs of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dain.engine.doubt import MadeFrame
    from dain.engine.interpolator import Interpolator
    from dain.engine.limits import FrameLimits

__all__ = ["FrameLimits", "Interpolator", "MadeFrame"]


def __getattr__(name: str) -> Any:
    """Load the interpolator, and torch with it, when it is asked for."""
    if name == "Interpolator":
        from dain.engine.interpolator import Interpolator

        return Interpolator
    if name == "MadeFrame":
        from dain.engine.doubt import MadeFrame

        return MadeFrame
    if name == "FrameLimits":
        from dain.engine.limits import FrameLimits

        return FrameLimits
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
