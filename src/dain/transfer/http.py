"""One file over HTTP, into a partial file that a later attempt continues.

With `urllib` of the standard library: one file from one server needs neither connection pools
nor HTTP/2, and it honours the proxies and certificates that the environment names.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import re
import socket
import ssl
import string
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from dain._version import __version__
from dain.errors import reason_of
from dain.transfer.digests import from_base64
from dain.transfer.disk import check_space, disk_errors
from dain.transfer.partial import (
    CutError,
    DownloadError,
    OnTransfer,
    Origin,
    PartialFile,
    Patience,
    persist,
)

if TYPE_CHECKING:
    from http.client import HTTPResponse

_BLOCK = 1 << 16
_TRY_AGAIN = (408, 425, 429)  # of the client's errors, those that pass

# Checksums of the whole file as headers name them (RFC 9530 and RFC 3230), the surest first.
_DIGESTS = (("sha-512", "sha512"), ("sha-256", "sha256"), ("sha", "sha1"), ("md5", "md5"))


def download(
    url: str,
    partial: PartialFile,
    patience: Patience,
    on_progress: OnTransfer | None = None,
    largest: int | None = None,
) -> None:
    """Download a file, continuing what is there of it; redirects are followed.

    Args:
        url: ``http`` or ``https``; a name and password in it are sent to that server only.
        partial: grows, and is kept when this fails.
        patience: an attempt that brought something new does not count against it.
        on_progress: called for every piece.
        largest: bytes that are taken at most.

    Raises:
        DownloadError: the address does not give the file.
        OutputError: the partial file cannot be written.
        RunError: the disk is full, or cannot hold what the server announces.
    """
    persist(
        lambda: _attempt(url, partial, patience.timeout, on_progress, largest),
        patience,
        lambda: partial.size,
    )


def is_unchanged(url: str, version: str, timeout: float) -> bool:
    """Whether a server says that a file is still that version; False when it does not answer."""
    condition = "If-None-Match" if version.startswith('"') else "If-Modified-Since"
    try:
        with _opener().open(_request(url, {condition: version}), timeout=timeout):
            return False
    except urllib.error.HTTPError as error:
        error.close()
        return error.code == http.client.NOT_MODIFIED
    except (OSError, ValueError, http.client.HTTPException):
        return False


def _attempt(
    url: str,
    partial: PartialFile,
    timeout: float,
    on_progress: OnTransfer | None,
    largest: int | None,
) -> None:
    version, asked_from = partial.version_from(url), partial.size
    ranged = {} if version is None else {"Range": f"bytes={asked_from}-", "If-Range": version}
    with _open(url, ranged, timeout, partial) as response:
        start, found, digest = 0, _version_of(response), _digest_of(response)
        if response.status == http.client.PARTIAL_CONTENT:
            start = asked_from
            if _first_byte(response) != start or found not in (None, version):
                partial.discard()
                raise CutError("the server sent another part than the one it was asked for")
            found, noted = version, partial.origin(url)
            digest = digest or (noted.digest if noted is not None else None)
        # An answer in full means that the server knows no ranges, or that the file has changed.
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        partial.begin(url, Origin(found, total, digest), start)
        if total is not None:
            check_space(partial.path.parent, total - start, partial.folder_variable)
        done = _append(response, partial, start, total, on_progress, largest)
    if total is not None and done < total:
        raise CutError(f"the connection was cut after {done} of {total} bytes")


def _append(
    response: HTTPResponse,
    partial: PartialFile,
    start: int,
    total: int | None,
    on_progress: OnTransfer | None,
    largest: int | None,
) -> int:
    done = start
    is_too_large = False
    noted = disk_errors(partial.path, partial.folder_variable)
    with noted, partial.path.open("ab" if start else "wb") as file:
        for block in _blocks(response):
            file.write(block)
            done += len(block)
            is_too_large = largest is not None and done > largest
            if is_too_large:
                break
            if on_progress is not None:
                on_progress(done, total)
    if is_too_large:
        partial.discard()
        raise DownloadError(f"the server sends more than {largest} bytes")
    return done


def _blocks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            block = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise CutError(f"the connection was cut: {_reason(error)}") from error
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


def _digest_of(response: HTTPResponse) -> str | None:
    """The checksum of the whole file, if a header tells one."""
    told = response.headers.get("Repr-Digest", "") + "," + response.headers.get("Digest", "")
    for name, algorithm in _DIGESTS:
        found = re.search(rf"(?:^|,)\s*{name}=:?([A-Za-z0-9+/=]+):?", told, re.IGNORECASE)
        if found is not None:
            return from_base64(algorithm, found[1])
    whole = response.status == http.client.OK  # of a part, it is the sum of the part
    sum_of_content = response.headers.get("Content-MD5") if whole else None
    return from_base64("md5", sum_of_content) if sum_of_content else None


def _request(url: str, headers: Mapping[str, str]) -> urllib.request.Request:
    """A request for an address as people write it: spaces, letters, a name and a password."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    path, query = (quote(part, safe=string.punctuation) for part in (parts.path, parts.query))
    request = urllib.request.Request(
        parts._replace(netloc=place, path=path, query=query, fragment="").geturl(),
        headers={"User-Agent": f"dain/{__version__}", "Accept-Encoding": "identity", **headers},
    )
    if "@" in parts.netloc:
        known = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        token = base64.b64encode(known.encode()).decode()
        # Not for whom the server redirects us to.
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


@contextlib.contextmanager
def _open(
    url: str, headers: Mapping[str, str], timeout: float, partial: PartialFile
) -> Iterator[HTTPResponse]:
    try:
        response = _opener().open(_request(url, headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.discard()
            raise CutError("the partial file is not part of the server's any more") from error
        passing = error.code >= 500 or error.code in _TRY_AGAIN
        kind = CutError if passing else DownloadError
        raise kind(f"the server answered {error.code} {error.reason}".strip()) from error
    except urllib.error.URLError as error:
        passing = isinstance(error.reason, (TimeoutError, ConnectionResetError))
        kind = CutError if passing else DownloadError
        raise kind(_reason(error.reason)) from error
    except ValueError as error:  # `http.client.InvalidURL` is one
        raise DownloadError(f"malformed address: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise CutError(_reason(error)) from error
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
    return reason_of(error)
