"""From a source of samples to batches, made by worker processes ahead of their use."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from types import FrameType
from typing import TYPE_CHECKING, Union

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from dain.errors import DainError
from dain.training.samples import Batch, Sample, Source, collate, join, plan_or_sample
from dain.training.stopping import SIGNALS

if TYPE_CHECKING:
    from dain.training.device_packing import Parcel
    from dain.training.scenes import ScenePlan

Made = Union["ScenePlan", Sample, DainError]

_BATCHES_AHEAD = 3  # of each worker


class SampleView(Dataset[Made]):
    """A source as PyTorch's loader wants it.

    An error of ours is handed on like a sample: the loader would wrap it in a traceback, which
    holds the loader in a cycle, and once that is garbage it cannot tell its workers to end.
    """

    def __init__(self, source: Source, planned: bool) -> None:
        """Look at a source.

        Args:
            source: of samples.
            planned: take plans instead of samples, where it has them.
        """
        self._source, self._planned = source, planned

    def __getitem__(self, index: int) -> Made:
        try:
            if self._planned:
                return plan_or_sample(self._source, index)
            return self._source.sample(index)
        except DainError as error:
            return error


class StepIndices(Sampler[list[int]]):
    """Numbers of the samples of every step, for one of several devices.

    Sample ``step * batch + k`` belongs to the same step whatever the number of devices, so a run
    may go on with another number of them.
    """

    def __init__(self, start: int, stop: int, batch: int, rank: int = 0, world: int = 1) -> None:
        """Cut the samples into steps.

        Args:
            start: first step.
            stop: first step that is not made.
            batch: samples of a step over all devices.
            rank: number of this device.
            world: number of devices.
        """
        self._steps = range(start, stop)
        self._batch, self._rank, self._world = batch, rank, world

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[list[int]]:
        for step in self._steps:
            first = step * self._batch
            yield list(range(first + self._rank, first + self._batch, self._world))


def load_batches(
    source: Source,
    indices: StepIndices,
    workers: int,
    pin: bool,
    render_on: torch.device | None = None,
) -> Generator[dict[str, Tensor], None, None]:
    """Batches in order, as tensors by the names of `Batch`; workers start at once.

    Args:
        source: of samples; pickled to the workers.
        indices: of each batch.
        workers: number of processes; 0 makes samples in this one.
        pin: make batches in memory from which a GPU can copy at once.
        render_on: device that renders scenes, on which batches then are; None to render them
            where samples are made.

    Returns:
        An iterator that raises `DainError` where the source did.
    """
    planned = render_on is not None
    loader: DataLoader[Made] = DataLoader(
        SampleView(source, planned),
        batch_sampler=indices,
        num_workers=workers,
        collate_fn=collate_planned if planned else collate_tensors,
        pin_memory=pin,
        worker_init_fn=prepare_worker if workers else None,
        persistent_workers=workers > 0,
        prefetch_factor=_BATCHES_AHEAD if workers else None,
        multiprocessing_context=_context() if workers else None,
    )
    return _finished(iter(loader), render_on)


def _finished(
    batches: Iterator[dict[str, Tensor] | PlannedBatch | DainError],
    device: torch.device | None,
) -> Generator[dict[str, Tensor], None, None]:
    """Batches with their scenes rendered; raises errors."""
    try:
        for batch in batches:
            if isinstance(batch, DainError):
                raise batch
            if isinstance(batch, PlannedBatch):
                assert device is not None
                yield dict(vars(batch.render(device)))
            else:
                yield batch
    finally:
        del batches  # which ends the workers, even where a traceback keeps this frame


def collate_tensors(made: Sequence[Made]) -> dict[str, Tensor] | DainError:
    """A batch as a dictionary, which the loader can pin; or the first error."""
    samples = []
    for entry in made:
        if isinstance(entry, DainError):
            return entry
        assert isinstance(entry, Sample)
        samples.append(entry)
    return dict(vars(collate(samples)))


@dataclass
class PlannedBatch:
    """A batch of which some samples are yet to be rendered.

    Attributes:
        samples: the others, as tensors by the names of `Batch`; None if there are none.
        scenes: those to be rendered; None if there are none.
        order: ``(B,)`` int64, the place of each of the batch among `samples` and then `scenes`.
    """

    samples: dict[str, Tensor] | None
    scenes: Parcel | None
    order: Tensor

    def pin_memory(self) -> PlannedBatch:
        """In memory from which a GPU can copy at once; PyTorch's loader calls this."""
        if self.samples is not None:
            self.samples = {name: each.pin_memory() for name, each in self.samples.items()}
        if self.scenes is not None:
            self.scenes = self.scenes.pin_memory()
        self.order = self.order.pin_memory()
        return self

    def render(self, device: torch.device) -> Batch:
        """The whole batch on a device."""
        from dain.training.device_scenes import render_parcel

        parts = []
        if self.samples is not None:
            parts.append(Batch(**self.samples).to(device))
        if self.scenes is not None:
            parts.append(render_parcel(self.scenes, device))
        return join(parts, self.order.to(device, non_blocking=True))


def collate_planned(made: Sequence[Made]) -> PlannedBatch | DainError:
    """A batch with its scenes packed for a device; or the first error."""
    from dain.training.device_packing import pack_scenes

    samples: list[tuple[int, Sample]] = []
    plans: list[tuple[int, ScenePlan]] = []
    for place, entry in enumerate(made):
        if isinstance(entry, DainError):
            return entry
        if isinstance(entry, Sample):
            samples.append((place, entry))
        else:
            plans.append((place, entry))
    places = [place for place, _ in (*samples, *plans)]
    return PlannedBatch(
        samples=dict(vars(collate([sample for _, sample in samples]))) if samples else None,
        scenes=pack_scenes([plan for _, plan in plans]) if plans else None,
        order=torch.tensor(places).argsort(),
    )


def prepare_worker(number: int) -> None:
    """Keep a worker to one thread, and let the main process decide when it ends."""
    import cv2

    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    # Whoever stops a process, with Ctrl-C or otherwise, may signal its whole group. A second
    # SIGTERM is from the main process, which could not end this one in peace.
    for each in SIGNALS:
        signal.signal(each, _end_next_time if each == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    main = multiprocessing.parent_process()
    if main is not None:
        # The loader's own watch sees the fork server, which lives as long as its workers do.
        threading.Thread(target=_end_with, args=(main.sentinel,), daemon=True).start()


def _end_next_time(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)


def _end_with(sentinel: int) -> None:
    """End this process when the one ends that the sentinel belongs to."""
    wait([sentinel])
    os._exit(1)


def _context() -> str:
    """How worker processes are started.

    A forked one would inherit the locks and pools of OpenMP and OpenCV, and hang.
    """
    if sys.platform == "win32":
        return "spawn"
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # or the server would start it, and lift the mask
    # The server inherits the mask: were it to end by a signal to the group, so would workers.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return "forkserver"
