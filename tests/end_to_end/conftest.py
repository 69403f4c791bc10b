"""Running the command line as a person does, and looking at what it made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dain.cli.main import main
from dain.media import Frame, open_reader


@dataclass
class Outcome:
    """What a command did: exit code, standard output and the lines of standard error."""

    code: int
    out: str
    lines: list[str]

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, which must be one JSON object and nothing else."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        return [line for line in self.lines if line.startswith("dain: error: ")]

    @property
    def warnings(self) -> list[str]:
        return [line for line in self.lines if line.startswith("dain: warning: ")]


@pytest.fixture
def dain(capfd) -> Callable[..., Outcome]:
    """Run one ``dain`` command in this process."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err.splitlines())

    return run


@pytest.fixture
def refuses(dain, tmp_path) -> Callable[..., str]:
    """Run a command that must be refused: exit code 2, one line, and the folder as it was."""

    def run(*arguments: object) -> str:
        before = contents(tmp_path)
        outcome = dain(*arguments)
        assert outcome.code == 2
        assert outcome.out == ""
        assert len(outcome.lines) == 1, outcome.lines
        assert outcome.errors == outcome.lines
        assert contents(tmp_path) == before
        return outcome.lines[0]

    return run


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every path below a folder, with the bytes of files."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def read(path: Path) -> list[Frame]:
    with open_reader(path) as reader:
        return list(reader.frames())


def end_of_video(path: Path) -> Fraction:
    """When the last frame of an MP4 file ends, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.duration * stream.time_base


def tone_onset(path: Path, threshold: float = 0.05) -> Fraction:
    """When the sound starts, in seconds on the container's clock."""
    import numpy as np

    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float)).max(axis=0) > threshold
            if loud.any():
                return frame.pts * frame.time_base + Fraction(int(loud.argmax()), frame.sample_rate)
    raise AssertionError("no sound")
