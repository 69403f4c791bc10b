"""Whether Triton's kernels can run on a device, and what their ops share.

Triton is no dependency of ours: PyTorch's CUDA wheels for Linux bring it. It compiles kernels as
they are first called and needs a C compiler for that, which many machines lack; the honest
question is therefore put to the machine, by running one small kernel. Nothing of Triton is
imported before a tensor on a GPU asks for it.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_LEAST_CAPABILITY = (7, 0)  # what Triton itself asks for

# Elements of one program's tile: eight for each thread of the usual four warps, which keeps
# several loads of a thread in flight and its registers few. Untimed so far.
_TILE = 1024
_PLANAR_PIXELS = 256
_MOST_DEPTH = 32  # 64 bytes of float16: whole sectors of memory, and 196 channels waste little

_faults: dict[int, str] = {}
_lock = threading.Lock()
_told = False


def runs_on(device: torch.device) -> bool:
    """Whether the Triton kernels run on `device`.

    On the CPU they do under Triton's interpreter alone (``TRITON_INTERPRET=1``). On a CUDA
    device they do where one small kernel compiles, runs and is right; that is tried once per
    process and device. The first device on which it fails is told to the log, once.
    """
    if device.type == "cpu":
        return os.environ.get("TRITON_INTERPRET") == "1" and _installed()
    if device.type != "cuda":
        return False
    index = torch.cuda.current_device() if device.index is None else device.index
    with _lock:
        if index not in _faults:
            _faults[index] = _fault(index)
        if _faults[index]:
            _tell(_faults[index])
        return not _faults[index]


# `torch.compile` asks once and keeps the answer, rather than tracing through the trial. This is
# what `torch.compiler.assume_constant_result` sets, without its import of the whole compiler.
runs_on._dynamo_marked_constant = True  # type: ignore[attr-defined]


def _installed() -> bool:
    return importlib.util.find_spec("triton") is not None


def _fault(index: int) -> str:
    """Why Triton cannot run on a CUDA device, in a few words; nothing where it can."""
    if not _installed():
        return "the triton package is not installed"
    if torch.cuda.get_device_capability(index) < _LEAST_CAPABILITY:
        least = ".".join(map(str, _LEAST_CAPABILITY))
        return f"{torch.cuda.get_device_name(index)} is older than compute capability {least}"
    try:
        return "" if _trial(torch.device("cuda", index)) else "a trial kernel gave a wrong result"
    except torch.OutOfMemoryError:
        raise  # says nothing about Triton
    except Exception as error:  # noqa: BLE001 (a broken compiler, cache folder or driver raises anything)
        reason = " ".join(str(error).split()) or type(error).__name__
        return f"a trial kernel failed: {reason[:200]}"


def _trial(device: torch.device) -> bool:
    from dain.ops import triton_warping

    image = torch.arange(6.0, device=device).view(1, 1, 2, 3)
    flow = torch.full((1, 2, 2, 3), 0.5, device=device)
    expected = torch.tensor([2.0, 3.0, 3.5, 3.5, 4.5, 5.0], device=device).view(1, 1, 2, 3)
    # In each type: before Ampere, older versions do not compile bfloat16.
    return all(
        torch.equal(triton_warping.warp(image.to(dtype), flow.to(dtype)), expected.to(dtype))
        for dtype in (torch.float32, torch.float16, torch.bfloat16)
    )


def _tell(fault: str) -> None:
    global _told
    if not _told:
        _told = True
        logging.getLogger("dain").warning(
            "Triton cannot run on this GPU (%s); PyTorch's slower forms of the kernels are used. "
            "Triton comes with PyTorch's CUDA builds for Linux and needs a C compiler (gcc or "
            "clang, or one that CC names)",
            fault,
        )


def launch(kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
    """Run a kernel on the device of its first argument, a tensor, whichever is the current one.

    Multiplications join additions (they decide no pixel); versions differ in what is the default.
    """
    with torch.cuda.device(arguments[0].get_device()):
        kernel[grid](*arguments, enable_fp_fusion=True, **constants)


def memory_format(image: Tensor) -> torch.memory_format:
    """How a kernel reads `image` (B, C, H, W): channels last where it lies so, else plain."""
    last = image.is_contiguous(memory_format=torch.channels_last) and not image.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


def tile(channels: int, channels_last: bool) -> dict[str, int]:
    """The block of one program, ``PIXELS`` by ``DEPTH`` channels, its long side where memory runs.

    Threads beside each other then read memory side by side in either layout: along the pixels
    of one plane, or along the channels of a pixel.
    """
    if not channels_last:
        return {"PIXELS": _PLANAR_PIXELS, "DEPTH": 1}
    depth = min(power_of_two(channels), _MOST_DEPTH)
    return {"PIXELS": _TILE // depth, "DEPTH": depth}


def power_of_two(count: int) -> int:
    """The least power of two that is at least `count`, as Triton's blocks must be."""
    return 1 << max(count - 1, 0).bit_length()


def blocks(count: int, size: int) -> int:
    """How many blocks of `size` cover `count`."""
    return -(-count // size)


def gradient_by_reference(
    reference: Callable[..., Tensor | tuple[Tensor, ...]],
    inputs: Sequence[Tensor],
    grads: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    """Gradients by `inputs`, found by running the PyTorch form of an op again, in float32.

    Args:
        reference: the differentiable form.
        inputs: its arguments, float.
        grads: by each of its outputs.

    Returns:
        One gradient for each input, contiguous and in its type.
    """
    with torch.enable_grad():
        again = [tensor.detach().float().requires_grad_() for tensor in inputs]
        outputs = reference(*again)
        outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
        found = torch.autograd.grad(outputs, again, [grad.float() for grad in grads])
    return tuple(
        gradient.to(tensor.dtype).contiguous()
        for gradient, tensor in zip(found, inputs, strict=True)
    )
