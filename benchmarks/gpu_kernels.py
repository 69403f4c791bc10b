"""The Triton kernels on a CUDA device: are they right, and what do they gain?

First every kernel is compared with its PyTorch form in float64, over odd sizes, types and
layouts; then both are timed at the sizes of 480p, 1080p and 4K frames. Prints a table, and
writes everything as JSON.

    python benchmarks/gpu_kernels.py --json gpu_kernels.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dain.ops import backward_warp, bicubic_warp, project_flow, triton_support
from dain.ops.adaptive_warping import adaptive_warp
from dain.ops.correlation import correlation

OPS: dict[str, Callable[..., Any]] = {
    "project_flow": project_flow,
    "backward_warp": backward_warp,
    "bicubic_warp": bicubic_warp,
    "adaptive_warp": adaptive_warp,
    "correlation": correlation,
}
TYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
ODD_SIZES = [(1, 1), (1, 7), (13, 17), (33, 70), (2, 8191), (270, 481), (1081, 33)]
FRAMES = {"480p": (480, 854), "1080p": (1080, 1920), "4K": (2160, 3840)}

# What the paper's network gives each op: context features under the frame, 196 channels in
# all, warped twice for a new frame; the finest cost volume, 32 channels at a quarter.
CHANNELS = {
    "project_flow": 0,
    "backward_warp": 3,
    "bicubic_warp": 3,
    "adaptive_warp": 196,
    "correlation": 32,
}
REDUCTION = {"correlation": 4}

# Of the largest value, as far as the type's own rounding of the result goes.
TOLERANCES = {"fp32": 1e-5, "fp16": 1e-3, "bf16": 8e-3}


def arguments_of(
    op: str, height: int, width: int, channels: int, dtype: torch.dtype, last: bool, reach: float
) -> tuple[Tensor, ...]:
    """Random inputs; flows in whole eighths, which every type holds up to 16 pixels.

    Flows vary slowly where there is room, as those of films do.
    """

    def picture(count: int, like: torch.dtype = dtype) -> Tensor:
        made = torch.randn(1, count, height, width, device="cuda").to(like)
        return made.contiguous(memory_format=torch.channels_last) if last else made

    coarse = torch.randn(1, 2, -(-height // 16), -(-width // 16), device="cuda") * reach
    flow = torch.nn.functional.interpolate(
        coarse, (height, width), mode="bilinear", align_corners=False
    )
    flow = ((flow * 8).round() / 8).clamp(-15, 15).to(dtype)
    if op == "project_flow":
        return flow, picture(1).abs() + 0.125
    if op in ("backward_warp", "bicubic_warp"):
        return picture(channels), flow
    if op == "adaptive_warp":
        return picture(channels), flow, picture(16)
    return picture(channels), picture(channels)


def tensors(result: Any) -> tuple[Tensor, ...]:
    """The tensors of an op's result."""
    return (result,) if isinstance(result, Tensor) else tuple(result)


def compare(op: str, height: int, width: int, name: str, last: bool) -> dict[str, Any]:
    """One case against float64: the largest error, as a share of the largest value."""
    arguments = arguments_of(op, height, width, 37, TYPES[name], last, reach=4)
    found = tensors(OPS[op](*arguments, backend="triton"))
    exact = tensors(OPS[op](*(a.double() for a in arguments), backend="reference"))
    error = max(
        ((one.double() - two).abs().max() / two.abs().max().clamp(min=1)).item()
        for one, two in zip(found, exact, strict=True)
    )
    return {
        "op": op,
        "size": [height, width],
        "type": name,
        "channels_last": last,
        "error": error,
        "right": error <= TOLERANCES[name],
    }


def milliseconds(call: Callable[[], object], repeats: int = 20) -> float:
    """Median time of a call on the GPU, after it has settled."""
    cuda: Any = torch.cuda
    for _ in range(3):
        call()
    times: list[float] = []
    for _ in range(repeats):
        start, stop = (cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        call()
        stop.record()
        stop.synchronize()
        times.append(start.elapsed_time(stop))
    return statistics.median(times)


def measure(op: str, frame: str, name: str, last: bool) -> dict[str, Any]:
    """Both forms of an op at the size of a frame: time, and memory beyond the inputs."""
    height, width = (side // REDUCTION.get(op, 1) for side in FRAMES[frame])
    arguments = arguments_of(op, height, width, CHANNELS[op], TYPES[name], last, reach=4)
    row: dict[str, Any] = {"op": op, "frame": frame, "type": name, "channels_last": last}
    for backend in ("reference", "triton"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()

        def call(backend: str = backend) -> object:
            with torch.inference_mode():
                return OPS[op](*arguments, backend=backend)

        try:
            row[f"{backend}_ms"] = milliseconds(call)
        except torch.OutOfMemoryError:
            row[f"{backend}_ms"] = None
        row[f"{backend}_mb"] = (torch.cuda.max_memory_allocated() - held) / 1e6
    moved = sum(a.nbytes for a in arguments)
    moved += sum(r.nbytes for r in tensors(OPS[op](*arguments, backend="triton")))
    row["gb_per_s"] = moved / row["triton_ms"] / 1e6
    return row


def show(row: dict[str, Any]) -> None:
    """One line of the table of times."""
    plain, ours = row["reference_ms"], row["triton_ms"]
    layout = "last" if row["channels_last"] else "plain"
    print(
        f"{row['op']:14} {row['frame']:6} {row['type']:5} {layout:6}"
        + (f"{plain:11.3f} ms" if plain else "no memory".rjust(14))
        + f"{ours:10.3f} ms"
        + (f"{plain / ours:8.1f}x" if plain else "".rjust(9))
        + f"{row['gb_per_s']:9.0f} GB/s{row['triton_mb']:9.0f} MB"
    )


def main() -> int:
    """Exit 1 where a kernel is wrong, 2 where none can run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path, default=Path("gpu_kernels.json"))
    parser.add_argument("--frames", nargs="+", choices=FRAMES, default=list(FRAMES))
    options = parser.parse_args()
    device = torch.device("cuda")
    if not torch.cuda.is_available() or not triton_support.runs_on(device):
        print("no CUDA device on which Triton runs", file=sys.stderr)
        return 2
    import triton

    torch.manual_seed(0)
    checks = [
        compare(op, *size, name, last)
        for op in OPS
        for size in ODD_SIZES
        for name in TYPES
        for last in (False, True)
    ]
    wrong = [check for check in checks if not check["right"]]
    print(f"{len(checks) - len(wrong)} of {len(checks)} cases agree with float64")
    for check in wrong:
        print("WRONG:", check)
    times = []
    print("op, frame, type, layout, PyTorch, Triton, ratio, inputs and outputs per second, memory")
    for op in OPS:
        for frame in options.frames:
            for name in TYPES:
                for last in (False, True):
                    times.append(measure(op, frame, name, last))
                    show(times[-1])
    result = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "triton": triton.__version__,
        "checks": checks,
        "times": times,
    }
    options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
