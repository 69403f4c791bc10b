"""The doctor's checks: a tiny clip is really encoded, decoded and interpolated."""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

_WIDTH, _HEIGHT, _COUNT = 64, 48, 6
_RATE = Fraction(12)
_STEP = 3  # pixels that the picture slides from one frame to the next
_LARGEST_ERROR = 16.0  # of 255, on average: far more than lossy coding costs, less than a mess


class CheckError(Exception):
    """A check ran, and what came out was wrong."""


def run_checks(verbose: bool = False) -> dict[str, str]:
    """Run every check.

    Args:
        verbose: print the traceback of a failed one.

    Returns:
        By name, ``ok`` or what failed, on one line.
    """
    with tempfile.TemporaryDirectory(prefix="dain-doctor-") as folder:
        clip = Path(folder) / "clip.mp4"
        checks: dict[str, Callable[[], None]] = {
            "encoding": lambda: _encode(clip),
            "decoding": lambda: _decode(clip),
            "interpolation": _interpolate,
            "a whole run": lambda: _run(clip, Path(folder) / "smooth.mp4"),
        }
        return {name: _outcome(check, verbose) for name, check in checks.items()}


def _outcome(check: Callable[[], None], verbose: bool) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - telling what fails is the purpose
        if verbose:
            traceback.print_exc()
        return " ".join(f"{type(error).__name__}: {error}".split())
    return "ok"


def _picture(index: float) -> npt.NDArray[np.uint8]:
    """A smooth texture that slides to the right."""
    y, x = np.mgrid[0:_HEIGHT, 0:_WIDTH].astype(np.float64)
    x = x - _STEP * index
    waves = [np.sin(x / 5 + y / 9), np.sin(x / 8 - y / 6), np.sin(x / 11 + y / 4)]
    return np.stack([127 + 90 * wave for wave in waves], axis=-1).astype(np.uint8)


def _encode(clip: Path) -> None:
    from dain.media import Frame, OutputSpec, open_writer

    with open_writer(clip, OutputSpec(width=_WIDTH, height=_HEIGHT, rate=_RATE)) as writer:
        for index in range(_COUNT):
            writer.write(Frame(_picture(index), index, 1 / _RATE, 1, index))


def _decode(clip: Path) -> None:
    from dain.media import open_reader

    with open_reader(clip) as reader:
        frames = [np.asarray(frame.pixels, np.uint8) for frame in reader.frames()]
    _expect(len(frames) == _COUNT, f"{_COUNT} frames", f"{len(frames)}")
    _expect_close(frames[2], _picture(2))


def _interpolate() -> None:
    from dain.engine import Interpolator

    made = Interpolator().between(_picture(0), _picture(1), [Fraction(1, 2)])[0]
    _expect_close(made, _picture(0.5))


def _run(clip: Path, output: Path) -> None:
    from dain.api import interpolate_video

    result = interpolate_video(clip, output, factor=2)
    _expect(result.frames_out == 2 * _COUNT, f"{2 * _COUNT} frames", f"{result.frames_out}")


def _expect_close(found: npt.NDArray[np.uint8], wanted: npt.NDArray[np.uint8]) -> None:
    margin = 2 * _STEP  # what slides in at the edge cannot be known
    inside = (slice(margin, -margin), slice(margin, -margin))
    error = float(np.abs(found[inside].astype(float) - wanted[inside]).mean())
    _expect(
        error <= _LARGEST_ERROR, f"an error up to {_LARGEST_ERROR} of 255", f"one of {error:.1f}"
    )


def _expect(holds: bool, expected: str, found: str) -> None:
    if not holds:
        raise CheckError(f"expected {expected}, found {found}")
