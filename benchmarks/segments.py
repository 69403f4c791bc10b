"""What a run that can be resumed costs: its size and time beside one that is encoded in one go.

New frames are blends, so that the encoder has all the time there is.

    python benchmarks/segments.py clip.mp4 [--seconds 10] [--codec libx264]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from dain.jobs import run_job
from dain.settings import EncodeSettings, JobSettings, TimeSettings
from soak import Blend


def main() -> None:
    """Run both ways and print both sizes and times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--codec")
    arguments = parser.parse_args()
    found = {}
    for resume in (True, False):
        settings = JobSettings(
            time=TimeSettings(factor=Fraction(2), end=Fraction(arguments.seconds)),
            encode=EncodeSettings(codec=arguments.codec),
            resume=resume,
        )
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "out.mkv"
            started = time.process_time()
            result = run_job(arguments.clip, output, settings, interpolator=Blend())
            found[resume] = (output.stat().st_size, time.process_time() - started)
        print(
            f"{'segments' if resume else 'in one go'}: {result.frames_out} frames, "
            f"{found[resume][0]} bytes, {found[resume][1]:.1f} s of processor time"
        )
    print(f"ratio: size {found[True][0] / found[False][0]:.3f}", end=", ")
    print(f"time {found[True][1] / found[False][1]:.2f}")


if __name__ == "__main__":
    main()
