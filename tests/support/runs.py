"""A run of training that takes no time: a tiny network, samples of noise, and a loss on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from dain.errors import MediaError
from dain.networks import Output
from dain.training.samples import Batch, Sample, from_footage
from dain.training.settings import TrainSettings
from dain.training.starting import Parts, Session


class TinyNetwork(nn.Module):
    """Mixes the channels of both frames, with a buffer that counts its runs in training."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.mix = nn.Conv2d(6, 3, 3, padding=1)
        self.register_buffer("runs", torch.zeros((), dtype=torch.int64))

    def forward(self, frame0: Tensor, frame1: Tensor, times: Any = (0.5,)) -> Output:
        if self.training:
            self.runs += 1
        made = self.mix(torch.cat([frame0, frame1], 1))
        frames = torch.stack([made for _ in times], 1)
        return Output(frames, frames)


@dataclass
class NoiseSource:
    """Samples of noise; picklable, as worker processes need it.

    Attributes:
        size: side in pixels.
        fails_at: number of a sample that cannot be made.
    """

    size: int = 16
    fails_at: int | None = None

    def sample(self, index: int) -> Sample:
        if index == self.fails_at:
            raise MediaError(f"sample {index} is broken; mend it")
        noise = np.random.default_rng(index).integers(0, 256, (3, self.size, self.size, 3))
        return from_footage(*noise.astype(np.uint8), time=0.5, kind=1)


def noisy_loss(network: Any, batch: Batch) -> Any:
    """Squared error and something random: a run that goes on must draw the same numbers."""
    made = network(batch.first, batch.last).frames[:, 0]
    error = (made - batch.truth + 0.1 * torch.rand(())).square().mean()
    return SimpleNamespace(total=error, parts={"error": error.detach()})


def plain_loss(network: Any, batch: Batch) -> Any:
    """Squared error; of two halves of a batch it is on average that of the whole."""
    error = (network(batch.first, batch.last).frames[:, 0] - batch.truth).square().mean()
    return SimpleNamespace(total=error, parts={"error": error.detach()})


@dataclass
class LossWithGaps:
    """As `noisy_loss`, but not a number in some steps.

    Attributes:
        bad: numbers of those steps, counted from the first call.
        calls: how often it was called.
    """

    bad: set[int] = field(default_factory=set)
    calls: int = 0

    def __call__(self, network: Any, batch: Batch) -> Any:
        losses = noisy_loss(network, batch)
        if self.calls in self.bad:
            losses.total = losses.total * float("nan")
        self.calls += 1
        return losses


def tiny_settings(**changes: Any) -> TrainSettings:
    """Few steps, few samples, no processes."""
    usual = {"steps": 20, "batch": 2, "warm_up": 3, "workers": 0, "precision": "fp32", "crop": 16}
    return TrainSettings().changed({"log_steps": 5, **usual, **changes})


def tiny_session(**changes: Any) -> Session:
    """A sitting on the CPU with the stand-ins of this module."""
    parts = {
        "network": changes.pop("network", None) or TinyNetwork(),
        "source": changes.pop("source", None) or NoiseSource(),
        "loss": changes.pop("loss", noisy_loss),
    }
    return Session(device="cpu", parts=Parts(**parts), **changes)


def write_triplets(folder: Path, count: int = 3) -> Path:
    """Triplets of noise that moves."""
    for number in range(count):
        home = folder / f"{number:02d}"
        home.mkdir(parents=True)
        noise = np.random.default_rng(number).integers(0, 256, (40, 60, 3)).astype(np.uint8)
        wide = cv2.GaussianBlur(noise, (0, 0), 2)
        for k in (1, 2, 3):
            cv2.imwrite(str(home / f"im{k}.png"), wide[:, 2 * k :][:, :48])
    return folder
