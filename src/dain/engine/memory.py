"""How much memory there is, how large the tiles may be that fit it, and when it ran out."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil
import torch

from dain.networks import InterpolationNetwork

# Sides of tiles, largest first. Larger ones see less of their surroundings twice.
TILES = (2048, 1536, 1024, 768, 512, 384, 256, 192, 128, 96, 64)

# Of what is free, this much is counted on: decoder, encoder and other programs need the rest.
_SHARE_OF_HOST = Fraction(3, 5)
_SHARE_OF_DEVICE = Fraction(9, 10)

# What the allocators of torch and of the libraries under it say; they raise plain RuntimeErrors.
_FAILURES = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "alloc_failed",  # cuDNN and cuBLAS
    "could not create a memory",  # oneDNN
    "could not create a primitive",
)

_CGROUPS_FOLDER = Path("/sys/fs/cgroup")

# Of the container that the process may run in: limit, use, and the part of that which is only
# cached files, for both versions of control groups.
_CGROUPS = (
    ("memory.max", "memory.current", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


def budget_on(device: torch.device) -> int:
    """Bytes that a network may count on now.

    On a CUDA device most of what is free there, this process's own reserve included; elsewhere
    a part of the machine's available memory, or of the container's.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int((free + reserve) * _SHARE_OF_DEVICE)
    return int(available_host_memory() * _SHARE_OF_HOST)


def available_host_memory(cgroups: Path = _CGROUPS_FOLDER) -> int:
    """Bytes that can be allocated without swapping, in the container if there is one.

    Args:
        cgroups: where the system tells of control groups.
    """
    available: int = psutil.virtual_memory().available
    for limit, use, cached in _CGROUPS:
        try:
            left = _read_bytes(cgroups / limit) - _read_bytes(cgroups / use)
            statistics = (cgroups / use).with_name("memory.stat").read_text()
        except (OSError, ValueError):  # no such container, or no limit: "max"
            continue
        for line in statistics.splitlines():
            name, _, value = line.partition(" ")
            if name == cached:
                left += int(value)
        available = min(available, max(left, 0))
    return available


def total_host_memory(cgroups: Path = _CGROUPS_FOLDER) -> int:
    """Bytes of memory in the machine, or that its container may use if that is less.

    Args:
        cgroups: where the system tells of control groups.
    """
    total: int = psutil.virtual_memory().total
    for limit, _, _ in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):
            total = min(total, _read_bytes(cgroups / limit))
    return total


def _read_bytes(path: Path) -> int:
    return int(path.read_text())


def choose_tile(
    network: InterpolationNetwork[Any, Any], height: int, width: int, scale: Fraction, budget: int
) -> int | None:
    """Side of the largest tiles whose working set fits a budget; None for whole frames.

    Where nothing fits it is the smallest.

    Args:
        network: in the precision in which it will run.
        height: of a frame.
        width: of a frame.
        scale: size at which motion is estimated.
        budget: in bytes.
    """
    if network.least_tile is None:
        return None
    for tile in (None, *tiles_below(max(height, width), network.least_tile)):
        if network.working_set(height, width, scale, tile) <= budget:
            return tile
    return network.least_tile


def tiles_below(side: int, least: int) -> list[int]:
    """Sides of tiles smaller than `side`, largest first, down to `least`."""
    return [tile for tile in TILES if least <= tile < side]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on whatever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(failure in text for failure in _FAILURES)
