"""Where what was fetched and what is to be uploaded lie meanwhile: a folder for each task.

It lies in the user's cache folder, or in the one that ``DAIN_CACHE_DIR`` names, at a place that
depends on the input and the output alone, so that the same command finds it again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

from dain._version import __version__
from dain.errors import MediaError, OutputError
from dain.jobs.run import JobResult
from dain.media.output import write_output
from dain.media.pipes import is_pipe
from dain.media.remote import Place, RemotePath
from dain.media.remote.fetching import CACHE_FOLDER_VARIABLE
from dain.media.stills_names import is_stills, numbered_stills
from dain.settings import JobSettings
from dain.transfer.disk import disk_errors

_KEPT_SECONDS = 14 * 24 * 3600  # after which what nobody came back for is removed


class StagingFolder:
    """The folder of one input and one output, while a run holds it.

    Attributes:
        path: of the folder; exists.
        incoming: where to fetch into.
        outgoing: where to write what is to be uploaded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.incoming = path / "in"
        self.outgoing = path / "out"
        self._note = path / "result.json"
        with disk_errors(path, CACHE_FOLDER_VARIABLE):
            for folder in (self.incoming, self.outgoing):
                folder.mkdir(parents=True, exist_ok=True)
            os.utime(path)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was fetched or made."""
        return not _holds_files(self.path)

    @property
    def has_output(self) -> bool:
        """Whether something was made, if only in part."""
        return _holds_files(self.outgoing)

    def remove(self) -> None:
        """Remove it with all that it holds."""
        shutil.rmtree(self.path, ignore_errors=True)

    def finished(self, request: str, output: Path) -> JobResult | None:
        """What an earlier run of the same request has made; what another made is removed.

        What an unfinished run left in hidden files and folders stays, to be gone on with.
        """
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            note = json.loads(self._note.read_text(encoding="utf-8"))
            if note["request"] == request and output.exists():
                return _result_from(note["result"], output)
        self._note.unlink(missing_ok=True)
        for file in output.iterdir() if output.is_dir() else [output]:
            if not file.name.startswith(".") and not file.is_dir():
                file.unlink(missing_ok=True)
        return None

    def note_finished(self, request: str, result: JobResult) -> None:
        """Note that the output is complete, so that it need only be uploaded."""
        told = {name: _as_text(value) for name, value in asdict(result).items()}
        with disk_errors(self._note, CACHE_FOLDER_VARIABLE):
            text = json.dumps({"request": request, "result": told})
            write_output(self._note, text.encode(), overwrite=True)


@contextlib.contextmanager
def staging_folder(source: Place, output: Place) -> Iterator[StagingFolder]:
    """Hold the folder of an input and an output; others of their own have theirs.

    Raises:
        OutputError: another run holds it, or the cache cannot be written.
        RunError: the disk is full.
    """
    from filelock import FileLock, Timeout

    home = cache_folder() / "staging"
    key = hashlib.sha256(f"{_name(source)}\n{_name(output)}".encode()).hexdigest()[:20]
    with disk_errors(home, CACHE_FOLDER_VARIABLE):
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        lock = FileLock(home / f"{key}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"another run turns {source} into {output} at the moment; let it end first"
            ) from None
    try:
        yield StagingFolder(home / key)
    finally:
        lock.release()
        if not (home / key).exists():
            with contextlib.suppress(OSError):
                (home / f"{key}.lock").unlink(missing_ok=True)


def cache_folder() -> Path:
    """The folder for what can be fetched or made again; need not exist."""
    named = os.environ.get(CACHE_FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("dain", appauthor=False)


def request_of(source: Path, settings: JobSettings) -> str:
    """What differs when a run would make something else: the input, the settings, ourselves."""
    if is_pipe(source):  # what came through it once does not come again
        return secrets.token_hex(16)
    encode = replace(settings.encode, overwrite=False)
    asked = replace(settings, encode=encode, preview=None, resume=True)
    files = [source]
    if is_stills(source) and not source.is_file():  # whatever else comes to lie beside them
        with contextlib.suppress(MediaError):  # there are none; the run tells
            files = [still for _, still in numbered_stills(source)]
    if settings.engine.weights:
        files.append(settings.engine.weights)
    seen = [(str(file), _stamp(file)) for file in files]
    return hashlib.sha256(repr((__version__, asked, seen)).encode()).hexdigest()


def _holds_files(folder: Path) -> bool:
    return any(entry.is_file() for entry in folder.rglob("*"))


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _name(place: Place) -> str:
    return place.url if isinstance(place, RemotePath) else str(place.absolute())


def _sweep(home: Path) -> None:
    """Remove the folders that nobody came back for."""
    from filelock import FileLock, Timeout

    for entry in home.iterdir():
        if not entry.is_dir() or time.time() - entry.stat().st_mtime < _KEPT_SECONDS:
            continue
        with contextlib.suppress(Timeout, OSError), FileLock(f"{entry}.lock", timeout=0):
            shutil.rmtree(entry, ignore_errors=True)
            Path(f"{entry}.lock").unlink(missing_ok=True)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, (Fraction, Path)) else value


def _result_from(told: dict[str, object], output: Path) -> JobResult:
    fractions = {name: Fraction(str(told[name])) for name in ("fps", "duration")}
    lines = {name: _lines(told[name]) for name in ("warnings", "found")}
    known = {**told, **fractions, **lines, "output": output}
    return JobResult(**known)  # type: ignore[arg-type]


def _lines(told: object) -> tuple[str, ...]:
    if not isinstance(told, list):
        raise TypeError("expected a list of lines")
    return tuple(map(str, told))
