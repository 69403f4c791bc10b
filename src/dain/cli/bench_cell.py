"""One measurement of ``dain bench``, in a process of its own, so that peak memory is its own.

``python -m dain.cli.bench_cell`` reads a `Request` as JSON from its only argument and prints a
`Result` as JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import traceback
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from dain.errors import DainError, DainWarning
from dain.settings import Precision

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from dain.engine import Interpolator

_STEP = 4  # pixels that the scene moves from one frame to the next
_BLOCK = 8  # pixels across a patch of its texture


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure.

    Attributes:
        model: name of the network.
        width: of the frames.
        height: of the frames.
        precision: arithmetic of the learned layers.
        device: to run on.
        tile_size: as the engine takes it.
        memory: as the engine takes it.
        weights: a file of weights; None where the model takes none.
        seconds: to go on measuring; one frame is always made.
    """

    model: str
    width: int
    height: int
    precision: str
    device: str
    tile_size: int | Literal["auto"]
    memory: int | None
    weights: str | None
    seconds: float

    @property
    def pixels(self) -> int:
        """Of a frame."""
        return self.width * self.height

    @property
    def title(self) -> str:
        """What is measured, in a few words."""
        return f"{self.model} {self.width}x{self.height} {self.precision}"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured.

    Attributes:
        seconds_per_frame: median over consecutive pairs, one new frame in each.
        frames: how many were timed.
        peak_memory_bytes: of the process, Python and libraries included; None where the system
            does not tell.
        peak_device_memory_bytes: that PyTorch allocated on a CUDA device; None elsewhere.
        precision: in which it ran.
        device: on which it ran.
        tile: side of the pieces in which frames were made; None for whole frames.
        warnings: what the engine had to say.
    """

    seconds_per_frame: float
    frames: int
    peak_memory_bytes: int | None
    peak_device_memory_bytes: int | None
    precision: str
    device: str
    tile: int | None
    warnings: list[str]


def measure(request: Request) -> Result:
    """Load the network and make frames with it."""
    import torch

    from dain.engine import Interpolator

    interpolator = Interpolator(
        model=request.model,
        device=request.device,
        precision=cast(Precision, request.precision),
        weights=request.weights,
        tile_size=request.tile_size,
        memory=request.memory,
    )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", DainWarning)
        taken = time_frames(interpolator, request.width, request.height, seconds=request.seconds)
    is_cuda = interpolator.device.startswith("cuda")
    from dain.jobs.peak_memory import peak_memory  # only now: what it brings is not measured

    return Result(
        seconds_per_frame=statistics.median(taken),
        frames=len(taken),
        peak_memory_bytes=peak_memory(),
        peak_device_memory_bytes=torch.cuda.max_memory_allocated() if is_cuda else None,
        precision=interpolator.precision,
        device=interpolator.device,
        tile=interpolator.tile,
        warnings=[str(each.message) for each in heard if issubclass(each.category, DainWarning)],
    )


def time_frames(
    interpolator: Interpolator, width: int, height: int, *, seconds: float
) -> list[float]:
    """Seconds for each new frame between consecutive frames of a moving scene.

    Args:
        interpolator: makes them.
        width: of the frames.
        height: of the frames.
        seconds: to go on; one frame is always timed, after one that is not.
    """
    texture = make_texture(width, height)
    before, after = frame_of(texture, 0), frame_of(texture, 1)
    interpolator.between(before, after)  # compiles kernels, and gets the frame before known
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while not taken or time.perf_counter() < end:
        before, after = after, frame_of(texture, len(taken) + 2)
        began = time.perf_counter()
        interpolator.between(before, after)
        taken.append(time.perf_counter() - began)
    return taken


def make_texture(width: int, height: int) -> npt.NDArray[np.uint8]:
    """``(H, W, 3)``: soft waves under random patches, that repeats beyond its edges."""
    import numpy as np

    random = np.random.default_rng(0)
    patches = random.integers(-60, 61, (-(-height // _BLOCK), -(-width // _BLOCK), 3))
    patches = patches.repeat(_BLOCK, 0).repeat(_BLOCK, 1)[:height, :width]
    y, x = np.mgrid[0:height, 0:width]
    waves = 64 * np.sin(2 * np.pi * np.stack([x / width, y / height, (x + y) / width], -1))
    return (127 + waves + patches).clip(0, 255).astype(np.uint8)


def frame_of(texture: npt.NDArray[np.uint8], index: int) -> npt.NDArray[np.uint8]:
    """The texture, moved on to the right and half as far down."""
    import numpy as np

    return np.roll(texture, (index * _STEP // 2, index * _STEP), (0, 1))


def main() -> int:
    """Measure as the argument says; a failure is told in place of the result."""
    # As the command does, which is not always what started this.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    request = Request(**json.loads(sys.argv[1]))
    answer: dict[str, Any]
    try:
        answer = asdict(measure(request))
    except DainError as error:
        answer = {"error": str(error), "exit_code": error.exit_code}
    except Exception as error:  # noqa: BLE001 - whatever it is, the table goes on
        from dain.engine.memory import is_out_of_memory

        traceback.print_exc()
        text = " ".join(f"{type(error).__name__}: {error}".split())
        answer = {"error": "out of memory" if is_out_of_memory(error) else text, "exit_code": 1}
    print(json.dumps(answer))
    return int(answer.get("exit_code", 0))


if __name__ == "__main__":
    sys.exit(main())
