"""Checksums as stores tell them, and of the bytes that arrived."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20

# To notice accidents, not forgers: MD5 and SHA-1 are what the stores tell.
_ALGORITHMS: Mapping[str, Callable[[], Any]] = {
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
}


def from_base64(algorithm: str, text: str) -> str | None:
    """``algorithm:hexadecimal`` of what is told in base 64; None if it is malformed."""
    try:
        return f"{algorithm}:{base64.b64decode(text, validate=True).hex()}"
    except ValueError:
        return None


def digest_of(path: Path, algorithm: str) -> str:
    """The checksum of a file.

    Args:
        path: of the file.
        algorithm: ``sha512``, ``sha256``, ``sha1``, ``md5``, ``crc32``, ``crc32c``, or ``md5-N``:
            that of the MD5 sums of parts of N bytes, as S3 names objects that came in parts.

    Returns:
        ``algorithm:hexadecimal``.
    """
    if algorithm.startswith("md5-"):
        return f"{algorithm}:{_of_parts(path, int(algorithm.removeprefix('md5-')))}"
    if algorithm == "crc32":
        crc = 0
        for block in _blocks(path, _BLOCK):
            crc = zlib.crc32(block, crc)
        return f"crc32:{crc:08x}"
    summed = _crc32c() if algorithm == "crc32c" else _ALGORITHMS[algorithm]()
    for block in _blocks(path, _BLOCK):
        summed.update(block)
    return f"{algorithm}:{summed.digest().hex()}"


def difference(path: Path, expected: str | None) -> str | None:
    """How a file differs from the checksum that a store tells; None if it does not."""
    if expected is None:
        return None
    found = digest_of(path, expected.partition(":")[0])
    return None if found == expected else f"its checksum is {found} here and {expected} there"


def _crc32c() -> Any:
    import google_crc32c  # comes with the file system that tells such sums

    return google_crc32c.Checksum()


def _of_parts(path: Path, size: int) -> str:
    parts = [hashlib.md5(part, usedforsecurity=False).digest() for part in _blocks(path, size)]
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _blocks(path: Path, size: int) -> Any:
    with path.open("rb") as file:
        while block := file.read(size):
            yield block
