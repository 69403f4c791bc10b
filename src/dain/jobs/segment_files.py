"""Segments on the disk: records one after the other, with a checksum of the whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dain.errors import EncodeError
from dain.media.segments import Record

_LENGTH_BYTES = 4  # of the length in front of each head


class SegmentFile:
    """A segment on its way to the disk.

    Args:
        path: must not exist.

    Attributes:
        size: bytes written so far.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self.size = 0

    def add(self, record: Record) -> None:
        """Append a record.

        Raises:
            OSError: the disk refused.
        """
        sizes = [len(part) for part in record.parts]
        head = json.dumps({"head": record.head, "sizes": sizes}).encode()
        for part in (len(head).to_bytes(_LENGTH_BYTES, "little"), head, *record.parts):
            self._file.write(part)
            self._digest.update(part)
            self.size += len(part)

    def seal(self) -> str:
        """Bring everything to the disk and close; returns the SHA-256 of the contents.

        Raises:
            OSError: the disk refused.
        """
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return self._digest.hexdigest()

    def close(self) -> None:
        """Close without more; safe to call twice."""
        self._file.close()


def read_records(path: Path) -> Iterator[Record]:
    """The records of a sealed segment, one at a time.

    Raises:
        OSError: it cannot be read.
        EncodeError: it ends in the middle of a record.
    """
    with path.open("rb") as file:
        while length := file.read(_LENGTH_BYTES):
            found = json.loads(_exactly(file, int.from_bytes(length, "little"), path))
            parts = tuple(_exactly(file, size, path) for size in found["sizes"])
            yield Record(found["head"], parts)


def _exactly(file: BinaryIO, size: int, path: Path) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EncodeError(f"{path} is cut short; give --no-resume to start over")
    return data
