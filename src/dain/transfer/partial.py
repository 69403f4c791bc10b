"""A file that grows, attempt after attempt, and the patience with which it does.

Beside the partial file lies a note of where it came from and which version of the file it was,
so that pieces of two versions are never joined.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from dain.transfer.disk import disk_errors

OnTransfer = Callable[[int, int | None], None]  # bytes so far, and of how many if that is known

_Result = TypeVar("_Result")


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
    """An address does not give the file; asking again would not help.

    Attributes:
        passing: whether it was asked several times, and may give the file another day.
    """

    def __init__(self, reason: str, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


class CutError(Exception):
    """The transfer broke off; asking again may help."""


@dataclass(frozen=True)
class Origin:
    """What a server tells of a file.

    Attributes:
        version: what differs when the file has changed; None if nothing tells.
        size: of the whole file in bytes; None if that is unknown.
        digest: checksum of the whole file as ``algorithm:hexadecimal``, if the store tells one.
    """

    version: str | None
    size: int | None = None
    digest: str | None = None


class PartialFile:
    """A file that grows, and the note of where it comes from.

    Attributes:
        path: of the file.
        folder_variable: of the environment, which names the folder in which it lies.
    """

    def __init__(self, path: Path, folder_variable: str = "DAIN_DATA_DIR") -> None:
        self.path = path
        self.folder_variable = folder_variable
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def origin(self, url: str) -> Origin | None:
        """What was noted of the file at `url`; None where nothing readable was."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            if note["url_sha256"] != _mark(url):
                return None
            return Origin(note["version"], note["size"], note["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def version_from(self, url: str) -> str | None:
        """Which version of the file at `url` was begun; None if it cannot be continued."""
        origin = self.origin(url)
        if origin is None or not self.size:
            return None
        return origin.version if isinstance(origin.version, str) else None

    def begin(self, url: str, origin: Origin, start: int) -> None:
        """Note where what follows comes from; from `start` 0 on, nothing is kept."""
        if start and self.origin(url) == origin:  # untouched, a folder of them counts as unchanged
            return
        if start == 0:  # before the note, which must not speak of bytes from elsewhere
            self.discard()
        with disk_errors(self._note, self.folder_variable):
            note = {"url_sha256": _mark(url), **asdict(origin)}
            self._note.write_text(json.dumps(note), encoding="utf-8")

    def discard(self) -> None:
        """Remove both."""
        for path in (self.path, self._note):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _mark(url: str) -> str:
    """What tells addresses apart; they may hold secrets, which do not belong on the disk."""
    return hashlib.sha256(url.encode()).hexdigest()


def persist(
    attempt: Callable[[], _Result], patience: Patience, reached: Callable[[], int] = lambda: 0
) -> _Result:
    """Try until it works, or until several attempts in a row have brought nothing.

    Args:
        attempt: raises `CutError` where another may help.
        patience: with the server.
        reached: how far it is, in bytes; an attempt that brings more counts for nothing.

    Raises:
        DownloadError: the last attempt's reason; `passing`.
    """
    most, in_vain = reached(), 0
    while True:
        try:
            return attempt()
        except CutError as error:
            size = reached()
            in_vain = 0 if size > most else in_vain + 1
            most = max(most, size)
            if in_vain > len(patience.pauses):
                raise DownloadError(str(error), passing=True) from error
        time.sleep(patience.pauses[max(in_vain - 1, 0)] if patience.pauses else 0)
