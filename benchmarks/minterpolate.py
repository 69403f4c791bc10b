"""Frames per second and peak memory of `dain interpolate` beside ffmpeg's minterpolate.

Both read the same clip, double its rate and write H.264 with the same encoder settings, turn
by turn, each in a process of its own. Needs an `ffmpeg` command with libx264.

    python benchmarks/minterpolate.py clip.mp4 [--size 640x480] [--frames 90] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEST = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1"
ENCODER = ["-c:v", "libx264", "-preset", "fast", "-crf", "18"]


def main() -> None:
    """Measure turn by turn and report."""
    arguments = parse()
    if shutil.which("ffmpeg") is None:
        sys.exit("benchmarks/minterpolate.py: expected an ffmpeg command, found none")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip, count = prepare(arguments, folder)
        runs: dict[str, list[tuple[float, float]]] = {label: [] for label in commands(clip, folder)}
        for _ in range(arguments.rounds):
            for label, command in commands(clip, folder).items():
                runs[label].append(measure(command))
    report(arguments, count, runs)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace, folder: Path) -> tuple[Path, int]:
    """The clip at the size, length and rate (30) that are measured; and its frame count."""
    clip = folder / "clip.mp4"
    width, height = arguments.size.split("x")
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(arguments.clip), "-an"]
    command += ["-vf", f"setpts=N/30/TB,scale={width}:{height}", "-r", "30"]
    command += ["-frames:v", str(arguments.frames), *ENCODER, str(clip)]
    subprocess.run(command, check=True)
    probe = ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v:0"]
    probe += ["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", str(clip)]
    return clip, int(subprocess.run(probe, check=True, capture_output=True, text=True).stdout)


def commands(clip: Path, folder: Path) -> dict[str, list[str]]:
    """What is measured, by its label."""

    def ffmpeg(options: str) -> list[str]:
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(clip)]
        command += ["-vf", f"minterpolate=fps=60{options}", *ENCODER]
        return [*command, str(folder / "peer.mp4")]

    ours = [sys.executable, "-m", "dain", "interpolate", str(clip), "-o", str(folder / "ours.mp4")]
    ours += ["--fps", "60", "--crf", "18", "--encoder-option", "preset=fast"]
    return {
        "dain-lite": [*ours, "--quiet", "--overwrite", "--device", "cpu"],
        "minterpolate, default": ffmpeg(""),
        "minterpolate, best": ffmpeg(f":{BEST}"),
    }


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident memory (MiB) of one command."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def report(
    arguments: argparse.Namespace, count: int, runs: dict[str, list[tuple[float, float]]]
) -> None:
    """Medians of the time, largest of the memory, and the ratio to minterpolate's default."""
    rows = []
    for label, results in runs.items():
        seconds = statistics.median(result[0] for result in results)
        memory = max(result[1] for result in results)
        rows.append({"name": label, "fps": 2 * count / seconds, "peak_mib": memory})
    if arguments.json:
        print(json.dumps({"size": arguments.size, "frames_in": count, "rows": rows}, indent=2))
        return
    print(f"{arguments.size}, {count} frames at 30 to 60, {os.cpu_count()} cores, whole command")
    for row in rows:
        ratio = row["fps"] / rows[1]["fps"]
        print(
            f"{row['name']:24} {row['fps']:7.1f} output frames/s  {ratio:5.2f}x"
            f"  {row['peak_mib']:7.0f} MiB"
        )


if __name__ == "__main__":
    main()
