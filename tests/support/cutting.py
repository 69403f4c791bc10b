"""A stretch of network on the loopback address that can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Line:
    """A line to a server.

    Attributes:
        port: on the loopback address, instead of the server's.
        cuts: for each cut still to come, the bytes from the server after which it comes.
        sent_cuts: likewise, the bytes to the server.
        seen: bytes that have come from the server.
        broken: how many connections were cut.
    """

    port: int
    cuts: list[int] = field(default_factory=list)
    sent_cuts: list[int] = field(default_factory=list)
    seen: int = 0
    broken: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_cut(self, counts: list[int], size: int) -> bool:
        """Count bytes that pass, and whether the line is cut now."""
        with self.lock:
            if not counts:
                return False
            counts[0] -= size
            if counts[0] > 0:
                return False
            counts.pop(0)
            self.broken += 1
            return True


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """A line to a server on the loopback address, until the context ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = Line(listener.getsockname()[1])
        closing = threading.Event()
        threads = [threading.Thread(target=_accept, args=(listener, line, port, closing))]
        threads[0].start()
        try:
            yield line
        finally:
            closing.set()
            threads[0].join()


def _accept(listener: socket.socket, line: Line, port: int, closing: threading.Event) -> None:
    listener.settimeout(0.05)
    while not closing.is_set():
        with contextlib.suppress(TimeoutError):
            near, _ = listener.accept()
            try:
                far = socket.create_connection(("127.0.0.1", port))
            except OSError:
                near.close()
                continue
            for end in (near, far):  # small requests are not held back for larger ones
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target, counts in (
                (far, near, line.cuts),
                (near, far, line.sent_cuts),
            ):
                threading.Thread(
                    target=_pump, args=(source, target, counts, line), daemon=True
                ).start()


def _pump(source: socket.socket, target: socket.socket, counts: list[int], line: Line) -> None:
    with contextlib.suppress(OSError):
        while block := source.recv(1 << 14):
            if counts is line.cuts:
                line.seen += len(block)
            if line.is_cut(counts, len(block)):
                break
            target.sendall(block)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
