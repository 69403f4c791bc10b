"""Where and in which arithmetic a network runs."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch

from dain.errors import OptionError


def resolve_device(name: str) -> torch.device:
    """The device that `name` asks for: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    ``auto`` is the first CUDA device where there is one, else the CPU.

    Raises:
        OptionError: no such device here.
    """
    kind, _, number = name.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (number and kind != "cuda"):
        raise OptionError(f"--device must be auto, cpu, cuda, cuda:N or mps, found {name!r}")
    if kind == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise OptionError("--device mps: this machine has no Metal device; use --device cpu")
    if kind == "cuda":
        return _cuda(name, number)
    return torch.device(kind)


def _cuda(name: str, number: str) -> torch.device:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        raise OptionError(f"--device {name}: this machine has no CUDA device; use --device cpu")
    if number and not number.isdecimal():
        raise OptionError(f"--device cuda:N needs a whole number, found {name!r}")
    index = int(number or 0)
    if index >= count:
        raise OptionError(f"--device {name}: this machine has CUDA devices 0 to {count - 1}")
    return torch.device("cuda", index)


def resolve_precision(name: str, able: Sequence[str], device: torch.device, model: str) -> str:
    """The arithmetic that `name` asks for, of those that the model is `able` to run in.

    ``auto`` is float16 on a CUDA device, bfloat16 on a CPU that computes in it, else float32.

    Raises:
        OptionError: the model cannot.
    """
    if name == "auto":
        fast = _fast_precision(device)
        return fast if fast in able else "fp32"
    if name not in able:
        raise OptionError(
            f"--precision {name}: model {model} runs in {', '.join(able)}; use --precision auto"
        )
    return name


def _fast_precision(device: torch.device) -> str:
    if device.type == "cuda":
        return "fp16"
    return "bf16" if device.type == "cpu" and computes_in_bfloat16() else "fp32"


@functools.cache
def computes_in_bfloat16() -> bool:
    """Whether this CPU has instructions for bfloat16; elsewhere it is slower than float32."""
    # Without oneDNN, as on macOS, torch would only emulate it.
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    import llvmlite.binding

    features = llvmlite.binding.get_host_cpu_features()
    return any(features.get(name) for name in ("avx512bf16", "amx-bf16", "bf16"))  # "bf16": ARM
