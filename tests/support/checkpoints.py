"""Checkpoints for tests: of a tiny network, and of the paper's with weights from a recipe."""

from __future__ import annotations

import os
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dain.weights.checksums import checksums_of
from dain.weights.loading import CheckpointFormat
from dain.weights.registry import CheckpointSource, ModelRecord

KEYS_FILE = Path(__file__).parent.parent / "fixtures" / "state_dict_keys.txt"

TINY_NAMES = {
    "block1.0.weight": "enter.weight",
    "block1.0.bias": "enter.bias",
    "block1.1.weight": "norm.weight",
    "block1.1.bias": "norm.bias",
    "block1.1.running_mean": "norm.running_mean",
    "block1.1.running_var": "norm.running_var",
    "block1.1.num_batches_tracked": "norm.num_batches_tracked",
    "block2.weight": "leave.weight",
}


class TinyNetwork(nn.Module):
    """Stands in for a network: weights, statistics and a counter."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.leave = nn.Conv2d(4, 3, 1, bias=False)


def tiny_name(name: str) -> str:
    """The authors' for our name."""
    return {ours: theirs for theirs, ours in TINY_NAMES.items()}[name]


def tiny_format() -> CheckpointFormat:
    return CheckpointFormat.of("tiny", TinyNetwork(), tiny_name)


def tiny_tensors(seed: int = 0) -> OrderedDict[str, Tensor]:
    """A checkpoint of the tiny network under its authors' names."""
    state = TinyNetwork().state_dict()
    random = torch.Generator().manual_seed(seed)
    return OrderedDict(
        (
            theirs,
            torch.randn(state[ours].shape, generator=random)
            if state[ours].is_floating_point()
            else torch.tensor(7),
        )
        for theirs, ours in TINY_NAMES.items()
    )


def tiny_record(urls: tuple[str, ...] = (), published: Path | None = None) -> ModelRecord:
    """A model named ``tiny`` whose published checkpoint is the file `published`."""
    blob = "0" * 40 if published is None else checksums_of(published).git_blob_id
    return ModelRecord(
        name="tiny",
        summary="stands in for a network",
        build=TinyNetwork,
        licence="none",
        citation="nobody",
        checkpoint=CheckpointSource(tiny_name, urls or ("http://127.0.0.1:9/best.pth",), blob),
    )


def save_old(value: Any, path: Path) -> Path:
    """As PyTorch wrote files before 1.6, the authors' checkpoint among them."""
    torch.save(value, path, _use_new_zipfile_serialization=False)
    return path


def save_new(value: Any, path: Path) -> Path:
    """As PyTorch writes files since."""
    torch.save(value, path)
    return path


class Evil:
    """Makes a file when it is unpickled without care."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._marker),)


def published_keys() -> dict[str, tuple[tuple[int, ...], str]]:
    """Shapes and types of the authors' checkpoint by name."""
    keys = {}
    for line in KEYS_FILE.read_text(encoding="utf-8").splitlines():
        name, shape, dtype = line.split()
        sizes = () if shape == "scalar" else tuple(int(size) for size in shape.split("x"))
        keys[name] = (sizes, dtype)
    return keys


def authors_state_dict() -> Mapping[str, Tensor]:
    """The paper's network with the weights of the golden numbers' recipe, by its authors' names."""
    return OrderedDict(
        (name, torch.tensor(0) if dtype == "int64" else torch.from_numpy(_draw(name, shape)))
        for name, (shape, dtype) in published_keys().items()
    )


def _draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
    values = random.standard_normal(shape, dtype=np.float32)
    if name.endswith("running_var"):
        return np.abs(values) * np.float32(0.5) + np.float32(0.5)
    if len(shape) > 1:
        return values * np.float32(np.sqrt(1.6 / np.prod(shape[1:])))
    if name.endswith("weight"):
        return 1 + np.float32(0.05) * values
    return values * np.float32(0.02)
