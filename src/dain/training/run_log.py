"""The log of a run: a line of JSON for every so many steps, and for every validation."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dain.errors import DainError, DainWarning, MediaError
from dain.training.checkpoints import write_whole
from dain.training.disk import disk_errors

NAME = "log.jsonl"


class RunLog:
    """Appends to the log of a run; a reader sees every line at once.

    A disk that refuses a line is warned of: that need not end the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def write(self, kind: str, step: int, values: Mapping[str, Any]) -> None:
        """Append a line; numbers that are not finite, which JSON lacks, become null.

        Args:
            kind: ``start``, ``steps`` or ``validation``.
            step: steps made until now.
            values: what else there is to say.
        """
        line = json.dumps({"kind": kind, "step": step, **_plain(values)}, default=str)
        try:
            with disk_errors(f"cannot write {self._path}"), self._path.open("a") as file:
                file.write(line + "\n")
        except DainError as error:
            warnings.warn(f"{error}; training goes on", DainWarning, stacklevel=2)

    def cut(self, step: int) -> None:
        """Drop what was logged after a step, for a run that goes on from there."""
        lines = [line for line in read_log(self._path.parent) if line["step"] <= step]
        write_whole(self._path, "".join(json.dumps(line) + "\n" for line in lines).encode())


def read_log(folder: Path) -> list[dict[str, Any]]:
    """All lines of a run's log; one that was cut off by a crash is left out.

    Raises:
        MediaError: there is no log.
    """
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise MediaError(f"expected a run of dain train in {folder}, found no {NAME}") from error
    lines = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("step"), int):
            lines.append(value)
    return lines


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass
class StepMeter:
    """What steps had to say, kept on the device until it is summed up, so that none waits.

    Attributes:
        skipped: steps whose loss or gradient was not finite, since the start.
        streak: such steps in a row, at present.
        longest: the longest such row.
    """

    skipped: int = 0
    streak: int = 0
    longest: int = 0
    _parts: list[Mapping[str, Tensor]] = field(default_factory=list)
    _norms: list[Tensor] = field(default_factory=list)
    _bad: list[Tensor] = field(default_factory=list)

    def add(self, parts: Mapping[str, Tensor], norm: Tensor, bad: Tensor) -> None:
        """Remember a step.

        Args:
            parts: detached scalars by name; NaN where a part says nothing of the batch.
            norm: of the gradient.
            bad: whether the step was skipped.
        """
        self._parts.append(parts)
        self._norms.append(norm)
        self._bad.append(bad)

    def __len__(self) -> int:
        return len(self._parts)

    def sum_up(self) -> dict[str, Any]:
        """Means over the steps since the last time; this waits for the device."""
        bad = [bool(flag) for flag in torch.stack(self._bad).tolist()] if self._bad else []
        for flag in bad:
            self.streak = self.streak + 1 if flag else 0
            self.longest = max(self.longest, self.streak)
        self.skipped += sum(bad)
        names = list(dict.fromkeys(name for parts in self._parts for name in parts))
        means = {
            name: _mean([parts[name] for parts in self._parts if name in parts]) for name in names
        }
        norm = _mean(self._norms)
        self._parts, self._norms, self._bad = [], [], []
        return {"parts": means, "gradient_norm": norm, "skipped": self.skipped}


def _mean(values: Sequence[Tensor]) -> float:
    """Mean of those that are finite; NaN if none is."""
    if not values:
        return math.nan
    stacked = torch.stack([value.detach().float().reshape(()) for value in values]).cpu()
    return float(stacked[torch.isfinite(stacked)].mean())
