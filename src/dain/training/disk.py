"""What a disk refuses, in one line."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from dain.errors import OutputError, RunError, reason_of

_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextlib.contextmanager
def disk_errors(failed: str, advice: str = "") -> Iterator[None]:
    """Turn an error of the system into one of ours.

    Args:
        failed: what could not be done, for the message.
        advice: what to do about it.

    Raises:
        OutputError: the place cannot be written.
        RunError: the disk is full or broken.
    """
    try:
        yield
    except OSError as error:
        reason = reason_of(error)
        message = f"{failed}: {reason}" + (f"; {advice}" if advice else "")
        raise (RunError if error.errno in _FAILURES else OutputError)(message) from error
