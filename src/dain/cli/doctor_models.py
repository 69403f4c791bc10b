"""What each model can do on this machine: the largest frames it takes, and how fast it is."""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dain.errors import DainError, DainWarning

if TYPE_CHECKING:
    from dain.engine import FrameLimits, Interpolator
    from dain.weights import ModelRecord

_TRIAL_SECONDS = 3.0
_REFERENCE = (640, 480)
# Largest first. The small ones need no padding by the paper's network, so that what they take
# tells what larger frames would.
_TRIAL_SIZES = (_REFERENCE, (320, 256), (192, 128))
_COMMON_SIZES = ((854, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160), (7680, 4320))


def describe_models(with_trials: bool = True) -> list[dict[str, Any]]:
    """Every model, by the keys that ``dain doctor --json`` prints.

    Args:
        with_trials: whether to make frames with them.
    """
    from dain.weights.registry import MODELS

    return [_describe(record, with_trials) for record in MODELS.values()]


def _describe(record: ModelRecord, with_trials: bool) -> dict[str, Any]:
    weights = _where_weights_are(record)
    known: dict[str, Any] = {
        "model": record.name,
        "weights": weights,
        "device": None,
        "precision": None,
        "largest_whole": None,
        "largest_tiled": None,
        "sizes": {},
        "trial": None,
        "error": None,
    }
    try:
        interpolator = _load(record, is_random=weights == "missing")
        limits = interpolator.limits()
        known |= {
            "device": interpolator.device,
            "precision": interpolator.precision,
            "largest_whole": limits.whole,
            "largest_tiled": limits.tiled,
            "sizes": {f"{w}x{h}": _manner(limits, h) for w, h in _COMMON_SIZES},
        }
        if with_trials:
            known["trial"] = {**try_out(interpolator), "random_weights": weights == "missing"}
    except (DainError, RuntimeError, MemoryError) as error:
        known["error"] = " ".join(str(error).split())
    return known


def _where_weights_are(record: ModelRecord) -> str:
    """``inside`` the package, ``installed`` in the data folder, or ``missing``."""
    from dain.weights.store import weights_path

    if record.embedded is not None:
        return "inside"
    return "installed" if weights_path(record.name).exists() else "missing"


def _load(record: ModelRecord, is_random: bool) -> Interpolator:
    """The model as a run would load it; random weights take as long as learned ones."""
    from dain.cli.bench import save_random_weights
    from dain.engine import Interpolator

    if not is_random:
        return Interpolator(model=record.name)
    with tempfile.TemporaryDirectory(prefix="dain-doctor-") as folder:
        return Interpolator(model=record.name, weights=save_random_weights(record, Path(folder)))


def _manner(limits: FrameLimits, height: int) -> str:
    """How frames of a common size would be made: ``whole``, in ``tiles``, or ``no`` way."""
    if limits.whole is not None and height <= limits.whole[1]:
        return "whole"
    if limits.tiled is not None and height <= limits.tiled[1]:
        return "tiles"
    return "no"


def try_out(interpolator: Interpolator) -> dict[str, Any]:
    """Make frames for about three seconds, at 640x480 where two of them fit into that.

    Returns:
        Size and number of the frames that were timed, new frames per second, and what that
        means at 640x480: there by pixels, if the size is another.
    """
    from dain.cli.bench_cell import time_frames

    end = time.perf_counter() + _TRIAL_SECONDS
    size = _TRIAL_SIZES[-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DainWarning)  # of little memory: the sizes tell of it
        taken = time_frames(interpolator, *size, seconds=0)
        per_pixel = taken[0] / _pixels(size)
        left = end - time.perf_counter()
        # One frame more than is timed: the first of a size is slower.
        fitting = (s for s in _TRIAL_SIZES if 2 * per_pixel * _pixels(s) <= left)
        larger = next(fitting, None)
        if larger is not None:
            size, first = larger, per_pixel * _pixels(larger)
            taken = time_frames(interpolator, *size, seconds=left - first)
    seconds = statistics.median(taken)
    return {
        "width": size[0],
        "height": size[1],
        "frames": len(taken),
        "frames_per_second": 1 / seconds,
        "frames_per_second_at_640x480": _pixels(size) / _pixels(_REFERENCE) / seconds,
    }


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]
