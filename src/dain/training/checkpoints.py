"""The state of a run on the disk: whole or not there, and read without running any code."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dain.errors import DainWarning, WeightsError
from dain.training.disk import disk_errors

_FORMAT = 1
_BEST = "best.pt"


@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on to the bit.

    Random numbers need no state: those of a sample depend on its number alone, and PyTorch's
    generator is seeded for each step.

    Attributes:
        step: steps made.
        seconds: spent on them.
        skipped: steps without finite numbers among them.
        network: weights being trained, by name.
        average: their moving average, by name.
        optimiser: state of AdamW.
        settings: of the run, as JSON.
        scores: PSNR by folder at the last validation; empty before the first.
        validated: step of the last validation; -1 before the first.
        best: highest mean of such scores; None before the first.
        data: what the samples are made of, see `fingerprint`.
    """

    step: int
    seconds: float
    skipped: int
    network: dict[str, Tensor]
    average: dict[str, Tensor]
    optimiser: dict[str, Any]
    settings: str
    scores: dict[str, float]
    validated: int
    best: float | None
    data: str


class CheckpointFolder:
    """The checkpoints of a run: the latest few, and the best."""

    def __init__(self, run: Path, keep: int = 1) -> None:
        """Name the folder; `save` makes it.

        Args:
            run: folder of the run.
            keep: number of latest checkpoints that are kept.
        """
        self._folder = run / "checkpoints"
        self._keep = keep

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write the latest checkpoint, and then remove those that are too old.

        Raises:
            OutputError: the folder cannot be written.
            RunError: the disk is full; earlier checkpoints are as they were.
        """
        path = self._folder / _name(checkpoint.step)
        _write(path, checkpoint)
        for old in self._latest()[self._keep :]:
            _remove(old)
        return path

    def drop_after(self, step: int) -> None:
        """Remove checkpoints of later steps, for a run that goes on from here.

        They are damaged, or it would not; `save` would take them for the latest.
        """
        for path in self._latest():
            if path.name > _name(step):
                _remove(path)

    def save_best(self, checkpoint: Checkpoint) -> Path:
        """Write the best checkpoint in place of the former. Raises as `save` does."""
        path = self._folder / _BEST
        _write(path, checkpoint)
        return path

    def load_last(self) -> Checkpoint:
        """The latest checkpoint that can be read.

        Raises:
            WeightsError: there is none.

        Warns:
            DainWarning: a later one is damaged.
        """
        latest = self._latest()
        if not latest:
            raise WeightsError(f"expected checkpoints of a run in {self._folder}, found none")
        for path in latest[:-1]:
            found = _read_or_warn(path)
            if found is not None:
                return found
        return load_checkpoint_file(latest[-1])

    def load_best(self) -> Checkpoint:
        """The checkpoint that did best in validation.

        Raises:
            WeightsError: there is none, or it is damaged.
        """
        if not (self._folder / _BEST).exists():
            raise WeightsError(
                f"expected {self._folder / _BEST}, found none: the run has not been validated; "
                "use --checkpoint last"
            )
        return load_checkpoint_file(self._folder / _BEST)

    def _latest(self) -> list[Path]:
        """Latest first."""
        return sorted(self._folder.glob("step-*.pt"), reverse=True)


def _name(step: int) -> str:
    return f"step-{step:08d}.pt"


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def load_checkpoint_file(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        WeightsError: it cannot be read, or is of another kind.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is not a checkpoint at all
            values = torch.load(path, map_location="cpu", weights_only=True)
        if values.pop("format") != _FORMAT:
            raise WeightsError(f"{path} is of another version of dain; use that one")
        return Checkpoint(**values)
    except WeightsError:
        raise
    except Exception as error:  # torch.load raises anything on a damaged file
        raise WeightsError(
            f"expected a checkpoint of dain train in {path}, found none, or a damaged one"
        ) from error


def _read_or_warn(path: Path) -> Checkpoint | None:
    try:
        return load_checkpoint_file(path)
    except WeightsError as error:
        warnings.warn(f"{error}; taking the one before", DainWarning, stacklevel=3)
        return None


def _write(path: Path, checkpoint: Checkpoint) -> None:
    # In memory first: what the disk has to say then comes as an OSError.
    buffer = io.BytesIO()
    torch.save({"format": _FORMAT, **vars(checkpoint)}, buffer)
    write_whole(path, buffer.getbuffer())


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file beside its final name, then move it there.

    Raises:
        OutputError: the folder cannot be written.
        RunError: the disk is full or broken; what was at `path` is still there.
    """
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with disk_errors(f"cannot write {path}", "what was there before is kept"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with staged.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        finally:
            with contextlib.suppress(OSError):
                staged.unlink(missing_ok=True)
