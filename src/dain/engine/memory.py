"""How much memory there is, how large the tiles may be that fit it, and when it ran out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import torch

from dain.engine.host_memory import available_host_memory
from dain.networks import InterpolationNetwork

# Sides of tiles, largest first. Larger ones see less of their surroundings twice.
TILES = (2048, 1536, 1024, 768, 512, 384, 256, 192, 128, 96, 64)

# Of what is free, this much is counted on: other programs need the rest.
_SHARE_OF_HOST = Fraction(1, 2)
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


def budget_on(device: torch.device, memory: int | None = None, reserved: int = 0) -> int:
    """Bytes that a network may count on now.

    On a CUDA device most of what is free there, this process's own reserve included; elsewhere
    a part of the machine's available memory, or of the container's.

    Args:
        device: that the network is on.
        memory: bytes to count on instead of what is free.
        reserved: bytes of the host's memory that others of this process need; counted off there.
    """
    if device.type == "cuda":
        if memory is not None:
            return memory
        free, _ = torch.cuda.mem_get_info(device)
        reserve = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int((free + reserve) * _SHARE_OF_DEVICE)
    whole = int(available_host_memory() * _SHARE_OF_HOST) if memory is None else memory
    return max(0, whole - reserved)


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
