"""What judgement costs: whole runs with all of it, with none, and with each part alone.

Runs take turns, so that a busy machine slows all alike; the network is loaded before. Processor
time counts, of all threads.

    python -m benchmarks.judgement.cost CLIP [--end 1.5] [--rounds 3] [--fps 60]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from dain.jobs import make_interpolator, run_job
from dain.settings import EngineSettings, JobSettings, JudgementSettings, TimeSettings

NONE = JudgementSettings.all_off()
ALL = JudgementSettings()
PARTS = {
    "cuts": replace(NONE, scene_threshold=ALL.scene_threshold),
    "cadence": replace(NONE, cadence=ALL.cadence),
    "overlays": replace(NONE, overlays=ALL.overlays),
    "sharpness": replace(NONE, sharpness=ALL.sharpness),
    "doubt": replace(NONE, doubt=ALL.doubt),
}


def main() -> None:
    """Run every way in turn, and print the medians beside that of plain interpolation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--end", type=Fraction, default=Fraction(3, 2), help="seconds of the clip")
    parser.add_argument("--fps", type=Fraction, default=Fraction(60))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    ways = {"none": NONE, "all": ALL, **PARTS}
    engines = {
        name: make_interpolator(EngineSettings(precision="fp32"), way) for name, way in ways.items()
    }
    taken: dict[str, list[float]] = defaultdict(list)
    counts = {}
    for _ in range(arguments.rounds):
        for name, way in ways.items():
            settings = JobSettings(
                time=TimeSettings(fps=arguments.fps, end=arguments.end), judgement=way
            )
            with tempfile.TemporaryDirectory() as folder:
                began = time.process_time()
                result = run_job(
                    arguments.clip, Path(folder) / "out.mp4", settings, interpolator=engines[name]
                )
                taken[name].append(time.process_time() - began)
            counts[name] = result.frames_out
    plain = statistics.median(taken["none"])
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"{name:10} {counts[name]} frames {middle:7.2f} s  {middle / plain:.3f}")


if __name__ == "__main__":
    main()
