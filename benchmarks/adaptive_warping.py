"""Adaptive warping on the CPU: the numba kernel beside the PyTorch reference.

Turn by turn in one process; both in the layout the network works in, channels last.

    python benchmarks/adaptive_warping.py [--size 640x480] [--channels 196] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

# As the command does: torch's threads, when they spin, slow each other down on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor
from torch.nn import functional

from dain.ops import Backend, adaptive_warp

FORMS: tuple[Backend, ...] = ("reference", "numba")


def main() -> None:
    """Measure each type turn by turn and report."""
    arguments = parse()
    width, height = map(int, arguments.size.split("x"))
    print(
        f"{arguments.size}, {arguments.channels} channels, channels last, "
        f"{torch.get_num_threads()} threads, median of {arguments.rounds} rounds"
    )
    print(f"{'image':10} {'reference ms':>13} {'numba ms':>10} {'ratio':>7} {'least':>7}")
    for dtype in (torch.float32, torch.bfloat16):
        inputs = make_inputs(arguments.channels, height, width, dtype)
        times = measure(inputs, arguments.rounds)
        reference, numba = (statistics.median(times[form]) * 1e3 for form in FORMS)
        ratios = [a / b for a, b in zip(*times.values(), strict=True)]
        print(
            f"{str(dtype).removeprefix('torch.'):10} {reference:13.0f} {numba:10.1f} "
            f"{statistics.median(ratios):6.1f}x {min(ratios):6.1f}x"
        )


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--channels", type=int, default=196)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def make_inputs(
    channels: int, height: int, width: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """A random picture and filters, and a smooth flow of about six pixels."""
    torch.manual_seed(0)
    image = torch.rand(1, channels, height, width)
    image = image.to(dtype, memory_format=torch.channels_last)
    coarse = torch.randn(1, 2, height // 32 + 2, width // 32 + 2) * 6
    flow = functional.interpolate(coarse, (height, width), mode="bilinear", align_corners=True)
    return image, flow, torch.rand(1, 16, height, width)


@torch.inference_mode()
def measure(inputs: tuple[Tensor, Tensor, Tensor], rounds: int) -> dict[Backend, list[float]]:
    """Seconds of each form in each round; the first round, which compiles, is left out."""
    times: dict[Backend, list[float]] = {form: [] for form in FORMS}
    for _ in range(rounds + 1):
        for form in FORMS:
            began = time.perf_counter()
            adaptive_warp(*inputs, backend=form)
            times[form].append(time.perf_counter() - began)
    return {form: seconds[1:] for form, seconds in times.items()}


if __name__ == "__main__":
    main()
