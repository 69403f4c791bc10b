"""Y4M streams, and a run between two pipes in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]

# The command line without its network: its own entry point, with an engine that blends.
_SCRIPT = """
import sys
from dain.cli import main
from dain.jobs import run
from tests.support.engines import BlendEngine
run.make_interpolator = lambda *settings: BlendEngine()
sys.argv = ["dain", "interpolate", *sys.argv[1:]]
main.run()
"""

SIZE = (16, 12)


def y4m(
    count: int,
    size: tuple[int, int] = SIZE,
    header: str = "F30000:1001 Ip A4:3 C444",
    samples: float = 3,
    width_of_sample: int = 1,
) -> bytes:
    """A stream of distinct even frames.

    Args:
        count: of frames.
        size: width and height.
        header: what follows the size in the first line.
        samples: in a frame, for each pixel.
        width_of_sample: in bytes.
    """
    line = f"YUV4MPEG2 W{size[0]} H{size[1]} {header}\n".encode()
    length = int(size[0] * size[1] * samples)
    kind = np.uint8 if width_of_sample == 1 else np.dtype("<u2")
    bodies = (np.full(length, 60 + 10 * (k % 12), kind).tobytes() for k in range(count))
    return line + b"".join(b"FRAME\n" + body for body in bodies)


@dataclass
class Stream:
    """A Y4M stream, taken apart."""

    header: str
    frames: list[bytes]

    @property
    def rate(self) -> Fraction:
        word = next(word for word in self.header.split() if word[0] == "F")
        return Fraction(word[1:].replace(":", "/"))


def parse(data: bytes, frame_bytes: int) -> Stream:
    """Take a stream apart; it must hold whole frames and nothing else."""
    line, _, rest = data.partition(b"\n")
    step = len(b"FRAME\n") + frame_bytes
    assert len(rest) % step == 0, (line, len(rest), step)
    pieces = [rest[at : at + step] for at in range(0, len(rest), step)]
    assert all(piece.startswith(b"FRAME\n") for piece in pieces)
    return Stream(line.decode(), [piece[6:] for piece in pieces])


def start(*arguments: object) -> subprocess.Popen[bytes]:
    """``dain interpolate`` with pipes at all three ends."""
    paths = [str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
    )
