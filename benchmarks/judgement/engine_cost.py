"""What the engine's judgement adds to each new frame, beside the network that makes it.

Between two pictures of smooth noise, moved by a few pixels, without grain and with. In each
round every part runs once, in turn, in one process and on one thread, so that a busy machine
slows all alike; the least processor time of all rounds counts.

    python -m benchmarks.judgement.engine_cost [--sizes 640x480 854x480] [--rounds 15]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

import dain
from dain.engine.doubt import doubt_of_frame, fall_back, fallback_share
from dain.engine.sharpness import describe, even_sharpness
from dain.networks import certainty

Part = Callable[[], object]

_MOVED = 6  # pixels
_GRAIN = 4 / 255
_COARSE = 8  # pixels, of the noise: flow can follow it


def main() -> None:
    """Print milliseconds of each part, and their ratio to the network's, for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["640x480", "854x480"])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for size in arguments.sizes:
        width, height = (int(side) for side in size.split("x"))
        with torch.inference_mode():
            least = measured(parts_of(height, width), arguments.rounds)
        print(size)
        for name, seconds in least.items():
            print(f"  {name:24}{1000 * seconds:8.2f} ms {seconds / least['network']:8.2%}")


def measured(parts: dict[str, Part], rounds: int) -> dict[str, float]:
    """The least processor time of each part, in seconds."""
    least = dict.fromkeys(parts, float("inf"))
    for _ in range(rounds):
        for name, part in parts.items():
            began = time.process_time()
            part()
            least[name] = min(least[name], time.process_time() - began)
    return least


def parts_of(height: int, width: int) -> dict[str, Part]:
    """What is timed: the network for a new frame, and for a pair; then what is added to either."""
    network = dain.load_network("dain-lite")
    network.prepare("fp32")
    clean, grainy = (pictures(height, width, level) for level in (0.0, _GRAIN))
    features = [network.encode(picture) for picture in clean]
    motion = network.relate(*features)
    made = network.synthesise(*features, motion, 0.5)
    soft = network.synthesise(*map(network.encode, grainy), motion, 0.5).frame
    plain = [describe(picture, seed) for seed, picture in enumerate(clean)]
    grain = [describe(picture, seed) for seed, picture in enumerate(grainy)]
    if not grain[0].maps[:, 3:6].any() or plain[0].maps[:, 3:6].any():
        raise SystemExit("grain is found where there is none, or not where there is some")

    def tell() -> float:
        apart = certainty.difference_in_cells(*clean)
        trust = certainty.sketch(clean[0][:, :1])
        return doubt_of_frame(certainty.certainty_of(made.frame, made.blended, apart, trust))

    def fall(sure: Tensor) -> Tensor:
        share = fallback_share(sure, *clean, "blend")
        return fall_back(made.frame, clean, 0.5, share, "blend")

    sure, unsure = (torch.full_like(made.certainty, level) for level in (0.9, 0.1))
    return {
        "network": lambda: network.synthesise(*features, motion, 0.5),
        "network, a pair": lambda: network.relate(network.encode(clean[0]), features[1]),
        "certainty": tell,
        "fallback, none needed": lambda: fall(sure),
        "fallback": lambda: fall(unsure),
        "sharpness": lambda: even_sharpness(made.frame, plain[0], plain[1], motion, 0.5),
        "sharpness with grain": lambda: even_sharpness(soft, grain[0], grain[1], motion, 0.5),
        "describe, a source frame": lambda: describe(clean[0], 0),
        "describe grain": lambda: describe(grainy[0], 0),
    }


def pictures(height: int, width: int, level: float) -> tuple[Tensor, Tensor]:
    """Two pictures, the second moved along, each with grain of its own."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(1, 3, height // _COARSE, width // _COARSE, generator=generator)
    smooth = functional.interpolate(noise, (height, width), mode="bicubic").mul(0.6).add(0.2)
    first, second = (
        (picture + level * torch.randn(1, 1, height, width, generator=generator)).clamp(0, 1)
        for picture in (smooth, smooth.roll(_MOVED, 3))
    )
    return first, second


if __name__ == "__main__":
    main()
