"""Fakes of Google Cloud Storage (JSON API v1) and Google Drive (API v3), as far as we ask them."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-token"
FOLDER = "application/vnd.google-apps.folder"


@dataclass
class Item:
    """An object of a bucket, or a file of a Drive."""

    body: bytes
    name: str
    parent: str = ""
    mime: str = "application/octet-stream"
    trashed: bool = False
    generation: int = 1


@dataclass
class Google:
    """A running fake.

    Attributes:
        port: on the loopback address.
        buckets: objects by name, by bucket.
        drive: files by ID.
        refused: what is answered by 403: ``read``, ``write``, ``delete``.
        failing: how many requests to come are answered by 503.
        spoils: whether uploads arrive damaged.
    """

    port: int = 0
    buckets: dict[str, dict[str, Item]] = field(default_factory=dict)
    drive: dict[str, Item] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    failing: int = 0
    spoils: bool = False
    sessions: dict[str, tuple[dict[str, Any], bytearray]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    given: int = 0

    def put(self, name: str, body: bytes = b"", parent: str = "root", mime: str = "") -> str:
        """A file of the Drive; returns its ID."""
        self.given += 1
        key = f"id{self.given}"
        self.drive[key] = Item(body, name, parent, mime or "application/octet-stream")
        return key

    def put_object(self, bucket: str, name: str, body: bytes) -> None:
        """An object of a bucket."""
        before = self.buckets[bucket].get(name)
        generation = 1 if before is None else before.generation + 1
        self.buckets[bucket][name] = Item(body, name, generation=generation)


@contextmanager
def serve_google() -> Iterator[Google]:
    """Serve until the context ends."""
    google = Google()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True  # cut, as some tests want it

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            google.asked.append(f"{self.command} {self.path}")
            if google.failing:
                google.failing -= 1
                status, answer, headers = 503, {"error": {"message": "busy"}}, {}
            else:
                status, answer, headers = _Request(google, self, body).answer()
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            kind = "application/octet-stream" if isinstance(answer, bytes) else "application/json"
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, *arguments: object) -> None:
            pass

    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *arguments: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), Handler) as listener:
        google.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield google
        finally:
            listener.shutdown()
            thread.join()


_Answer = tuple[int, Any, dict[str, str]]


class _Request:
    def __init__(self, google: Google, handler: Any, body: bytes) -> None:
        self.google, self.method, self.body, self.headers = (
            google,
            handler.command,
            body,
            handler.headers,
        )
        parts = urlsplit(handler.path)
        self.path = [unquote(part) for part in parts.path.strip("/").split("/")]
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}

    def answer(self) -> _Answer:
        if self.path == ["token"]:
            return 200, {"access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer"}, {}
        right = {"GET": "read", "DELETE": "delete"}.get(self.method, "write")
        if right in self.google.refused:
            return _failure(403, "The caller does not have permission")
        if "upload" in self.path[:1]:
            return self._upload()
        if "drive" in self.path:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return _failure(401, "Invalid Credentials")
            return self._drive(self.path[3:])
        return self._storage(self.path[self.path.index("b") + 1 :])

    def _part(self, body: bytes) -> _Answer:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked is None:
            return 200, body, {}
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        return 206, body[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(body)}"}

    def _upload(self) -> _Answer:
        kind = self.query.get("uploadType")
        if "upload_id" in self.query:
            return self._chunk()
        if kind == "multipart":
            mark = re.search(r"boundary=[\"']?([^\"';]+)", self.headers["Content-Type"])
            assert mark is not None
            _, about, content = self.body.split(b"--" + mark[1].encode(), 2)
            content = content.rpartition(b"\n--" + mark[1].encode())[0]
            meta = json.loads(about.split(b"\n\n", 1)[1])
            return self._complete(meta, content.split(b"\n\n", 1)[1])
        meta = {**json.loads(self.body or b"{}"), **self.query}
        if self.path[1] == "storage" and self.path[4] not in self.google.buckets:
            return _failure(404, "The specified bucket does not exist.")
        key = f"session{len(self.google.sessions)}"
        self.google.sessions[key] = ({**meta, "path": self.path}, bytearray())
        host = self.headers["Host"]
        place = f"http://{host}{'/'.join(['', *self.path])}?uploadType=resumable&upload_id={key}"
        return 200, {}, {"Location": place}

    def _chunk(self) -> _Answer:
        meta, data = self.google.sessions[self.query["upload_id"]]
        told = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", self.headers["Content-Range"])
        assert told is not None
        if told[1] is not None:
            del data[int(told[1]) :]
            data += self.body
        if told[2] == "*" or len(data) < int(told[2]):
            reached = {"Range": f"bytes=0-{len(data) - 1}"} if data else {}
            return 308, {}, reached
        self.path = meta["path"]
        return self._complete(meta, bytes(data))

    def _complete(self, meta: dict[str, Any], data: bytes) -> _Answer:
        if self.google.spoils:
            data = data[:-1] + bytes([data[-1] ^ 1])
        if self.path[1] == "drive":
            key = self.google.put(meta["name"], data, meta["parents"][0])
            return 200, {"id": key}, {}
        bucket = self.google.buckets.get(self.path[4])
        if bucket is None:
            return _failure(404, "The specified bucket does not exist.")
        name = meta["name"]
        self.google.put_object(self.path[4], name, data)
        return 200, _object(self.path[4], bucket[name]), {}

    def _storage(self, path: list[str]) -> _Answer:
        bucket = self.google.buckets.get(path[0])
        if bucket is None:
            return _failure(404, "The specified bucket does not exist.")
        if len(path) == 1:
            return 200, {"kind": "storage#bucket", "name": path[0]}, {}
        name = path[2] if len(path) > 2 else None
        if name is None:
            return self._list(path[0], bucket)
        item = bucket.get(name)
        if item is None:
            return _failure(404, "No such object")
        if "rewriteTo" in path:
            copy = Item(item.body, path[-1])
            self.google.buckets[path[5]][copy.name] = copy
            return 200, {"done": True, "resource": _object(path[5], copy)}, {}
        if self.method == "DELETE":
            del bucket[name]
            return 204, b"", {}
        if self.query.get("alt") == "media":
            return self._part(item.body)
        return 200, _object(path[0], item), {}

    def _list(self, bucket: str, items: dict[str, Item]) -> _Answer:
        prefix = self.query.get("prefix", "")
        found = [item for name, item in items.items() if name.startswith(prefix)]
        rests = [(item, item.name[len(prefix) :]) for item in found]
        deep = {f"{prefix}{rest.split('/')[0]}/" for _, rest in rests if "/" in rest}
        here = [_object(bucket, item) for item, rest in rests if "/" not in rest]
        if "delimiter" not in self.query:
            here, deep = [_object(bucket, i) for i in found], set()
        return 200, {"items": here, "prefixes": sorted(deep)}, {}

    def _drive(self, path: list[str]) -> _Answer:
        files = self.google.drive
        if not path:
            parent = re.match(r"'([^']+)' in parents", self.query.get("q", ""))
            if self.method == "POST":
                asked = json.loads(self.body)
                key = self.google.put(asked["name"], b"", asked["parents"][0], asked["mimeType"])
                return 200, _file(key, files[key]), {}
            assert parent is not None
            found = [
                _file(key, item)
                for key, item in files.items()
                if item.parent == parent[1] and not item.trashed
            ]
            return 200, {"files": found}, {}
        item = files.get(path[0])
        if item is None:
            return _failure(404, "File not found")
        if self.method == "DELETE":
            del files[path[0]]
            return 204, b"", {}
        if self.method == "PATCH":
            for name, value in json.loads(self.body).items():
                setattr(item, name, value)
        if self.query.get("alt") == "media":
            return self._part(item.body)
        return 200, _file(path[0], item), {}


def _failure(status: int, message: str) -> _Answer:
    return status, {"error": {"code": status, "message": message}}, {}


def _object(bucket: str, item: Item) -> dict[str, Any]:
    return {
        "kind": "storage#object",
        "bucket": bucket,
        "name": item.name,
        "size": str(len(item.body)),
        "generation": str(item.generation),
        "md5Hash": base64.b64encode(hashlib.md5(item.body).digest()).decode(),
    }


def _file(key: str, item: Item) -> dict[str, Any]:
    told = {"id": key, "name": item.name, "mimeType": item.mime, "trashed": item.trashed}
    if not item.mime.startswith("application/vnd.google-apps"):
        told |= {"size": str(len(item.body)), "md5Checksum": hashlib.md5(item.body).hexdigest()}
    return told
