"""Where written stills go: a folder, or a zip."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dain.errors import EncodeError, reason_of
from dain.media.output import StagedFile, StagedFolder

# The zip format knows no time before this one; a fixed one makes equal runs equal files.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o100644 << 16  # a regular file that all may read


class StillsSink(Protocol):
    """Takes files by name; they appear when all are there."""

    def put(self, name: str, data: bytes) -> None:
        """Add a file.

        Raises:
            OSError: the disk refused.
        """

    def commit(self) -> None:
        """Move what was put to its final place.

        Raises:
            EncodeError: the disk refused.
        """

    def discard(self) -> None:
        """Remove what was put; safe to call twice."""


class FolderSink:
    """Files in a folder.

    Args:
        folder: the folder; made if only its parent is there.
        overwrite: see `StagedFolder`.
        ours: see `StagedFolder`.
        label: see `StagedFolder`.

    Raises:
        OutputError: see `StagedFolder`.
    """

    def __init__(
        self,
        folder: Path,
        overwrite: bool,
        ours: Callable[[str], bool],
        label: str | None = None,
    ) -> None:
        self._staged = StagedFolder(folder, overwrite, ours, label=label)

    def put(self, name: str, data: bytes) -> None:
        """Write a file of the staged folder."""
        (self._staged.path / name).write_bytes(data)

    def commit(self) -> None:
        """Move all files to their final names."""
        self._staged.commit()

    def discard(self) -> None:
        """Remove the staged folder."""
        self._staged.discard()


class ZipSink:
    """Files in a zip, stored as they are, for all our formats are compressed already.

    Equal files in equal order make equal zips. Zips of more than 4 GiB are in the zip64 form.

    Args:
        path: of the zip.
        overwrite: see `StagedFile`.

    Raises:
        OutputError: see `StagedFile`.
    """

    def __init__(self, path: Path, overwrite: bool) -> None:
        self._path = path
        self._staged = StagedFile(path, overwrite)
        self._zip = zipfile.ZipFile(self._staged.path, "w", zipfile.ZIP_STORED)

    def put(self, name: str, data: bytes) -> None:
        """Append a file."""
        member = zipfile.ZipInfo(name, _EPOCH)
        member.create_system = _UNIX
        member.external_attr = _MODE
        self._zip.writestr(member, data)

    def commit(self) -> None:
        """Write the list of files and move the zip to its final name."""
        try:
            self._zip.close()
        except OSError as error:
            self.discard()
            reason = reason_of(error)
            raise EncodeError(f"cannot complete {self._path}: {reason}") from error
        self._staged.commit()

    def discard(self) -> None:
        """Remove the zip; what Python still wants to write to it is of no use."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()
        self._staged.discard()
