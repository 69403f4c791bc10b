"""A training run: steps, and beside them the log, validation and checkpoints."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dain._version import __version__
from dain.errors import DainError, DainWarning, RunError
from dain.training.checkpoints import Checkpoint, CheckpointFolder
from dain.training.progress import OnTrainProgress, TrainProgress
from dain.training.run_log import RunLog, StepMeter
from dain.training.schedule import rate_at
from dain.training.settings import TrainSettings
from dain.training.stopping import StopRequest
from dain.training.trainer import Trainer
from dain.training.validation import Validation

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_MOST_BAD_STEPS = 20  # in a row, before the run gives up
_STEPS_BETWEEN_AGREEMENTS = 10  # of several devices on whether to stop, validate or save
_SECONDS_BETWEEN_EVENTS = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        step: steps made.
        reason: ``complete``, ``time`` or ``asked``.
        signal: number of the signal that asked it to stop, or None.
        is_first: whether this is the first of the devices, which speaks for all.
    """

    step: int
    reason: str
    signal: int | None = None
    is_first: bool = True


@dataclass(frozen=True)
class _Due:
    """What is to be done after a step; all devices do the same."""

    reason_to_stop: str | None = None
    validate: bool = False
    save: bool = False


class Run:
    """Trains until all steps are made, time is up, or it is asked to stop.

    Attributes:
        stop: where to ask.
    """

    def __init__(
        self,
        fabric: Fabric,
        trainer: Trainer,
        settings: TrainSettings,
        folder: Path,
        validation: Validation,
        data: str = "",
        on_progress: OnTrainProgress | None = None,
    ) -> None:
        """Prepare; nothing is written yet.

        Args:
            fabric: launched.
            trainer: before its first step.
            settings: of the run.
            folder: of the run; exists.
            validation: may be empty.
            data: fingerprint of what samples are made of.
            on_progress: told of steps now and then.
        """
        self.stop = StopRequest()
        self._fabric, self._trainer, self._settings = fabric, trainer, settings
        self._log = RunLog(folder)
        self._checkpoints = CheckpointFolder(folder, settings.care.keep)
        self._validation, self._data = validation, data
        self._on_progress = on_progress if fabric.is_global_zero else None
        self._meter = StepMeter()
        self._best: float | None = None
        self._validated_step = -1
        self._seconds = 0.0  # of training, in all that the run has gone on for
        self._waited = 0.0  # for samples, since the last line of the log
        self._logged = (0, 0.0)  # step and seconds of the last line of the log
        self._now = TrainProgress("training", 0, settings.optimisation.steps)
        self._told = self._validated = self._saved = time.monotonic()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            WeightsError: it is of another network.
        """
        self._trainer.restore(
            checkpoint.step, checkpoint.network, checkpoint.average, checkpoint.optimiser
        )
        self._meter = StepMeter(skipped=checkpoint.skipped)
        self._best, self._validated_step = checkpoint.best, checkpoint.validated
        self._seconds = checkpoint.seconds
        self._logged = (checkpoint.step, checkpoint.seconds)
        self._now = replace(self._now, step=checkpoint.step, scores=checkpoint.scores)
        if self._fabric.is_global_zero:
            self._log.cut(checkpoint.step)
            self._checkpoints.drop_after(checkpoint.step)

    def go(self, batches: Iterator[dict[str, Tensor]], minutes: float | None = None) -> Outcome:
        """Train; signals that stop a process let the step in hand end and are then obeyed.

        Args:
            batches: from the next step on.
            minutes: when to stop, from now; None to make all steps.

        Raises:
            RunError: too many steps in a row without finite numbers, or the disk is full at
                the end.
            DainError: whatever the source of samples or validation raised.
        """
        end = None if minutes is None else time.monotonic() + 60 * minutes
        with self.stop.heeding_signals():
            if self._fabric.is_global_zero:
                self._log.write("start", self._trainer.step, self._circumstances())
            if self._trainer.step == 0:
                self._save()  # first: whatever validation meets, the run can go on
                self._validate()
            self._validated = self._saved = time.monotonic()
            first = self._trainer.step
            try:
                reason = self._make_steps(batches, end)
            except DainError:
                self._save_or_warn()  # what was learned until now is sound
                raise
            if self._trainer.step > first:
                self._sum_up()
                self._save()
            is_new = bool(self._validation) and self._validated_step != self._trainer.step
            if is_new and reason != "asked":
                self._validate()
                self._save()
        # One that came after the last step stopped nothing.
        number = self.stop.signal if reason == "asked" else None
        return Outcome(self._trainer.step, reason, number, self._fabric.is_global_zero)

    def _make_steps(self, batches: Iterator[dict[str, Tensor]], end: float | None) -> str:
        """Make steps until there is a reason to stop, which is returned."""
        trainer, log_steps = self._trainer, self._settings.care.log_steps
        while trainer.step < self._settings.optimisation.steps:
            began = time.perf_counter()
            batch = self._next(batches)
            got = time.perf_counter()
            result = trainer.make_step(batch)
            self._meter.add(result.parts, result.norm, result.bad)
            self._waited += got - began
            self._seconds += time.perf_counter() - began
            if trainer.step % log_steps == 0:
                self._sum_up()
            self._tell("training")
            due = self._agree(end)
            if due.reason_to_stop is not None:
                return due.reason_to_stop
            if due.validate:
                self._validate()
            if due.save:
                self._save_or_warn()
        return "complete"

    def _next(self, batches: Iterator[dict[str, Tensor]]) -> dict[str, Tensor]:
        try:
            return next(batches)
        except RuntimeError as error:  # the loader's, of a worker that is no more
            reason = " ".join(str(error).split())
            raise RunError(f"a process that makes samples failed: {reason}") from error

    def _agree(self, end: float | None) -> _Due:
        """What is due, by the clock and the signals of the first device."""
        several = self._fabric.world_size > 1
        if several and self._trainer.step % _STEPS_BETWEEN_AGREEMENTS:
            return _Due()
        now, care = time.monotonic(), self._settings.care
        due = _Due(
            "asked" if self.stop.asked else "time" if end is not None and now >= end else None,
            bool(self._validation) and now - self._validated >= 60 * care.validate_minutes,
            now - self._saved >= 60 * care.checkpoint_minutes,
        )
        return self._fabric.broadcast(due) if several else due

    def _sum_up(self) -> None:
        """Write a line of the log on the steps since the last one."""
        if not len(self._meter):
            return
        began = time.perf_counter()
        summary = self._meter.sum_up()
        if self._fabric.world_size > 1:
            summary["parts"] = self._mean_over_devices(summary["parts"])
        self._seconds += time.perf_counter() - began  # on a GPU, it waited for the steps
        step, (step_before, seconds_before) = self._trainer.step, self._logged
        seconds = max(self._seconds - seconds_before, 1e-9)
        optimisation = self._settings.optimisation
        speed = (step - step_before) * optimisation.batch / seconds
        told = {
            "seconds": round(self._seconds, 3),
            "loss": summary["parts"].pop("total"),
            **summary,
            "rate": rate_at(step - 1, optimisation),
            "samples_per_second": round(speed, 3),
            "waiting": round(self._waited / seconds, 4),
        }
        self._logged, self._waited = (step, self._seconds), 0.0
        self._now = replace(
            self._now,
            loss=told["loss"],
            samples_per_second=speed,
            waiting=told["waiting"],
            seconds_left=(optimisation.steps - step) * optimisation.batch / speed,
        )
        if self._fabric.is_global_zero:
            self._log.write("steps", step, told)
        if self._meter.longest >= _MOST_BAD_STEPS:
            raise RunError(
                f"loss or gradient was not finite in {self._meter.longest} steps in a row, up to "
                f"step {step}; the weights are those from before: begin again at a lower --rate"
            )

    def _mean_over_devices(self, parts: Mapping[str, float]) -> dict[str, float]:
        means = self._fabric.all_reduce(torch.tensor(list(parts.values())), reduce_op="mean")
        assert isinstance(means, Tensor)
        return dict(zip(parts, means.tolist(), strict=True))

    def _validate(self) -> None:
        """Measure the averaged weights and keep them if they are the best."""
        if not self._validation:
            return
        self._validated_step = self._trainer.step
        if self._fabric.is_global_zero:
            self._tell("validating", always=True)
            scores = self._validation.measure(self._trainer.averaged.network, self._fabric.device)
            for score in scores:
                values = {"seconds": round(self._seconds, 3), **asdict(score)}
                self._log.write("validation", self._trainer.step, values)
            self._now = replace(self._now, scores={s.folder: s.psnr for s in scores})
            mean = fmean(score.psnr for score in scores)
            if self._best is None or mean > self._best:
                self._keep_best(mean)
            self._tell("training", always=True)
        self._fabric.barrier()
        self._validated = time.monotonic()

    def _keep_best(self, score: float) -> None:
        """Save what is the best now; if that fails, the one before remains the best."""
        before, self._best = self._best, score
        try:
            self._checkpoints.save_best(self._checkpoint())
        except DainError as error:
            self._best = before
            warnings.warn(f"{error}; training goes on", DainWarning, stacklevel=2)

    def _save_or_warn(self) -> None:
        """Save in the course of a run, which a full disk need not end."""
        try:
            self._save()
        except DainError as error:
            self._saved = time.monotonic()
            warnings.warn(f"{error}; training goes on", DainWarning, stacklevel=2)

    def _save(self) -> None:
        if self._fabric.is_global_zero:
            self._checkpoints.save(self._checkpoint())
        self._saved = time.monotonic()

    def _checkpoint(self) -> Checkpoint:
        trainer = self._trainer
        return Checkpoint(
            step=trainer.step,
            seconds=self._seconds,
            skipped=self._meter.skipped,
            network=dict(trainer.network.state_dict()),
            average=dict(trainer.averaged.network.state_dict()),
            optimiser=trainer.optimiser_state(),
            settings=self._settings.to_json(),
            scores=dict(self._now.scores),
            validated=self._validated_step,
            best=self._best,
            data=self._data,
        )

    def _tell(self, stage: str, always: bool = False) -> None:
        now = time.monotonic()
        if self._on_progress is None or (not always and now - self._told < _SECONDS_BETWEEN_EVENTS):
            return
        self._told = now
        self._now = replace(self._now, stage=stage, step=self._trainer.step)
        self._on_progress(self._now)

    def _circumstances(self) -> Mapping[str, Any]:
        return {
            "seconds": round(self._seconds, 3),
            "steps": self._settings.optimisation.steps,
            "device": str(self._fabric.device),
            "devices": self._fabric.world_size,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "dain": __version__,
        }
