"""What a disk refuses, in words; and whether there is room."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from dain.errors import OutputError, RunError, reason_of

_DISK_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextlib.contextmanager
def disk_errors(path: Path, folder_variable: str) -> Iterator[None]:
    """Turn what a disk refuses into our errors.

    Args:
        path: that is written.
        folder_variable: of the environment, which can name a folder elsewhere.

    Raises:
        OutputError: the place cannot be written.
        RunError: the disk is full or broken.
    """
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        kind = RunError if error.errno in _DISK_FAILURES else OutputError
        raise kind(
            f"cannot write {path}: {reason}; {folder_variable} can name a folder elsewhere"
        ) from error


def check_space(folder: Path, needed: int, folder_variable: str) -> None:
    """Refuse to begin what the disk cannot hold.

    Args:
        folder: that is to hold it; exists.
        needed: bytes.
        folder_variable: of the environment, which can name a folder elsewhere.

    Raises:
        RunError: there is less room than that.
    """
    with disk_errors(folder, folder_variable):
        free = shutil.disk_usage(folder).free
    if needed > free:
        raise RunError(
            f"expected {needed} bytes of free space in {folder}, found {free}; make room, or name "
            f"a folder elsewhere by {folder_variable}"
        )
