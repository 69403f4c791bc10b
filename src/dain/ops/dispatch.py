"""Which implementation of an op runs: one rule for all of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

import torch
from torch import Tensor

Backend = Literal["auto", "reference", "numba", "triton"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

Choice = Literal["reference", "numba", "triton"]

_EXACT = (torch.float32, torch.float64)
_ON_GPU = (torch.float16, torch.bfloat16, torch.float32)


def choose(backend: Backend, *tensors: Tensor, storage: Collection[torch.dtype] = ()) -> Choice:
    """Pick the implementation that runs these tensors.

    ``auto`` takes a compiled kernel wherever one can run: numba on the CPU, Triton on CUDA.

    Args:
        backend: as the caller of an op gave it.
        tensors: what the op reads. The numba kernels take them all in float32 or float64, one
            type for all; but the first may be of a type in `storage` when the others are
            float32. The Triton kernels take float16, bfloat16 and float32, mixed.
        storage: types in which the op's numba kernel reads and writes its first tensor, while
            it computes in float32.

    Raises:
        ValueError: `backend` is unknown, or cannot run these tensors.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, found {backend!r}")
    if backend == "reference":
        return "reference"
    if backend in ("auto", "numba") and _numba_runs(tensors, storage):
        return "numba"
    if backend in ("auto", "triton") and _triton_runs(tensors, asked=backend == "triton"):
        return "triton"
    if backend == "auto":
        return "reference"
    needs = {
        "numba": "float32 or float64 tensors of one type on the CPU",
        "triton": "float16, bfloat16 or float32 tensors on a CUDA device, and a working Triton",
    }
    found = ", ".join(f"{tensor.dtype} on {tensor.device}" for tensor in tensors)
    raise ValueError(f"the {backend} backend takes {needs[backend]}, found {found}")


def _numba_runs(tensors: tuple[Tensor, ...], storage: Collection[torch.dtype]) -> bool:
    if any(tensor.device.type != "cpu" for tensor in tensors):
        return False
    first, *others = (tensor.dtype for tensor in tensors)
    if first in storage:
        return all(other == torch.float32 for other in others)
    return first in _EXACT and all(other == first for other in others)


def _triton_runs(tensors: tuple[Tensor, ...], *, asked: bool) -> bool:
    if any(tensor.dtype not in _ON_GPU for tensor in tensors):
        return False
    if not asked and any(tensor.device.type != "cuda" for tensor in tensors):
        return False
    from dain.ops import triton_support

    return triton_support.runs_on(tensors[0].device)
