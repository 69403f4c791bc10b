"""Numba kernels: compiled at first use, kept on disk where possible, spread over threads.

Kernels release the interpreter lock and are spread over our own threads rather than numba's:
its default threading layer ends the process when two Python threads enter it at once
(numba documentation, "The Threading Layers").
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]


def arrays(*tensors: Tensor) -> list[Array]:
    """NumPy views of CPU tensors (copies where a tensor is not contiguous)."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def zeros_like(tensor: Tensor) -> Tensor:
    """Contiguous zeros in the shape and type of `tensor`, whatever its memory layout."""
    return torch.zeros_like(tensor, memory_format=torch.contiguous_format)


def channels_last(image: Tensor) -> Array:
    """A view ``(B, H, W, C)`` of a CPU tensor; of bfloat16, the bits as uint16."""
    turned = image.detach().permute(0, 2, 3, 1)
    array: Array
    if turned.dtype == torch.bfloat16:
        array = turned.view(torch.int16).numpy().view(np.uint16)
    else:
        array = turned.numpy()
    return array


def empty_like(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Contiguous, unset tensors in the shapes and types of `tensors`."""
    return tuple(torch.empty_like(t, memory_format=torch.contiguous_format) for t in tensors)


def kernel(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a loop over arrays so that numba compiles it when it is first called.

    The compiled code is cached beside the module or in the user's cache folder; where
    neither can be written, or the disk is full, it lives in memory only.
    """
    return _kernel(function, False)


def summing_kernel(function: Callable[..., None]) -> Callable[..., None]:
    """As `kernel`, with leave to add up in another order, so that sums vectorise.

    The order is the compiler's and always the same on one machine.
    """
    return _kernel(function, {"reassoc"})


def _kernel(function: Callable[..., None], fastmath: bool | set[str]) -> Callable[..., None]:
    @functools.cache
    def compiled(keep: bool) -> Callable[..., None]:
        import numba

        return numba.njit(nogil=True, cache=keep, fastmath=fastmath)(function)

    keep = True

    @functools.wraps(function)
    def call(*arguments: Any) -> None:
        nonlocal keep
        if keep:
            try:
                compiled(True)(*arguments)
            except (OSError, RuntimeError):  # no folder to keep it in, or no room there
                keep = False
            else:
                return
        compiled(False)(*arguments)

    return call


@functools.cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="dain-ops")


def spread(function: Callable[[int, int], object], count: int, least: int = 1) -> None:
    """Call ``function(start, stop)`` over slices of ``range(count)``, one slice a thread.

    Args:
        function: works on its slice alone; must release the interpreter lock to gain.
        count: length of the whole range.
        least: smallest slice worth a thread of its own.
    """
    workers = max(1, min(torch.get_num_threads(), count // max(least, 1)))
    if workers == 1:
        function(0, count)
        return
    edges = [count * k // workers for k in range(workers + 1)]
    futures = [_pool(workers).submit(function, edges[k], edges[k + 1]) for k in range(workers)]
    for future in futures:
        future.result()
