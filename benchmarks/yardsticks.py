"""What classical methods reach on a dataset that `dain evaluate` measures.

Plain averaging, DIS flow with plain backward warping, and ffmpeg's minterpolate (where an
`ffmpeg` command is found), measured by the same code on the same rounded 8-bit frames.

    python benchmarks/yardsticks.py --dataset triplets --root DIR
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.evaluation import evaluate, find_samples

Picture = npt.NDArray[Any]

MINTERPOLATE = "minterpolate=fps=4:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"


class Averaging:
    """The mean of both frames."""

    def between(self, frame0: Picture, frame1: Picture, times: Sequence[Fraction]) -> list[Picture]:
        """The middle frame."""
        return [rounded((frame0.astype(np.float32) + frame1) / 2)]


class BackwardWarping:
    """OpenCV's DIS flow as it comes (medium preset), looked up at the middle without projection."""

    def between(self, frame0: Picture, frame1: Picture, times: Sequence[Fraction]) -> list[Picture]:
        """The middle frame."""
        search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        grey0, grey1 = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (frame0, frame1))
        flows = search.calc(grey0, grey1, None), search.calc(grey1, grey0, None)
        y, x = np.mgrid[: frame0.shape[0], : frame0.shape[1]].astype(np.float32)
        warped = [
            cv2.remap(
                frame.astype(np.float32),
                x - flow[..., 0] / 2,
                y - flow[..., 1] / 2,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            for frame, flow in zip((frame0, frame1), flows, strict=True)
        ]
        return [rounded((warped[0] + warped[1]) / 2)]


class Minterpolate:
    """ffmpeg's minterpolate in its best mode; each frame stands twice, as it looks four ahead."""

    def between(self, frame0: Picture, frame1: Picture, times: Sequence[Fraction]) -> list[Picture]:
        """The middle frame."""
        height, width = frame0.shape[:2]
        command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "2"]
        command += ["-s", f"{width}x{height}", "-i", "-", "-vf", f"format=yuv444p,{MINTERPOLATE}"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        given = b"".join(frame.tobytes() for frame in (frame0, frame0, frame1, frame1, frame1))
        made = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout
        return [np.frombuffer(made, np.uint8).reshape(-1, height, width, 3)[3]]


def rounded(picture: Picture) -> Picture:
    """To 8 bits."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="triplets")
    parser.add_argument("--root", type=Path, required=True)
    arguments = parser.parse_args()
    samples = find_samples(arguments.dataset, arguments.root)
    methods = {"averaging": Averaging(), "DIS, backward warping": BackwardWarping()}
    if shutil.which("ffmpeg"):
        methods["minterpolate"] = Minterpolate()
    print(f"{'':24}{'PSNR':>8}{'SSIM':>9}{'MAE':>8}")
    for name, method in methods.items():
        report = evaluate(method, samples)
        print(f"{name:24}{report.psnr:8.2f}{report.ssim:9.4f}{report.mae:8.3f}", flush=True)


if __name__ == "__main__":
    main()
