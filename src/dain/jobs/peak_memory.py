"""The most memory that this process ever held."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_memory() -> int | None:
    """Most bytes that this process ever held in memory; None where the system does not tell.

    Linux keeps the peak of the parent in `getrusage` when a process is started; its own stands
    in ``/proc``.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    import psutil

    peak: int | None = getattr(psutil.Process().memory_info(), "peak_wset", None)  # on Windows
    return peak
