"""What the doctor finds without trying anything: processor, memory, disk and graphics cards."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

# As Linux names them, and as LLVM does, which knows them on every system.
_CPU_FEATURES = {
    "avx2": "avx2",
    "fma": "fma",
    "avx512f": "avx512f",
    "avx512_vnni": "avx512vnni",
    "avx512_bf16": "avx512bf16",
    "avx512_fp16": "avx512fp16",
    "amx_tile": "amx-tile",
    "amx_int8": "amx-int8",
    "amx_bf16": "amx-bf16",
    "neon": "neon",
    "sve": "sve",
    "bf16": "bf16",
}
_PATIENCE = 10  # seconds for a graphics driver to answer


def describe_cpu() -> dict[str, Any]:
    """Name, cores that this process may use, and what the processor can compute."""
    import torch

    from dain.engine.devices import computes_in_bfloat16

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "name": _cpu_name(),
        "cores": usable,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "features": _cpu_features(),
        "bfloat16": computes_in_bfloat16(),
    }


def _cpu_name() -> str:
    # platform.processor() is empty on most Linux systems.
    path = Path("/proc/cpuinfo")
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cpu_features() -> list[str]:
    import llvmlite.binding

    present = llvmlite.binding.get_host_cpu_features()
    return [name for name, theirs in _CPU_FEATURES.items() if present.get(theirs)]


def describe_memory() -> dict[str, int]:
    """Memory in bytes, of the container where there is one with a limit."""
    from dain.engine.host_memory import available_host_memory, total_host_memory

    return {
        "memory_bytes": total_host_memory(),
        "available_memory_bytes": available_host_memory(),
    }


def describe_disk() -> dict[str, int]:
    """Room in bytes where the doctor was called."""
    usage = shutil.disk_usage(Path.cwd())
    return {"disk_bytes": usage.total, "free_disk_bytes": usage.free}


def describe_devices() -> list[dict[str, Any]]:
    """Accelerators that torch can use."""
    import torch

    devices: list[dict[str, Any]] = []
    if torch.cuda.is_available():
        devices += [_describe_cuda(index) for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append(
            {
                "device": "mps",
                "name": "Apple GPU",
                "memory_bytes": torch.mps.recommended_max_memory(),
                "free_memory_bytes": None,
                "compute_capability": None,
            }
        )
    return devices


def _describe_cuda(index: int) -> dict[str, Any]:
    import torch

    properties = torch.cuda.get_device_properties(index)
    # ROCm plays the part of CUDA and has no such number.
    capability = None if torch.version.hip else f"{properties.major}.{properties.minor}"
    return {
        "device": f"cuda:{index}",
        "name": properties.name,
        "memory_bytes": properties.total_memory,
        "free_memory_bytes": torch.cuda.mem_get_info(index)[0],
        "compute_capability": capability,
    }


def describe_nvidia() -> dict[str, Any]:
    """NVIDIA's driver, its cards, and the CUDA that torch was built for.

    The cards are there whether or not torch can use them, which is what one wants to know.
    """
    import torch

    cards = _ask_nvidia()
    return {
        "driver": cards[0][1] if cards else _driver_of_kernel(),
        "cards": [name for name, _ in cards],
        "torch_cuda": torch.version.cuda,
    }


def _ask_nvidia() -> list[tuple[str, str]]:
    """Name and driver of every card, by the driver's own tool."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        run = subprocess.run(
            asked, capture_output=True, text=True, timeout=_PATIENCE, check=True, errors="replace"
        )
    except (OSError, subprocess.SubprocessError):  # there is a tool, but no driver that answers
        return []
    rows = [line.rpartition(",") for line in run.stdout.splitlines() if "," in line]
    return [(name.strip(), version.strip()) for name, _, version in rows]


def _driver_of_kernel(path: Path = Path("/proc/driver/nvidia/version")) -> str | None:
    """The version of a driver whose tool is not installed, as in many containers."""
    try:
        words = path.read_text(errors="replace").split()
    except OSError:
        return None
    return next((word for word in words if word[0].isdigit() and "." in word), None)
