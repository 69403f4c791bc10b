"""What finding the cadence buys: clips put on twos, interpolated back, against their own frames.

Every second frame is thrown away and the one before shown twice. Without a judge each frame stands
where it is, so the lost ones are shown as repeats; with it they are made again from the drawings
on both sides. PSNR is of the lost frames alone.

    python -m benchmarks.judgement.smoothed [--clips DIR] [--width 320] [--frames 24]
"""

from __future__ import annotations

import argparse
from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.judgement.footage import CLIPS, Footage, Picture, pixels

import dain
from dain.judgement import CadenceJudge, Judges, drawings, judged

SHOTS = {"bbb_480p24.mp4": 100, "davis_cows.mp4": 0, "davis_soapbox.mp4": 0}


def main() -> None:
    """A line for each clip: lost frames, PSNR with cadence off and on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=CLIPS)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--frames", type=int, default=24)
    arguments = parser.parse_args()
    interpolator = dain.Interpolator(precision="fp32")
    print(f"{'':20}frames     off      on  (dB)")
    for clip, first in SHOTS.items():
        frames = Footage(arguments.clips).whole(clip, arguments.width)
        truth = pixels(frames[first : first + arguments.frames])
        on_twos = pixels(truth[np.arange(len(truth)) // 2 * 2])
        # The last drawing's repeat has nothing after it to be made from.
        lost = range(1, len(truth) - 1, 2)
        off = [psnr(on_twos[at], truth[at]) for at in lost]
        on = [psnr(frame_at(Fraction(at), on_twos, interpolator), truth[at]) for at in lost]
        print(f"{clip:20}{len(lost):6}{np.mean(off):8.2f}{np.mean(on):8.2f}")


def frame_at(time: Fraction, shown: Picture, interpolator: dain.Interpolator) -> Picture:
    """What a run shows at an instant, in frames, of a video whose cadence is judged."""
    found = judged(range(len(shown)), Judges(beats=CadenceJudge()), Fraction, shown.__getitem__)
    kept = [each for _, each in drawings(found)]
    after = bisect_right([each.beat.time for each in kept], time)
    begin = kept[after - 1]
    if begin.beat.time == time or after == len(kept):
        return pixels(shown[begin.item])
    end = kept[after]
    t = (time - begin.beat.time) / (end.beat.time - begin.beat.time)
    return pixels(interpolator.between(shown[begin.item], shown[end.item], times=[float(t)])[0])


def psnr(one: Picture, other: Picture) -> float:
    """Of 8-bit pictures, in dB."""
    error = np.mean((one.astype(np.float64) - other) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-10)))


if __name__ == "__main__":
    main()
