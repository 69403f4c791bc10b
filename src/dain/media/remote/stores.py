"""Stores of files elsewhere, all seen alike: what is there, reading from an offset, writing.

Each is a maintained file system for `fsspec`, which comes as an extra. What differs from store to
store (how to sign in, which checksum it tells, how it words its failures) is in a subclass each.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import logging
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, ClassVar

from dain.errors import OptionError
from dain.media.remote.addresses import RemotePath
from dain.media.remote.side_by_side import OnBytes

BLOCK = 4 << 20  # bytes asked for at once: progress moves, and a request costs little beside it


@dataclass(frozen=True)
class RemoteFile:
    """What a store tells of a file or folder.

    Attributes:
        path: within the store.
        size: in bytes; 0 of a folder.
        version: differs when the contents differ; None if nothing tells.
        digest: checksum as ``algorithm:hexadecimal``, if the store tells one.
        is_folder: whether it holds others.
    """

    path: str
    size: int
    version: str | None = None
    digest: str | None = None
    is_folder: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]


class StoreError(Exception):
    """A store refuses, or cannot be reached.

    Attributes:
        passing: whether asking again may help.
        missing: whether the reason is that nothing is there.
    """

    def __init__(self, reason: str, *, passing: bool = False, missing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing
        self.missing = missing


class Store(ABC):
    """One store, signed in, for several threads; every method raises `StoreError`.

    Attributes:
        has_folders: whether a folder has to exist before there can be files in it.
        at_once: transfers that may go on side by side.
    """

    module: ClassVar[str]
    extra: ClassVar[str]
    sign_in: ClassVar[str]  # what to do where rights are refused
    has_folders: ClassVar[bool] = True
    at_once: ClassVar[int] = 8

    def __init__(self, address: RemotePath, timeout: float) -> None:
        try:
            importlib.import_module(self.module)
        except ImportError as error:
            raise OptionError(
                f"{address.scheme}:// needs an extra that is not installed: "
                f"pip install 'dain[{self.extra}]'"
            ) from error
        # Failures are told by us, in one line, and never with the addresses that were asked.
        for name in (self.module, "asyncio", "asyncssh", "googleapiclient"):
            logging.getLogger(name).addHandler(logging.NullHandler())
        self._address = address
        self._timeout = timeout
        self._connected: Any = None
        self._lock = threading.Lock()
        with self.failures():
            pass  # it is connected

    @property
    def _fs(self) -> Any:
        """The file system; connected again after the connection failed."""
        with self._lock:
            if self._connected is None:
                self._connected = self._connect(self._address)
            return self._connected

    @abstractmethod
    def _connect(self, address: RemotePath) -> Any:
        """The file system of fsspec, connected."""

    @abstractmethod
    def _describe(self, info: dict[str, Any]) -> RemoteFile:
        """What the store tells of a file."""

    @abstractmethod
    def _explain(self, error: BaseException) -> StoreError | None:
        """A failure that only this store knows."""

    def locate(self, address: RemotePath) -> str:
        """The path in the store that an address names."""
        return address.path.rstrip("/")

    def stat(self, path: str) -> RemoteFile:
        """What is at a path."""
        with self.failures():
            self._fs.invalidate_cache()
            return self._describe(self._fs.info(path))

    def find(self, path: str) -> RemoteFile | None:
        """What is at a path; None if nothing is."""
        try:
            return self.stat(path)
        except StoreError as error:
            if error.missing:
                return None
            raise

    def files_in(self, folder: str) -> list[RemoteFile]:
        """The files of a folder, in no order; none if it does not exist."""
        with self.failures():
            self._fs.invalidate_cache()
            try:
                infos = self._fs.ls(folder, detail=True)
            except FileNotFoundError:
                return []
            files = [self._describe(info) for info in infos]
        return [file for file in files if not file.is_folder and file.path != folder]

    def read(self, file: RemoteFile, start: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on."""
        with self.failures(), self._open(file.path) as opened:
            opened.seek(start)
            position = start
            while position < file.size:
                block = opened.read(min(BLOCK, file.size - position))
                if not block:
                    return
                position += len(block)
                yield block

    def _open(self, path: str) -> Any:
        return self._fs.open(path, "rb", block_size=BLOCK, cache_type="none")

    def write(self, source: Path, path: str, on_bytes: OnBytes) -> None:
        """Write a whole file; `on_bytes` gets how many have arrived."""
        with self.failures():
            self._fs.put_file(str(source), path, callback=counting(on_bytes))

    def written(self, source: Path, path: str) -> RemoteFile:
        """What is where `source` was written, with a checksum that `source` should have."""
        return self.stat(path)

    def rename(self, path: str, final: str) -> str | None:
        """Give a file its final name, in place of what has it.

        Stores of objects know no names apart from objects: there it is a copy within the store,
        which appears as a whole, and the first one is removed.

        Returns:
            What a person should know: that the first one could not be removed.
        """
        with self.failures():
            self._fs.cp_file(path, final)
        try:
            self.remove(path)
        except StoreError as error:
            return f"the temporary {path} could not be removed: {error}; remove it by hand"
        return None

    def remove(self, path: str) -> None:
        """Remove a file."""
        with self.failures():
            self._fs.rm_file(path)

    def make_folder(self, path: str) -> None:
        """Make a folder whose parent exists."""
        if self.has_folders:
            with self.failures():
                self._fs.makedirs(path, exist_ok=True)

    def close(self) -> None:
        """End the connection; safe to call twice."""
        self._drop(self._connected)

    def _drop(self, failed: Any) -> None:
        """End a connection, unless another thread has and is connected again."""
        with self._lock:
            if failed is None or self._connected is not failed:
                return
            self._connected = None
        self._disconnect(failed)

    def _disconnect(self, connected: Any) -> None:  # noqa: B027 - most need nothing
        """What a file system does not do by itself when it is forgotten."""

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Connect, and turn what a file system raises into our error."""
        connected = None
        try:
            connected = self._fs
            yield
        except (StoreError, OptionError):
            raise
        except Exception as error:
            failure = self._explain(error) or explain(error, self.sign_in)
            if failure.passing:
                self._drop(connected)
            raise failure from error


def explain(error: BaseException, sign_in: str) -> StoreError:
    """A failure in words, as far as Python's own exceptions tell."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return StoreError("nothing is there", missing=True)
    if isinstance(error, PermissionError):
        return StoreError(f"access is refused; {sign_in}")
    if isinstance(error, socket.gaierror):
        return StoreError("no such server, or no network")
    if isinstance(error, TimeoutError):
        return StoreError("the server did not answer in time", passing=True)
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StoreError("the server's disk is full")
    if isinstance(error, ssl.SSLCertVerificationError):
        return StoreError(f"its certificate cannot be trusted: {error.verify_message}")
    if isinstance(error, (ConnectionError, EOFError, HTTPException, ssl.SSLError)):
        return StoreError(f"the connection failed: {text.lower()}", passing=True)
    return StoreError(text)


def counting(on_bytes: OnBytes) -> Any:
    """A callback of fsspec that passes on how many bytes have been sent."""
    from fsspec.callbacks import Callback

    class Counting(Callback):  # type: ignore[misc] # of a library that need not be there
        def call(self, hook_name: str | None = None, **kwargs: Any) -> None:
            on_bytes(self.value)

    return Counting()


def open_store(address: RemotePath, timeout: float) -> Store:
    """The store that an address names.

    Args:
        address: of any scheme but the web's.
        timeout: seconds that the store may stay silent.

    Raises:
        OptionError: its extra is not installed.
        StoreError: it cannot be reached, or refuses to sign us in.
    """
    if address.scheme == "s3":
        from dain.media.remote.s3 import S3Store

        return S3Store(address, timeout)
    if address.scheme == "gs":
        from dain.media.remote.gcs import GoogleStore

        return GoogleStore(address, timeout)
    if address.scheme == "sftp":
        from dain.media.remote.sftp import SftpStore

        return SftpStore(address, timeout)
    from dain.media.remote.drive import DriveStore

    return DriveStore(address, timeout)
