"""Whether judgement makes clean film worse: PSNR of clips, every other frame made again.

    python -m benchmarks.judgement.clean CLIP... [--limit 12]

prints for each clip PSNR in dB of plain interpolation, and what all judgements add, and each alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

from dain.evaluation import ClipSamples, run_evaluation
from dain.evaluation.variants import JUDGED, JUDGEMENTS
from dain.settings import EngineSettings, JudgementSettings

WAYS = (JUDGED, *JUDGEMENTS)


def main() -> None:
    """Print a row for each clip, and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, default=12, help="frames of each clip, about")
    arguments = parser.parse_args()
    engine = EngineSettings(precision="fp32")
    print(f"{'':24} {'plain':>7}" + "".join(f"{name:>11}" for name in WAYS))
    gains: dict[str, list[float]] = {name: [] for name in WAYS}
    for clip in arguments.clips:
        samples = ClipSamples(clip, arguments.limit)
        found = run_evaluation(samples, engine, judgement=JudgementSettings())
        assert found.gains is not None
        whole = found.gains.whole
        for name in WAYS:
            gains[name].append(whole.gain(name))
        print(
            f"{clip.name[:24]:24} {found.report.psnr:7.3f}"
            + "".join(f"{gains[name][-1]:+11.3f}" for name in WAYS),
            flush=True,
        )
    print(f"{'mean':24} {'':7}" + "".join(f"{fmean(gains[name]):+11.3f}" for name in WAYS))


if __name__ == "__main__":
    main()
