"""Turn a video into a smoother one.

    import dain

    dain.interpolate_video("in.mp4", "out.mp4", fps=60)

    interpolator = dain.Interpolator()
    middle = interpolator.between(frame0, frame1, times=[0.5])[0]   # numpy in, numpy out

Importing this touches no GPU, file or network; names are looked up when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dain._version import __version__

if TYPE_CHECKING:
    from dain.api import interpolate_video
    from dain.engine import Interpolator
    from dain.errors import (
        DainError,
        DamageError,
        EncodeError,
        FrameError,
        InputError,
        MediaError,
        OptionError,
        OutputError,
        PipeClosedError,
        RunError,
        StoppedError,
        TransferError,
        WeightsError,
    )
    from dain.jobs import JobResult, Progress
    from dain.weights import load_network

__all__ = [
    "DainError",
    "DamageError",
    "EncodeError",
    "FrameError",
    "InputError",
    "Interpolator",
    "JobResult",
    "MediaError",
    "OptionError",
    "OutputError",
    "PipeClosedError",
    "Progress",
    "RunError",
    "StoppedError",
    "TransferError",
    "WeightsError",
    "__version__",
    "interpolate_video",
    "load_network",
]

_HOMES = {
    "Interpolator": "dain.engine",
    "JobResult": "dain.jobs",
    "Progress": "dain.jobs",
    "interpolate_video": "dain.api",
    "load_network": "dain.weights",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'dain' has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "dain.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
