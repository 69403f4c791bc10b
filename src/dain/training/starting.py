"""Beginning a training run, and going on with one."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dain.engine.devices import resolve_device
from dain.errors import DainWarning, OptionError, OutputError, reason_of
from dain.settings import DEFAULT_MODEL
from dain.training.checkpoints import Checkpoint, CheckpointFolder, write_whole
from dain.training.launching import is_first_process, make_fabric, resolve_training_precision
from dain.training.loading import StepIndices, load_batches
from dain.training.progress import OnTrainProgress
from dain.training.run import Outcome, Run
from dain.training.samples import Source
from dain.training.schedule import rate_at
from dain.training.settings import TrainSettings
from dain.training.sources import default_workers, fingerprint, make_source
from dain.training.trainer import Loss, Trainer
from dain.training.validation import Validation
from dain.weights.loading import CheckpointFormat, load_checkpoint
from dain.weights.registry import find_record

SETTINGS_NAME = "settings.json"


@dataclass(frozen=True)
class Parts:
    """What is trained, on what, and towards what; by default as the settings say.

    Attributes:
        network: with its first weights.
        source: of samples; pickled to worker processes.
        loss: of the network on a batch.
    """

    network: nn.Module | None = None
    source: Source | None = None
    loss: Loss | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """What one sitting of a run is given, and the next may be given otherwise.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        devices: how many of them.
        minutes: when to stop, from the start; None to make all steps.
        on_progress: told of steps now and then.
        parts: see there.
    """

    device: str = "auto"
    devices: int = 1
    minutes: float | None = None
    on_progress: OnTrainProgress | None = None
    parts: Parts = Parts()


def begin(
    folder: Path, settings: TrainSettings, session: Session, weights: Path | None = None
) -> Outcome:
    """Begin a run.

    Args:
        folder: of the run; must be empty, or not exist.
        settings: of the run.
        session: of this sitting.
        weights: file of first weights; None to begin from nothing.

    Raises:
        OptionError: an option cannot be had here.
        OutputError: the folder holds something, or cannot be written.
        WeightsError: `weights` do not fit.
        DainError: see `Run.go`.
    """
    optimisation = settings.optimisation
    device = resolve_device(session.device)
    precision = resolve_training_precision(optimisation.precision, device)
    settings = settings.changed({"precision": precision, **_absolute(settings)})
    if is_first_process():
        _check_new(folder)
    network = _network(settings, session.parts)
    if weights is not None:
        expected = CheckpointFormat.of(settings.model, network, str)
        network.load_state_dict(load_checkpoint(weights, expected))
    return _train(folder, settings, session, network, None)


def resume(folder: Path, changes: Mapping[str, Any], session: Session) -> Outcome:
    """Go on with a run from its latest checkpoint.

    What is left to do comes out as if the run had not been interrupted. The number of steps
    may change, and with it the learning rates to come: that equals a run begun with the new
    number only where both have the same rates up to here, as before the decay begins.

    Args:
        folder: of the run.
        changes: settings that now differ, by name.
        session: of this sitting.

    Warns:
        DainWarning: the learning rate makes a jump here.

    Raises:
        OptionError: a change would make it another run.
        WeightsError: there is no checkpoint, or it is of another network.
        DainError: see `Run.go`.
    """
    settings = read_settings(folder).changed(changes)
    settings = settings.changed(_absolute(settings))
    checkpoint = CheckpointFolder(folder).load_last()
    then = TrainSettings.from_json(checkpoint.settings, "the checkpoint")
    settings.check_continues(then)
    _check_steps(settings, then, checkpoint)
    if _measured_on(settings) != _measured_on(then):  # what did best there need not do so here
        checkpoint = replace(checkpoint, best=None, validated=-1)
    return _train(folder, settings, session, _network(settings, session.parts), checkpoint)


def read_settings(folder: Path) -> TrainSettings:
    """The settings of a run.

    Raises:
        OptionError: there are none, or they cannot be read.
    """
    path = folder / SETTINGS_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(
            f"expected the folder of a run of dain train, found no {SETTINGS_NAME} in {folder}"
        ) from error
    return TrainSettings.from_json(text, str(path))


def _train(
    folder: Path,
    settings: TrainSettings,
    session: Session,
    network: nn.Module,
    checkpoint: Checkpoint | None,
) -> Outcome:
    """Put the parts together and train; nothing is written before all inputs were looked at."""
    optimisation, devices = settings.optimisation, session.devices
    fabric = make_fabric(session.device, devices, optimisation.precision)
    if optimisation.batch % devices:
        raise OptionError(
            f"--batch must be a multiple of --devices, found {optimisation.batch} and {devices}"
        )
    validation = Validation(settings.care.validate, settings.care.validate_count)
    data = _check_data(settings, checkpoint)
    source = session.parts.source or make_source(settings.data, optimisation.seed)
    with _alone(folder):
        fabric.launch()
        trainer = Trainer(fabric, network, session.parts.loss or _usual_loss(), optimisation)
        run = Run(fabric, trainer, settings, folder, validation, data, session.on_progress)
        if checkpoint is not None:
            run.restore(checkpoint)
        if fabric.is_global_zero:
            write_whole(folder / SETTINGS_NAME, f"{settings.to_json()}\n".encode())
        steps = (trainer.step, optimisation.steps)
        indices = StepIndices(*steps, optimisation.batch, fabric.global_rank, fabric.world_size)
        workers = settings.data.workers
        if workers is None:
            workers = max(default_workers() // devices, 1)
        on_gpu = fabric.device.type == "cuda"
        # A GPU renders scenes by the way; beside a CPU that trains, processes do it ahead of time.
        batches = load_batches(
            source, indices, workers, pin=on_gpu, render_on=fabric.device if on_gpu else None
        )
        try:
            return run.go(batches, session.minutes)
        finally:
            batches.close()


def _network(settings: TrainSettings, parts: Parts) -> nn.Module:
    """The network with its first weights."""
    if parts.network is not None:
        return parts.network
    record = find_record(settings.model)
    if settings.model != DEFAULT_MODEL and parts.loss is None:
        raise OptionError(f"--model must be {DEFAULT_MODEL} to be trained, found {settings.model}")
    torch.manual_seed(settings.optimisation.seed)
    return record.build()


def _usual_loss() -> Loss:
    from dain.training.losses import training_loss

    return training_loss


def _check_data(settings: TrainSettings, checkpoint: Checkpoint | None) -> str:
    """The fingerprint of the data; refuses other data than a run was begun with."""
    data = fingerprint(settings.data)
    if checkpoint is not None and data != checkpoint.data:
        raise OptionError(
            "the textures or clips are not those that this run was begun with: files were added, "
            "removed or changed; begin another run, with --from-weights to go on from these weights"
        )
    return data


def _absolute(settings: TrainSettings) -> dict[str, Any]:
    """The folders of a run, so that it can go on from elsewhere."""
    data = settings.data
    return {
        "textures": None if data.textures is None else data.textures.absolute(),
        "clips": None if data.clips is None else data.clips.absolute(),
        "cache": None if data.cache is None else data.cache.absolute(),
        "validate": [path.absolute() for path in settings.care.validate],
    }


def _measured_on(settings: TrainSettings) -> tuple[object, ...]:
    """What scores must have in common to be compared; folders may have moved."""
    return settings.care.validate_count, *(path.name for path in settings.care.validate)


def _check_new(folder: Path) -> None:
    """Refuse a folder that is in use."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"expected a folder for the run, found that {folder} is none")
    if (folder / SETTINGS_NAME).exists():
        raise OutputError(
            f"{folder} holds a run already; go on with --resume {folder}, or name another folder"
        )
    if folder.exists() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise OutputError(f"expected an empty folder for the run, found that {folder} is not")


def _check_steps(settings: TrainSettings, then: TrainSettings, checkpoint: Checkpoint) -> None:
    """Refuse fewer steps than were made, and tell of a jump of the rate."""
    made, steps = checkpoint.step, settings.optimisation.steps
    if steps < made:
        raise OptionError(f"--steps: {made} were made already, found {steps}")
    before, after = (rate_at(made, each.optimisation) for each in (then, settings))
    if made < steps and abs(after - before) > 1e-6 * before:
        warnings.warn(
            f"the learning rate goes from {before:.3g} to {after:.3g} here, for other --steps or "
            "--decay: not what a run begun with them would have done",
            DainWarning,
            stacklevel=3,
        )


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Make the folder and keep other processes from training in it.

    Raises:
        OutputError: it cannot be made, or another process trains in it.
    """
    if not is_first_process():
        yield
        return
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"another process trains in {folder}; wait for it to end") from error
    except OSError as error:
        reason = reason_of(error)
        raise OutputError(f"cannot write to {folder}: {reason}") from error
    try:
        yield
    finally:
        lock.release()
