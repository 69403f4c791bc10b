"""Running `dain` commands in a process that can be given up: one that hangs or dies is replaced."""

from __future__ import annotations

import contextlib
import faulthandler
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

HUNG, DIED = "hung", "died"


@dataclass
class Outcome:
    """What a command did.

    Attributes:
        code: exit code; `HUNG` if it was given up, `DIED` if its process ended.
        out: standard output.
        lines: of standard error, FFmpeg's own included.
        seconds: that it took.
    """

    code: int | str
    out: str = ""
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def said(self, kind: str) -> list[str]:
        """Lines of a kind, `error` or `warning`, without their beginning."""
        start = f"dain: {kind}: "
        return [line.removeprefix(start) for line in self.lines if line.startswith(start)]


def run_here(arguments: Sequence[str]) -> Outcome:
    """Run one command in this process."""
    from dain.cli.main import main

    started = time.monotonic()
    with caught() as texts:
        code = main(list(arguments))
    return Outcome(code, texts[0], texts[1].splitlines(), time.monotonic() - started)


class Worker:
    """A process that runs commands one by one, and is replaced when it does not answer.

    Args:
        blend: blend frames instead of running a network, where that is not the point.
    """

    def __init__(self, blend: bool = False) -> None:
        self._blend = blend
        self._process: Any = None
        self._pipe: Connection | None = None

    def run(self, arguments: Sequence[str], timeout: float) -> Outcome:
        """Run one command, for so many seconds at most."""
        if self._process is None:
            self._start()
        assert self._pipe is not None
        started = time.monotonic()
        self._pipe.send((list(arguments), timeout))
        try:
            if self._pipe.poll(timeout):
                outcome: Outcome = self._pipe.recv()
                return outcome
            code = HUNG
        except EOFError:
            code = f"{DIED} ({self._process.exitcode})"
        self.close()
        return Outcome(code, seconds=time.monotonic() - started)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._blend), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()  # ready: what it imported is not held against the first command

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process, self._pipe = None, None

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def blend_frames() -> None:
    """Let every later run of this process blend instead of loading a network."""
    from tests.support.engines import BlendEngine

    import dain.engine

    dain.engine.Interpolator = lambda **settings: BlendEngine()  # type: ignore[assignment, misc]


def _serve(pipe: Connection, blend: bool) -> None:
    import dain.api
    import dain.engine  # noqa: F401 - imported before the first command's time counts

    if blend:
        blend_frames()

    stderr = os.fdopen(os.dup(2), "w")  # where a command's own does not go
    pipe.send("ready")
    with contextlib.suppress(EOFError):
        while True:
            arguments, timeout = pipe.recv()
            faulthandler.dump_traceback_later(0.9 * timeout, file=stderr)
            outcome = run_here(arguments)
            faulthandler.cancel_dump_traceback_later()
            pipe.send(outcome)


@contextlib.contextmanager
def caught() -> Iterator[list[str]]:
    """Standard output and error of this process, FFmpeg's included, as text once it is over."""
    texts = ["", ""]
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            with (
                os.fdopen(os.dup(1), "w") as stdout,
                os.fdopen(os.dup(2), "w") as stderr,
                contextlib.redirect_stdout(stdout),
                contextlib.redirect_stderr(stderr),
            ):
                yield texts
        finally:
            for number, old in zip((1, 2), kept, strict=True):
                os.dup2(old, number)
                os.close(old)
            for index, file in enumerate((out, err)):
                file.seek(0)
                texts[index] = file.read().decode(errors="replace")
