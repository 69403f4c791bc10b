"""How good the averaged weights are at present."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from dain.engine.pixels import to_array, to_tensor
from dain.evaluation import StillSample, evaluate, find_samples


@dataclass(frozen=True)
class FolderScore:
    """Means over the triplets of one folder.

    Attributes:
        folder: as the settings name it.
        psnr: dB, as `Report.psnr`.
        ssim: up to 1.
        mae: mean absolute error, of 255.
        samples: number of triplets.
        took: seconds that measuring took.
    """

    folder: str
    psnr: float
    ssim: float
    mae: float
    samples: int
    took: float


class _Between:
    """A network as `evaluate` wants it."""

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network, self._device = network, device

    def between(
        self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any], times: Sequence[Fraction]
    ) -> list[npt.NDArray[Any]]:
        first, last = (to_tensor(frame, self._device) for frame in (frame0, frame1))
        with torch.inference_mode():
            made = self._network(first, last, [float(t) for t in times]).frames
        return [to_array(made[:, k], frame0.dtype) for k in range(len(times))]


class Validation:
    """Measures a network on folders of triplets."""

    def __init__(self, folders: Sequence[Path], count: int | None) -> None:
        """Find the triplets.

        Args:
            folders: of triplets.
            count: how many of each, evenly spread; None for all.

        Raises:
            MediaError: a folder has none.
        """
        self._sets = {
            str(folder): find_samples("triplets", folder, limit=count) for folder in folders
        }

    def __bool__(self) -> bool:
        return bool(self._sets)

    def measure(self, network: nn.Module, device: torch.device) -> list[FolderScore]:
        """Scores of each folder, in float32; leaves modes and random generators as they were.

        Args:
            network: with ``forward(frame0, frame1, times)`` as `InterpolationNetwork` has it.
            device: where it is.

        Raises:
            MediaError: a sample cannot be read.
        """
        was_training = network.training
        devices = [device] if device.type == "cuda" else []
        network.eval()
        try:
            with torch.random.fork_rng(devices=devices):
                return [
                    _measure(folder, samples, _Between(network, device))
                    for folder, samples in self._sets.items()
                ]
        finally:
            network.train(was_training)


def _measure(folder: str, samples: Sequence[StillSample], between: _Between) -> FolderScore:
    began = time.perf_counter()
    report = evaluate(between, samples)
    return FolderScore(
        folder=folder,
        psnr=report.psnr,
        ssim=report.ssim,
        mae=report.mae,
        samples=report.samples,
        took=time.perf_counter() - began,
    )
