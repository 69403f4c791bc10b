"""The paper's network as `dain` runs it, beside a plain PyTorch form of the same layers.

Consecutive pairs of a short moving scene, one new frame in the middle of each, from float
frames to a float frame: the plain form (`plain_dain.py`), ours in float32 and ours in bfloat16,
turn by turn at every pair. Weights are random. The first pair, which compiles and warms, is
left out.

    python benchmarks/dain_network.py [--size 448x256] [--pairs 6] [--threads 2] [--stages]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

# As the command does: torch's threads, when they spin, slow each other down on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import Tensor
from torch.nn import functional

import plain_dain
from dain.networks import dain as joining
from dain.networks import painting
from dain.networks.dain import Dain, DainFeatures
from plain_dain import PlainDain
from stopwatch import Stopwatch

MIDDLE = 0.5
LAYERS = ("depth", "context", "flow.pyramid", "flow", "kernels", "synthesis")
OPS = {"project_flow": (joining, plain_dain), "adaptive_warp": (painting, plain_dain)}
STAGES = {
    "encode": ("depth", "flow.pyramid", "context"),
    "relate": ("flow", "kernels"),
    "synthesise": ("project_flow", "adaptive_warp", "synthesis"),
}


class Ours:
    """A prepared network, which keeps what it knows of a frame for the next pair."""

    def __init__(self, network: Dain, precision: str) -> None:
        network.prepare(precision)
        self.network = network
        self._known: tuple[Tensor, DainFeatures] | None = None

    def __call__(self, frame0: Tensor, frame1: Tensor, t: float) -> Tensor:
        """The frame at time `t`."""
        before, after = self._features(frame0), self.network.encode(frame1)
        self._known = frame1, after
        motion = self.network.relate(before, after)
        return self.network.synthesise(before, after, motion, t)[0]

    def _features(self, frame: Tensor) -> DainFeatures:
        if self._known is not None and self._known[0] is frame:
            return self._known[1]
        return self.network.encode(frame)


Form = PlainDain | Ours


@dataclass
class Measured:
    """Of one form.

    Attributes:
        seconds: for each pair.
        errors: for each new frame, the difference from the plain form's, of its largest value.
        parts: seconds in each part of the network, over all pairs.
    """

    seconds: list[float] = field(default_factory=list)
    errors: list[Tensor] = field(default_factory=list)
    parts: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def main() -> None:
    """Measure pair by pair and report."""
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    width, height = map(int, arguments.size.split("x"))
    if width % Dain.multiple or height % Dain.multiple:
        raise SystemExit(f"--size must be of multiples of {Dain.multiple}, found {arguments.size}")
    if arguments.pairs < 2:
        raise SystemExit("--pairs must be 2 or more: the first is not counted")
    frames = make_scene(arguments.pairs + 1, height, width)
    forms = make_forms()
    with torch.inference_mode():
        measured = measure(forms, frames, arguments.stages)
    rows = [summary(label, measured[label], measured["plain"]) for label in forms]
    report = {
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "size": arguments.size,
        "pairs": arguments.pairs - 1,
        "threads": arguments.threads,
        "torch": torch.__version__,
        "forms": rows,
    }
    show(report)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", default="448x256", help="in multiples of 64")
    parser.add_argument("--pairs", type=int, default=6, help="the first is not counted")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--stages", action="store_true", help="where the time goes")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


def make_scene(count: int, height: int, width: int) -> list[Tensor]:
    """Frames of a texture of several sizes that slides down and to the right."""
    random = torch.Generator().manual_seed(0)
    texture = torch.zeros(1, 3, height, width)
    for cell in (4, 16, 64):
        coarse = torch.rand(1, 3, height // cell, width // cell, generator=random)
        texture += functional.interpolate(coarse, (height, width), mode="bicubic") / 3
    return [texture.clamp(0, 1).roll((2 * k, 5 * k), (2, 3)) for k in range(count)]


def make_forms() -> dict[str, Form]:
    """What is measured, by its label; all with the same weights."""
    weights = make_weights()

    def network() -> Dain:
        made = Dain().eval()
        made.load_state_dict(weights)
        return made

    return {
        "plain": PlainDain(network()),
        "fp32": Ours(network(), "fp32"),
        "bf16": Ours(network(), "bf16"),
    }


def make_weights() -> dict[str, Tensor]:
    """Random ones under which signals keep their size through the layers."""
    random = torch.Generator().manual_seed(0)
    weights = Dain().state_dict()
    for name, tensor in weights.items():
        if tensor.ndim > 1:
            gain = math.sqrt(1.6 / tensor[0].numel())
            tensor.normal_(0, gain, generator=random)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=random)
        elif name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.02, generator=random)
    return weights


def measure(forms: dict[str, Form], frames: list[Tensor], stages: bool) -> dict[str, Measured]:
    """Every form at every pair, the first pair uncounted."""
    measured = {label: Measured() for label in forms}
    stopwatch = watch(forms) if stages else Stopwatch()
    for index, (frame0, frame1) in enumerate(pairwise(frames)):
        reference: Tensor | None = None
        for label, form in forms.items():
            result = measured[label]
            stopwatch.seconds = result.parts if index else defaultdict(float)
            began = time.perf_counter()
            made = form(frame0, frame1, MIDDLE)
            taken = time.perf_counter() - began
            reference = made if reference is None else reference
            if index:
                result.seconds.append(taken)
                result.errors.append((made - reference).abs() / reference.abs().max())
    return measured


def watch(forms: dict[str, Form]) -> Stopwatch:
    """Time the parts of every form from now on."""
    stopwatch = Stopwatch()
    for form in forms.values():
        for label in LAYERS:
            stopwatch.watch_module(label, form.network.get_submodule(label))
    for label, places in OPS.items():
        for place in places:
            stopwatch.watch_function(label, place)
    return stopwatch


def summary(label: str, measured: Measured, plain: Measured) -> dict[str, Any]:
    """One row of the report."""
    ratios = [a / b for a, b in zip(plain.seconds, measured.seconds, strict=True)]
    errors = torch.stack(measured.errors).flatten()
    parts = {name: total / len(ratios) for name, total in measured.parts.items()}
    if parts:
        parts["the rest"] = statistics.mean(measured.seconds) - sum(parts.values())
    return {
        "form": label,
        "seconds_per_pair": statistics.median(measured.seconds),
        "ratio": statistics.median(ratios),
        "least_ratio": min(ratios),
        # Of the largest value. A flow that differs in its last bit can be splatted to the next
        # pixel: single pixels may differ by far more than the rest.
        "median_error": float(errors.median()),
        "error_995": float(errors.kthvalue(math.ceil(0.995 * errors.numel())).values),
        "parts": parts,
    }


def show(report: dict[str, Any]) -> None:
    """The report as tables."""
    print(
        f"{report['size']}, {report['pairs']} consecutive pairs, {report['threads']} threads, "
        f"{report['cpu']}, torch {report['torch']}"
    )
    rows = report["forms"]
    print(f"{'':8}{'s/pair':>9}{'ratio':>8}{'least':>8}{'median error':>15}{'99.5 %':>10}")
    for row in rows:
        print(
            f"{row['form']:8}{row['seconds_per_pair']:9.3f}{row['ratio']:7.2f}x"
            f"{row['least_ratio']:7.2f}x{row['median_error']:15.1e}{row['error_995']:10.1e}"
        )
    if rows[0]["parts"]:
        show_parts(rows)


def show_parts(rows: list[dict[str, Any]]) -> None:
    """Seconds per pair in each part of the network, and their shares."""
    print(f"\n{'':28}" + "".join(f"{row['form']:>17}" for row in rows))
    parts = [(stage, part) for stage, of_stage in STAGES.items() for part in of_stage]
    for stage, part in [*parts, ("", "the rest")]:
        shares = [(row["parts"][part], sum(row["parts"].values())) for row in rows]
        cells = "".join(f"{seconds:9.3f} s{seconds / total:6.0%}" for seconds, total in shares)
        print(f"{stage:12}{part:16}{cells}")


if __name__ == "__main__":
    main()
