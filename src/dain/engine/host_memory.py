"""How much memory there is beside the devices', in the container if there is one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

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


def used_memory() -> int:
    """Bytes that this process holds now."""
    used: int = psutil.Process().memory_info().rss
    return used


def _read_bytes(path: Path) -> int:
    return int(path.read_text())
