"""Addresses: what they name, and how they are shown without what is secret in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from dain.errors import OptionError
from dain.media.stills_names import Pattern, format_of

WEB_SCHEMES = ("http", "https")
STORE_SCHEMES = ("s3", "gs", "sftp", "gdrive")

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_LONGEST_NAME = 150  # bytes of a local copy's; what a run makes of it needs some room
_UNFIT = re.compile(r'[\x00-\x1f/\\:*?"<>|]')  # in names, on one system or another


@dataclass(frozen=True)
class RemotePath:
    """A file or folder elsewhere.

    Its text is the address as given, without password, web user and query, so that it can be
    printed.

    Attributes:
        url: the whole address, secrets included.
        scheme: in lower case.
        host: bucket, server with its port, or, of Google Drive, nothing.
        path: within the host, without the first slash, except of SFTP, where it is the path on
            that machine; as given, percent signs included.
        user: at the server; SFTP only.
        password: likewise.
    """

    url: str = field(repr=False)
    scheme: str
    host: str
    path: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        if self.is_on_web:
            parts = urlsplit(self.url)
            place = parts.netloc.rpartition("@")[2]
            hidden = "?..." if parts.query else ""
            return f"{self.scheme}://{place}{parts.path}{hidden}"
        if self.scheme == "sftp":
            at = f"{self.user}@" if self.user else ""
            return f"sftp://{at}{self.host}{self.path}"
        return f"{self.scheme}://{self.host}{'/' if self.host else ''}{self.path}"

    @property
    def is_on_web(self) -> bool:
        """Whether it can be read only, and not listed."""
        return self.scheme in WEB_SCHEMES

    @property
    def name(self) -> str:
        """The last part of the path, as it can be a file's name on this machine."""
        last = PurePosixPath(self.path).name
        return local_name(unquote(last) if self.is_on_web else last)

    @property
    def pattern(self) -> Pattern | None:
        """The pattern of stills that the last part is, if it is one."""
        last = PurePosixPath(self.path).name  # in which %05d is no escaped character
        pattern = Pattern.parse(last)
        if pattern is None or not (pattern.width or format_of(last)):
            return None
        return pattern

    @property
    def is_folder_by_name(self) -> bool:
        """Whether it ends in a slash, or, as an output, has no suffix."""
        return self.path.endswith("/") or PurePosixPath(self.path).suffix == ""

    def __truediv__(self, name: str) -> RemotePath:
        """A file in this folder."""
        return as_remote(f"{self.url.rstrip('/')}/{name}")


Place: TypeAlias = Path | RemotePath


def local_name(name: str) -> str:
    """A name from elsewhere as a file can have it on any system; it never leads out of a folder."""
    name = _UNFIT.sub("_", name)
    stem, dot, suffix = name.rpartition(".")
    ending = f".{suffix}" if dot and len(suffix) < 10 else ""
    stem = stem if ending else name
    while len(f"{stem}{ending}".encode(errors="surrogateescape")) > _LONGEST_NAME:
        stem = stem[:-1]
    name = stem + ending
    return name if name.strip(". ") else "input"


def as_place(text: str | PathLike[str]) -> Place:
    """A path on this machine, or an address.

    Raises:
        OptionError: it begins as an address does and cannot be used as one.
    """
    if isinstance(text, str) and _ADDRESS.fullmatch(text):
        return as_remote(text)
    return Path(text)


def as_remote(url: str) -> RemotePath:
    """Take an address apart.

    Raises:
        OptionError: it is malformed or of another scheme.
    """
    found = _ADDRESS.fullmatch(url)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", url)
    if scheme in WEB_SCHEMES:
        return _web(url, scheme)
    if scheme == "sftp":
        return _sftp(url, rest)
    if scheme == "gdrive":
        return RemotePath(url, scheme, "", _checked(rest.lstrip("/"), scheme, "folder/clip.mp4"))
    if scheme in ("s3", "gs"):
        bucket, _, key = rest.partition("/")
        if "@" in bucket or ":" in bucket:
            raise OptionError(
                f"expected {scheme}://bucket/clip.mp4, found more before the first slash; "
                "credentials come from the environment, see docs/remote.md"
            )
        if not bucket:
            raise OptionError(
                f"expected {scheme}://bucket/clip.mp4, found no bucket in the address"
            )
        return RemotePath(url, scheme, bucket, _checked(key, scheme, "bucket/clip.mp4"))
    known = ", ".join(f"{name}://" for name in (*WEB_SCHEMES, *STORE_SCHEMES))
    raise OptionError(f"expected an address that begins with one of {known}, found {scheme}://")


def _checked(path: str, scheme: str, example: str) -> str:
    if not path.strip("/"):
        raise OptionError(f"expected {scheme}://{example}, found no file or folder in the address")
    return path


def _web(url: str, scheme: str) -> RemotePath:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        raise OptionError(f"expected an address like {scheme}://host/clip.mp4, found no host in it")
    return RemotePath(url, scheme, parts.netloc.rpartition("@")[2], parts.path.lstrip("/"))


def _sftp(url: str, rest: str) -> RemotePath:
    place, slash, path = rest.partition("/")
    known, _, host = place.rpartition("@")
    user, _, password = known.partition(":")
    if not host or re.fullmatch(r".*:(?!\d+$).*", host.rpartition("]")[2]):
        raise OptionError("expected sftp://user@host/folder/clip.mp4, found no usable host in it")
    _checked(path, "sftp", "user@host/folder/clip.mp4")
    return RemotePath(
        url, "sftp", host, slash + path, unquote(user) or None, unquote(password) or None
    )
