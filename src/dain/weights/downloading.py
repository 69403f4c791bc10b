"""One file over HTTP, into a partial file that a later attempt continues.

With `urllib` of the standard library: one file from one server needs neither connection pools
nor HTTP/2, and it honours the proxies and certificates that the environment names. Beside the
partial file lies a note of where it came from and which version of the file it was, so that
pieces of two versions are never joined.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dain._version import __version__
from dain.errors import OptionError
from dain.weights.store import disk_errors

if TYPE_CHECKING:
    from http.client import HTTPResponse

OnDownload = Callable[[int, int | None], None]  # bytes so far, and of how many if that is known

LARGEST_DOWNLOAD = 1 << 30  # a checkpoint of one network is a tenth of this
_BLOCK = 1 << 16
_TRY_AGAIN = (408, 425, 429)  # of the client's errors, those that pass


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        timeout: seconds that it may stay silent.
        pauses: seconds before each new attempt, when one after the other brings nothing.
    """

    timeout: float = 30.0
    pauses: tuple[float, ...] = (1.0, 3.0, 9.0)


class DownloadError(Exception):
    """An address does not give the file; asking again would not help."""


class _CutError(Exception):
    """The transfer broke off; asking again may help."""


class PartialFile:
    """A file that grows, and the note of where it comes from.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def version_from(self, url: str) -> str | None:
        """Which version of the file at `url` was begun; None if it cannot be continued."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            version = note["version"] if note["url"] == url and self.size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return version if isinstance(version, str) else None

    def begin(self, url: str, version: str | None, start: int) -> None:
        """Note where what follows comes from; from `start` 0 on, nothing is kept."""
        if start == 0:  # before the note, which must not speak of bytes from elsewhere
            self.discard()
        with disk_errors(self._note):
            self._note.write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")

    def discard(self) -> None:
        """Remove both."""
        for path in (self.path, self._note):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def check_address(url: str) -> None:
    """Refuse an address that is not on the web.

    Raises:
        OptionError: it is malformed or of another scheme.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise OptionError(
            f"expected an address that begins with https:// or http://, found {url!r}; a file "
            "that is here already is for dain models import"
        )


def download(
    url: str, partial: PartialFile, patience: Patience, on_progress: OnDownload | None = None
) -> None:
    """Download a file, continuing what is there of it; redirects are followed.

    Args:
        url: ``http`` or ``https``.
        partial: grows, and is kept when this fails.
        patience: an attempt that brought something new does not count against it.
        on_progress: called for every piece.

    Raises:
        DownloadError: the address does not give the file.
        OutputError: the partial file cannot be written.
        RunError: the disk is full.
    """
    most, in_vain = partial.size, 0
    while True:
        try:
            return _attempt(url, partial, patience.timeout, on_progress)
        except _CutError as error:
            size = partial.size
            in_vain = 0 if size > most else in_vain + 1
            most = max(most, size)
            if in_vain > len(patience.pauses):
                raise DownloadError(str(error)) from error
        time.sleep(patience.pauses[max(in_vain - 1, 0)] if patience.pauses else 0)


def _attempt(
    url: str, partial: PartialFile, timeout: float, on_progress: OnDownload | None
) -> None:
    version, asked_from = partial.version_from(url), partial.size
    headers = {"User-Agent": f"dain/{__version__}", "Accept-Encoding": "identity"}
    if version is not None:
        headers |= {"Range": f"bytes={asked_from}-", "If-Range": version}
    with _open(urllib.request.Request(url, headers=headers), timeout, partial) as response:
        start, found = 0, _version_of(response)
        if response.status == http.client.PARTIAL_CONTENT:
            start = asked_from
            if _first_byte(response) != start or found not in (None, version):
                partial.discard()
                raise _CutError("the server sent another part than the one it was asked for")
            found = version
        # An answer in full means that the server knows no ranges, or that the file has changed.
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        partial.begin(url, found, start)
        done = _append(response, partial, start, total, on_progress)
    if total is not None and done < total:
        raise _CutError(f"the connection was cut after {done} of {total} bytes")


def _append(
    response: HTTPResponse,
    partial: PartialFile,
    start: int,
    total: int | None,
    on_progress: OnDownload | None,
) -> int:
    done = start
    with disk_errors(partial.path), partial.path.open("ab" if start else "wb") as file:
        for block in _blocks(response):
            file.write(block)
            done += len(block)
            if done > LARGEST_DOWNLOAD:
                break
            if on_progress is not None:
                on_progress(done, total)
    if done > LARGEST_DOWNLOAD:
        partial.discard()
        raise DownloadError(f"the server sends more than {LARGEST_DOWNLOAD} bytes")
    return done


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            block = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _CutError(f"the connection was cut: {_reason(error)}") from error
        if not block:
            return
        yield block


def _first_byte(response: HTTPResponse) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _version_of(response: HTTPResponse) -> str | None:
    """What tells whether the file is the same next time; a weak tag does not."""
    tag = response.headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")


@contextlib.contextmanager
def _open(
    request: urllib.request.Request, timeout: float, partial: PartialFile
) -> Iterator[HTTPResponse]:
    try:
        response = _opener().open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.discard()
            raise _CutError("the partial file is not part of the server's any more") from error
        passing = error.code >= 500 or error.code in _TRY_AGAIN
        kind = _CutError if passing else DownloadError
        raise kind(f"the server answered {error.code} {error.reason}".strip()) from error
    except urllib.error.URLError as error:
        passing = isinstance(error.reason, (TimeoutError, ConnectionResetError))
        kind = _CutError if passing else DownloadError
        raise kind(_reason(error.reason)) from error
    except ValueError as error:  # `http.client.InvalidURL` is one
        raise DownloadError(f"malformed address: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(_reason(error)) from error
    with response:
        yield response


def _opener() -> urllib.request.OpenerDirector:
    """As urllib's own, without the handlers of files, FTP and data in addresses."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: Any) -> str:
    """Why a connection failed, in words."""
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection was cut"
    if isinstance(error, socket.gaierror):
        return "no such server, or no network"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate cannot be trusted: {error.verify_message}"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.lower().split())
