"""``dain doctor``: what this machine has, and whether `dain` works on it."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dain.cli import options
from dain.cli.messages import print_error, print_json, show_bytes

if TYPE_CHECKING:
    from rich.table import Table

_ENCODERS = (
    *("libx264", "libx265", "libsvtav1", "libvpx-vp9", "ffv1", "prores_ks", "gif"),
    *("h264_nvenc", "hevc_nvenc", "h264_videotoolbox", "h264_qsv", "h264_vaapi", "aac"),
)
_CPU_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "neon", "asimd", "bf16")


def doctor(
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell what this machine has, and try out a tiny run."""
    from dain.cli.checkup import run_checks

    report = examine()
    report["checks"] = run_checks(verbose)
    if as_json:
        print_json(report)
    else:
        _print(report)
    failed = [name for name, outcome in report["checks"].items() if outcome != "ok"]
    if failed:
        for name in failed:
            print_error(f"check of {name} failed: {report['checks'][name]}")
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """What this machine has; every value fit for JSON."""
    from dain._version import __version__

    return {
        "dain": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "memory_bytes": _memory(),
        "free_disk_bytes": shutil.disk_usage(Path.cwd()).free,
        "devices": _devices(),
        "libraries": _libraries(),
        "ffmpeg": _ffmpeg(),
        "encoders": _encoders(),
    }


def _cpu() -> dict[str, Any]:
    import torch

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "name": _cpu_name(),
        "cores": usable,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "features": _cpu_features(),
    }


def _cpu_name() -> str:
    # platform.processor() is empty on most Linux systems.
    for line in _cpu_lines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cpu_features() -> list[str]:
    for line in _cpu_lines():
        if line.lower().startswith(("flags", "features")):
            present = set(line.partition(":")[2].split())
            return [name for name in _CPU_FEATURES if name in present]
    return []


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _memory() -> int | None:
    """All memory of the machine, where the system tells without another library."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def _devices() -> list[dict[str, Any]]:
    """Accelerators that torch can use."""
    import torch

    devices: list[dict[str, Any]] = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            devices.append(
                {
                    "device": f"cuda:{index}",
                    "name": properties.name,
                    "memory_bytes": properties.total_memory,
                }
            )
    if torch.backends.mps.is_available():
        devices.append({"device": "mps", "name": "Apple GPU", "memory_bytes": None})
    return devices


def _libraries() -> dict[str, str]:
    import av
    import cv2
    import numba
    import numpy as np
    import torch

    # Asked of the modules: OpenCV is installed under several names.
    return {
        "torch": torch.__version__,
        "numpy": np.__version__,
        "PyAV": av.__version__,
        "OpenCV": cv2.__version__,
        "numba": numba.__version__,
    }


def _ffmpeg() -> dict[str, str]:
    """FFmpeg's libraries inside PyAV."""
    import av

    return {
        name: ".".join(str(part) for part in version)
        for name, version in sorted(av.library_versions.items())
    }


def _encoders() -> dict[str, bool]:
    import av

    return {name: name in av.codecs_available for name in _ENCODERS}


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    cpu, memory = report["cpu"], report["memory_bytes"]
    table.add_row("dain", f"{report['dain']}, Python {report['python']}")
    table.add_row("platform", report["platform"])
    features = ", ".join(cpu["features"])
    table.add_row("CPU", f"{cpu['name']}, {cpu['cores']} cores, {cpu['capability']} {features}")
    table.add_row("memory", show_bytes(memory) if memory else "unknown")
    table.add_row("free disk", f"{show_bytes(report['free_disk_bytes'])} here")
    _add_devices(table, report["devices"])
    for title in ("libraries", "ffmpeg"):
        parts = [f"{name} {version}" for name, version in report[title].items()]
        table.add_row(title, ", ".join(parts))
    present = [name for name, has in report["encoders"].items() if has]
    missing = [name for name, has in report["encoders"].items() if not has]
    table.add_row("encoders", ", ".join(present))
    table.add_row("", f"not here: {', '.join(missing)}" if missing else "")
    for name, outcome in report["checks"].items():
        table.add_row(f"check: {name}", outcome)
    Console(highlight=False).print(table)


def _add_devices(table: Table, devices: list[dict[str, Any]]) -> None:
    if not devices:
        table.add_row("devices", "CPU only")
    for device in devices:
        memory = f", {show_bytes(device['memory_bytes'])}" if device["memory_bytes"] else ""
        table.add_row(device["device"], f"{device['name']}{memory}")
