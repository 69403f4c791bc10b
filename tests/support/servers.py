"""A web server on the loopback address that fails in the ways that real ones do."""

from __future__ import annotations

import http.server
import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """What one request gets.

    Attributes:
        body: the whole file.
        status: if it is not to be 200, or 206 for a part.
        ranges: whether parts can be asked for.
        tag: the file's ETag; None for none.
        modified: its Last-Modified; None for none.
        cut_after: bytes of the answer after which the connection breaks.
        reset: break it by a reset instead of an end.
        silent_after: bytes of the answer after which nothing more comes.
        length: what Content-Length says, if it is not the truth; 0 for no such header.
        careless: whether it gives parts of a file that has changed.
        shift: bytes by which a part begins too late.
        location: where it redirects to.
        headers: further ones.
    """

    body: bytes = b""
    status: int | None = None
    ranges: bool = True
    tag: str | None = '"one"'
    modified: str | None = None
    cut_after: int | None = None
    reset: bool = False
    silent_after: int | None = None
    length: int | None = None
    careless: bool = False
    shift: int = 0
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Server:
    """A running server.

    Attributes:
        url: of its root, ending in a slash.
        answers: by path; the first of several is given once, the last for ever.
        asked: path and headers of every request so far.
    """

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def give(self, name: str, *answers: Answer) -> str:
        """Set what a name gets; returns its address."""
        self.answers[name] = list(answers)
        return self.url + name

    def asked_ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.asked]


@contextmanager
def serve() -> Iterator[Server]:
    """Serve until the context ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server)

        def log_message(self, *arguments: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments: object) -> None:
            pass  # the client went away, as some tests want it to

    with Quiet(("127.0.0.1", 0), Handler) as listener:
        server = Server(f"http://127.0.0.1:{listener.server_address[1]}/")
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            listener.shutdown()
            thread.join()


def _answer(handler: http.server.BaseHTTPRequestHandler, server: Server) -> None:
    headers = dict(handler.headers.items())
    server.asked.append((handler.path, headers))
    answers = server.answers.get(handler.path.lstrip("/"), [Answer(status=404)])
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    start = _asked_start(answer, headers)
    if start is not None and start >= len(answer.body):
        answer, start = Answer(status=416), None
    if not answer.status and _is_known(answer, headers):
        answer = Answer(status=304)
    status = answer.status or (200 if start is None else 206)
    body = answer.body[(start or 0) + (answer.shift if start is not None else 0) :]
    handler.send_response(status)
    if start is not None:
        first = start + answer.shift
        size = len(answer.body)
        handler.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
    for name, value in (
        ("ETag", answer.tag),
        ("Last-Modified", answer.modified),
        ("Location", answer.location),
        *answer.headers.items(),
    ):
        if value is not None:
            handler.send_header(name, value)
    if answer.length != 0:
        length = len(body) if answer.length is None else answer.length
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    _send(handler, answer, body, server)


def _is_known(answer: Answer, headers: dict[str, str]) -> bool:
    """Whether who asks has this version already."""
    asked = headers.get("If-None-Match"), headers.get("If-Modified-Since")
    return asked != (None, None) and asked in ((answer.tag, None), (None, answer.modified))


def _asked_start(answer: Answer, headers: dict[str, str]) -> int | None:
    asked = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))
    versions = (answer.tag, answer.modified)
    if (
        answer.status
        or asked is None
        or not answer.ranges
        or not (answer.careless or headers.get("If-Range") in versions)
    ):
        return None
    return int(asked[1])


def _send(
    handler: http.server.BaseHTTPRequestHandler, answer: Answer, body: bytes, server: Server
) -> None:
    until = min(
        length
        for length in (len(body), answer.cut_after, answer.silent_after)
        if length is not None
    )
    handler.wfile.write(body[:until])
    handler.wfile.flush()
    if answer.silent_after is not None:
        server.closing.wait()
    if answer.reset:
        # Closing without lingering sends a reset; what was sent has to arrive first.
        server.closing.wait(0.2)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
