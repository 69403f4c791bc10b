"""Checksums of files, read once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dain.weights.reading import read_errors

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Checksums:
    """What a file's bytes add up to.

    Attributes:
        size: in bytes.
        sha256: in hexadecimal.
        git_blob_id: the name Git gives to these bytes: SHA-1 over ``blob SIZE``, a zero byte,
            and the bytes, in hexadecimal.
    """

    size: int
    sha256: str
    git_blob_id: str


def checksums_of(path: Path) -> Checksums:
    """Read a file and sum it up.

    Raises:
        WeightsError: it cannot be read.
    """
    with read_errors(str(path)):
        return _sum_up(path)


def _sum_up(path: Path) -> Checksums:
    size = path.stat().st_size
    sha256 = hashlib.sha256()
    # To recognise a file that Git knows, not to guard it against forgers: SHA-1 is broken for
    # that, and what is read from the file is checked for itself.
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
            blob.update(block)
    return Checksums(size, sha256.hexdigest(), blob.hexdigest())


def sha256_of(data: bytes) -> str:
    """SHA-256 of bytes in memory, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
