"""Does memory stay flat, and are files closed, over tens of thousands of frames?

    python benchmarks/soak.py
    python benchmarks/soak.py --frames 2000 --kind video --kind pipe

Small frames go through a whole run, from a file to a file, with an engine that only blends. Memory
of the process and its open files are sampled on the way. The first quarter fills caches
and pools and does not count; over the rest a straight line is laid through the samples. The
run fails where that line rises by more than a few megabytes, or where files stay open.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil

from dain.jobs import Progress, run_job
from dain.settings import EncodeSettings, EngineSettings, JobSettings, TimeSettings

KINDS = {"video": "out.mp4", "gif": "out.gif", "stills": "out", "pipe": "-"}

_SIZE = (64, 48)
_SAMPLES = 200
_WARM_UP = 0.25  # of the samples
_ALLOWED_GROWTH = 4 * 2**20  # bytes over a run, by the line; allocators breathe


class Blend:
    """An engine that takes no time."""

    model = "blend"
    device = "cpu"
    precision = "fp32"

    def between(  # noqa: D102 - as of `FrameInterpolator`
        self, frame0: Any, frame1: Any, times: Sequence[Fraction | float]
    ) -> list[Any]:
        return [cv2.addWeighted(frame0, 1 - float(t), frame1, float(t), 0) for t in times]


@dataclass
class Soak:
    """What a run left in memory.

    Attributes:
        kind: of output.
        frames: written.
        seconds: that they took.
        resident: memory of the process in bytes, sampled evenly.
        files: open files and pipes at the same moments.
    """

    kind: str
    frames: int = 0
    seconds: float = 0.0
    resident: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Bytes by which a straight line through the later samples rises from end to end."""
        later = self.resident[int(len(self.resident) * _WARM_UP) :]
        slope = np.polyfit(np.arange(len(later)), later, 1)[0]
        return float(slope * (len(later) - 1))

    @property
    def more_files(self) -> int:
        """How many more are open at the end than when the run was warm."""
        return self.files[-1] - self.files[int(len(self.files) * _WARM_UP)]

    @property
    def is_steady(self) -> bool:
        """Whether neither memory nor open files grew."""
        return self.growth <= _ALLOWED_GROWTH and self.more_files <= 0


def soak(kind: str, frames: int, folder: Path) -> Soak:
    """Make `frames` output frames of a kind and watch the process meanwhile."""
    found = Soak(kind)
    process = psutil.Process()
    step = max(1, frames // _SAMPLES)

    def sample(event: Progress) -> None:
        if event.stage == "interpolating" and event.done and event.done % step == 0:
            found.resident.append(process.memory_info().rss)
            found.files.append(count_files(process))

    source = make_source(folder / f"{kind}.mkv", frames // 2)
    name = KINDS[kind]
    settings = JobSettings(
        time=TimeSettings(factor=Fraction(2)),
        encode=EncodeSettings(),
        engine=EngineSettings(),
    )
    started = time.monotonic()
    output = Path(name) if name == "-" else folder / name
    with standard_output_to(os.devnull if name == "-" else None):
        found.frames = run_job(source, output, settings, sample, Blend()).frames_out
    found.seconds = time.monotonic() - started
    return found


def make_source(path: Path, frames: int) -> Path:
    """A video of a patch that moves, 25 frames a second, as a GIF cannot hold 60."""
    still = np.full((_SIZE[1], _SIZE[0], 3), (40, 90, 160), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "bgr0"
        for index in range(frames):
            picture = still.copy()
            at = index % (_SIZE[0] - 12)
            picture[12:24, at : at + 12] = (index % 250, 200, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def count_files(process: psutil.Process) -> int:
    """Descriptors, or handles on Windows."""
    return process.num_handles() if sys.platform == "win32" else process.num_fds()


class standard_output_to:  # noqa: N801 - reads as a statement
    """Let descriptor 1 lead to a file for a while; None leaves it."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._kept = -1

    def __enter__(self) -> None:
        if self._path is not None:
            sys.stdout.flush()
            self._kept = os.dup(1)
            other = os.open(self._path, os.O_WRONLY)
            os.dup2(other, 1)
            os.close(other)

    def __exit__(self, *error: object) -> None:
        if self._path is not None:
            os.dup2(self._kept, 1)
            os.close(self._kept)


def main() -> int:
    """Soak each kind in turn and print a table; 1 if any is not steady."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=50_000)
    parser.add_argument("--kind", action="append", choices=list(KINDS))
    parser.add_argument("--json", type=Path, help="write all samples there")
    asked = parser.parse_args()
    results = []
    print(
        f"{'kind':8} {'frames':>7} {'seconds':>8} {'MiB, warm':>10} {'MiB, end':>9} "
        f"{'growth, MiB':>12} {'files':>6}"
    )
    for kind in asked.kind or KINDS:
        with tempfile.TemporaryDirectory(prefix="dain-soak-") as folder:
            found = soak(kind, asked.frames, Path(folder))
        results.append(found)
        warm = found.resident[int(len(found.resident) * _WARM_UP)]
        verdict = "" if found.is_steady else "  NOT STEADY"
        print(
            f"{kind:8} {found.frames:7} {found.seconds:8.1f} {warm / 2**20:10.1f} "
            f"{found.resident[-1] / 2**20:9.1f} {found.growth / 2**20:12.2f} "
            f"{found.files[-1]:6}{verdict}",
            flush=True,
        )
    if asked.json:
        asked.json.write_text(json.dumps([asdict(found) for found in results]))
    return 0 if all(found.is_steady for found in results) else 1


if __name__ == "__main__":
    sys.exit(main())
