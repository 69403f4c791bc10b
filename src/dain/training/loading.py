"""From a source of samples to batches, made by worker processes ahead of their use."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import wait
from types import FrameType

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from dain.errors import DainError
from dain.training.samples import Sample, Source, collate
from dain.training.stopping import SIGNALS

Made = Sample | DainError

_BATCHES_AHEAD = 3  # of each worker


class SampleView(Dataset[Made]):
    """A source as PyTorch's loader wants it.

    An error of ours is handed on like a sample: the loader would wrap it in a traceback, which
    holds the loader in a cycle, and once that is garbage it cannot tell its workers to end.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, index: int) -> Made:
        try:
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
    source: Source, indices: StepIndices, workers: int, pin: bool
) -> Generator[dict[str, Tensor], None, None]:
    """Batches in order, as tensors by the names of `Batch`; workers start at once.

    Args:
        source: of samples; pickled to the workers.
        indices: of each batch.
        workers: number of processes; 0 makes samples in this one.
        pin: make batches in memory from which a GPU can copy at once.

    Returns:
        An iterator that raises `DainError` where the source did.
    """
    loader: DataLoader[Made] = DataLoader(
        SampleView(source),
        batch_sampler=indices,
        num_workers=workers,
        collate_fn=collate_tensors,
        pin_memory=pin,
        worker_init_fn=prepare_worker if workers else None,
        persistent_workers=workers > 0,
        prefetch_factor=_BATCHES_AHEAD if workers else None,
        multiprocessing_context=_context() if workers else None,
    )
    return _raising(iter(loader))


def _raising(
    batches: Iterator[dict[str, Tensor] | DainError],
) -> Generator[dict[str, Tensor], None, None]:
    try:
        for batch in batches:
            if isinstance(batch, DainError):
                raise batch
            yield batch
    finally:
        del batches  # which ends the workers, even where a traceback keeps this frame


def collate_tensors(made: Sequence[Made]) -> dict[str, Tensor] | DainError:
    """A batch as a dictionary, which the loader can pin; or the first error."""
    samples = []
    for entry in made:
        if isinstance(entry, DainError):
            return entry
        samples.append(entry)
    return dict(vars(collate(samples)))


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
