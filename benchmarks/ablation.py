"""What each learned part of `dain-lite` contributes to its frames.

One part after the other is taken out of the trained weights, by setting to zero what its last
layer gives, and the frames are measured by the code of `dain evaluate`. The other parts were
trained beside it and are not trained again, so that a row shows what the network relies on, not
how well it could have done without.

    python benchmarks/ablation.py --root TRIPLETS [--root STILL] [--weights FILE] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

import dain
from dain.evaluation import evaluate, find_samples
from dain.networks import lite
from dain.ops import backward_warp

Weights = dict[str, Tensor]

# Rows of the last layers: four, for the pixels of a cell, of everything that they give.
MOTION, FRAME = "motion_refiner.head", "frame_refiner.head"
PARTS = {
    "whole": [],
    "without the sense of what is near": [(MOTION, 8, 12)],
    "without correction of the flows between the frames": [(MOTION, 0, 8)],
    "without correction of the flows from the new frame": [(FRAME, 0, 16)],
    "without correction of the blend": [(FRAME, 16, 20)],
    "without correction of colours": [(FRAME, 20, 32)],
    "without any, the untrained network": [(MOTION, 0, 12), (FRAME, 0, 32)],
}
BILINEAR = "looked up bilinearly"


def without(weights: Weights, parts: list[tuple[str, int, int]]) -> Weights:
    """The weights, with rows of some layers set to zero."""
    changed = {name: tensor.clone() for name, tensor in weights.items()}
    for layer, start, stop in parts:
        changed[f"{layer}.weight"][start:stop] = 0
        changed[f"{layer}.bias"][start:stop] = 0
    return changed


def measure(weights: Weights, root: Path) -> tuple[float, float]:
    """PSNR and mean absolute error on a folder of triplets."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weights.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, file)
        interpolator = dain.Interpolator("dain-lite", precision="fp32", weights=file)
    report = evaluate(interpolator, find_samples("triplets", root))
    return report.psnr, report.mae


@contextmanager
def bilinear() -> Iterator[None]:
    """Let frames be looked up bilinearly."""
    before = lite.bicubic_warp
    lite.bicubic_warp = backward_warp
    try:
        yield
    finally:
        lite.bicubic_warp = before


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, action="append", required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    weights = dain.load_network("dain-lite", weights=arguments.weights).state_dict()
    rows: dict[str, list[tuple[float, float]]] = {}
    with torch.inference_mode():
        for name, parts in PARTS.items():
            changed = without(weights, parts)
            rows[name] = [measure(changed, root) for root in arguments.root]
        with bilinear():
            rows[BILINEAR] = [measure(weights, root) for root in arguments.root]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    for name, results in rows.items():
        shown = "".join(f"{psnr:9.2f} dB {mae:7.3f}" for psnr, mae in results)
        print(f"{name:52}{shown}")


if __name__ == "__main__":
    main()
