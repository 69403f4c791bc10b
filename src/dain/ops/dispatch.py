"""Which implementation of an op runs: one rule for all of them."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

Backend = Literal["auto", "reference", "numba"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

_NUMBA_TYPES = (torch.float32, torch.float64)


def choose(backend: Backend, *tensors: Tensor) -> Literal["reference", "numba"]:
    """Pick the implementation that runs these tensors.

    ``auto`` takes the numba kernels wherever they can run: float32 or float64 on the CPU.

    Raises:
        ValueError: `backend` is unknown, or ``numba`` cannot run these tensors.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, found {backend!r}")
    first = tensors[0]
    able = all(
        tensor.device.type == "cpu" and tensor.dtype == first.dtype in _NUMBA_TYPES
        for tensor in tensors
    )
    if backend == "numba" and not able:
        raise ValueError(
            "the numba backend takes float32 or float64 tensors of one type on the CPU, found "
            + ", ".join(f"{tensor.dtype} on {tensor.device}" for tensor in tensors)
        )
    if backend == "reference":
        return "reference"
    return "numba" if able else "reference"
