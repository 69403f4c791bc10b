"""Standard input and output as pipes of bytes: ``-`` on the command line.

Waiting for the other side happens in short steps, so that a run can end while a producer is
idle or a player is paused.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import threading
from pathlib import Path

from dain.errors import PipeClosedError

PIPE = Path("-")
STDIN, STDOUT = 0, 1

_WAIT_SECONDS = 0.2
_PIECE = 1 << 20


def is_pipe(path: Path) -> bool:
    """Whether a name stands for standard input or output."""
    return path == PIPE


class Interrupted(OSError):  # noqa: N818 - what stops the caller, which knows why
    """The run is over: nobody waits for these bytes any more."""


class PipeInput:
    """Bytes from a descriptor, as they come.

    Args:
        descriptor: to read from.

    Attributes:
        count: of bytes that were read so far.
        ended: there are no more.
    """

    def __init__(self, descriptor: int = STDIN) -> None:
        self._descriptor = descriptor
        self._stop = threading.Event()
        self._is_waitable = _is_pipe_or_socket(descriptor)
        self.count = 0
        self.ended = False
        _set_binary(descriptor)

    def read(self, size: int) -> bytes:
        """At least one byte, at most `size`; empty at the end.

        Raises:
            Interrupted: `interrupt` was called.
            OSError: the system refused.
        """
        while self._is_waitable and not select.select([self._descriptor], [], [], _WAIT_SECONDS)[0]:
            self._check()
        self._check()
        data = os.read(self._descriptor, min(size, _PIECE))
        self.count += len(data)
        self.ended = not data
        return data

    def interrupt(self) -> None:
        """Let a read that waits end, from any thread."""
        self._stop.set()

    def _check(self) -> None:
        if self._stop.is_set():
            raise Interrupted("interrupted")


class PipeOutput:
    """Bytes to a descriptor, each call passed on at once.

    Args:
        descriptor: to write to.
    """

    def __init__(self, descriptor: int = STDOUT) -> None:
        self._descriptor = descriptor
        self._stop = threading.Event()
        self._is_waitable = _is_pipe_or_socket(descriptor)
        _set_binary(descriptor)

    def write(self, data: bytes | memoryview) -> None:
        """Write all of it.

        Raises:
            Interrupted: `interrupt` was called.
            PipeClosedError: the reader has gone.
            OSError: the system refused otherwise.
        """
        left = memoryview(data).cast("B")
        try:
            while left:
                left = left[os.write(self._descriptor, left[: self._room()]) :]
        except OSError as error:
            if is_reader_gone(error):
                raise PipeClosedError("the reader of standard output has gone") from error
            raise

    def interrupt(self) -> None:
        """Let a write that waits end, from any thread."""
        self._stop.set()

    def _room(self) -> int:
        """How many bytes can be written without waiting; waits until there are some."""
        while self._is_waitable:
            if self._stop.is_set():
                raise Interrupted("interrupted")
            if select.select([], [self._descriptor], [], _WAIT_SECONDS)[1]:
                return select.PIPE_BUF
        return _PIECE


def is_reader_gone(error: OSError) -> bool:
    """Whether a write failed because nobody reads any more."""
    # Windows knows no broken pipes: it calls the argument invalid.
    gone = (errno.EPIPE, errno.ESHUTDOWN, *((errno.EINVAL,) if sys.platform == "win32" else ()))
    return isinstance(error, BrokenPipeError) or error.errno in gone


def _is_pipe_or_socket(descriptor: int) -> bool:
    """Whether `select` can wait for it; on Windows it knows sockets alone."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _set_binary(descriptor: int) -> None:
    """Keep Windows from changing line ends."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(descriptor, os.O_BINARY)
