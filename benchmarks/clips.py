"""Run `dain interpolate` over a folder of clips and check every output against its source.

For each clip: the first frames are brought to 60 fps; the output's frame count, every
timestamp, its duration and its audio offset are read back with PyAV, not with our reader.

    python benchmarks/clips.py CLIPS [--frames 48] [--fps 60] [--suffix .mp4]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av


@dataclass(frozen=True)
class Facts:
    """What a file holds, times in seconds; audio is None where there is none."""

    times: list[Fraction]
    duration: Fraction
    audio_start: Fraction | None


def main() -> None:
    """Check clip by clip; exits with 1 if any check failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--fps", default="60")
    parser.add_argument("--suffix", default=".mp4")
    arguments = parser.parse_args()
    print("clip                           in   out  seconds in      out  audio offset in      out")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for clip in sorted(path for path in arguments.clips.iterdir() if path.is_file()):
            output = Path(folder) / (clip.stem + arguments.suffix)
            faults = check(clip, output, arguments)
            failed += bool(faults)
            for fault in faults:
                print(f"    {fault}")
            output.unlink(missing_ok=True)
    sys.exit(1 if failed else 0)


def check(clip: Path, output: Path, arguments: argparse.Namespace) -> list[str]:
    """Run one clip, print its line, and return what is wrong with the output."""
    source = facts(clip)
    count = min(arguments.frames, len(source.times))
    whole = count == len(source.times)
    command = [sys.executable, "-m", "dain", "interpolate", str(clip), "-o", str(output), "--json"]
    command += ["--quiet", "--fps", arguments.fps]
    command += [] if whole else ["--end-frame", str(count - 1)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        return [f"{clip.name}: exit code {run.returncode}: {run.stderr.strip()}"]
    told = json.loads(run.stdout)
    made = facts(output)
    end = source.duration if whole else source.times[count] - source.times[0]
    show(clip, source, made, count, end)
    return compare(told, made, source, end, whole)


def compare(
    told: dict[str, object], made: Facts, source: Facts, end: Fraction, whole: bool
) -> list[str]:
    """Faults of an output."""
    rate, faults = Fraction(str(told["fps_exact"])), []
    tick = Fraction(1, 500)  # two of Matroska's
    lowest, highest = (math.ceil((end + slack) * rate) for slack in (-tick, tick))
    if not lowest <= len(made.times) <= highest or told["frames_out"] != len(made.times):
        faults.append(f"expected {lowest} to {highest} frames, found {len(made.times)}")
    start = source.times[0] if whole else Fraction(0)
    worst = max(abs(time - start - k / rate) for k, time in enumerate(made.times))
    if worst > tick:
        faults.append(f"a frame is {float(worst):.4f} s off its instant")
    if abs(made.duration - end) > tick:
        faults.append(f"expected {float(end):.4f} s, found {float(made.duration):.4f} s")
    if (source.audio_start is None) != (made.audio_start is None):
        faults.append("audio was lost")
    return faults


def facts(path: Path) -> Facts:
    """Read a file with PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [p for p in container.demux(stream) if p.pts is not None and not p.is_discard]
        packets.sort(key=lambda packet: packet.pts)
        base = stream.time_base
        times = [packet.pts * base for packet in packets]
        # MP4 keeps the durations of decoding order: only the stream's own tells where it ends.
        last = packets[-1].duration or round(1 / (stream.average_rate * base))
        length = times[-1] + last * base - times[0]
        if stream.duration is not None:
            length = stream.duration * base
    with av.open(str(path)) as container:
        audio = None
        if container.streams.audio:
            packet = next(container.demux(container.streams.audio[0]))
            audio = packet.pts * packet.time_base if packet.pts is not None else Fraction(0)
    return Facts(times, length, audio)


def show(clip: Path, source: Facts, made: Facts, count: int, end: Fraction) -> None:
    """One line of the table."""
    offsets = [
        "-" if f.audio_start is None else f"{float(f.audio_start - f.times[0]):+.4f}"
        for f in (source, made)
    ]
    print(
        f"{clip.name:28}{count:5}{len(made.times):6}{float(end):12.4f}"
        f"{float(made.duration):9.4f}{offsets[0]:>17}{offsets[1]:>9}",
        flush=True,
    )


if __name__ == "__main__":
    main()
