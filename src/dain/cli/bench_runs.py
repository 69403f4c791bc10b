"""The measurements of ``dain bench``, each in a fresh process; none of them ends the others."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from dain.cli.bench_cell import Request, Result
from dain.errors import InputError


@dataclass(frozen=True)
class Cell:
    """One row of the report.

    Attributes:
        request: what was to be measured.
        result: what was; None where there is no measurement.
        reason: why there is none.
        is_skipped: whether it was not even tried.
    """

    request: Request
    result: Result | None = None
    reason: str | None = None
    is_skipped: bool = False

    @property
    def outcome(self) -> str:
        """``measured``, ``skipped`` or ``failed``."""
        if self.result is not None:
            return "measured"
        return "skipped" if self.is_skipped else "failed"


def run_cell(request: Request, before: Sequence[Cell], verbose: bool = False) -> Cell:
    """Measure in a process of its own, unless that would take too long.

    Args:
        request: what to measure.
        before: what was measured already.
        verbose: print what the process had to say, its traceback if there is one.

    Raises:
        InputError: the request can be met by nobody.
    """
    expected = expect_seconds(request, before)
    if expected is not None and expected > request.seconds:
        reason = f"skipped: about {expected:.0f} s a frame; --seconds {expected + 1:.0f} tries it"
        return Cell(request, reason=reason, is_skipped=True)
    command = [sys.executable, "-m", "dain.cli.bench_cell", json.dumps(asdict(request))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if verbose:
        sys.stderr.write(run.stderr)
    try:
        answer = json.loads(run.stdout)
    except ValueError:  # it never came to answering
        return Cell(request, reason=_how_it_ended(run.returncode))
    if "error" not in answer:
        return Cell(request, Result(**answer))
    if answer["exit_code"] == InputError.exit_code:
        raise InputError(answer["error"])
    return Cell(request, reason=answer["error"])


def expect_seconds(request: Request, before: Sequence[Cell]) -> float | None:
    """Seconds for one frame, by the pixels of the largest smaller size that was measured."""
    known = [
        (cell.request.pixels, cell.result.seconds_per_frame)
        for cell in before
        if cell.result is not None
        and (cell.request.model, cell.request.precision) == (request.model, request.precision)
        and cell.request.pixels < request.pixels
    ]
    if not known:
        return None
    pixels, seconds = max(known)
    return seconds * request.pixels / pixels


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    # Systems that run out of memory kill so.
    return f"killed by {name}" + (", most likely out of memory" if name == "SIGKILL" else "")
