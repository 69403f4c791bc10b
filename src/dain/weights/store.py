"""The user's data folder: where imported weights lie, and what was recorded of them.

For the model ``dain`` it holds ``weights/dain.safetensors`` and, beside it, ``dain.json``. The
folder is the one that the system has for such data, or the one that ``DAIN_DATA_DIR`` names.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from dain.transfer.disk import disk_errors

DATA_FOLDER_VARIABLE = "DAIN_DATA_DIR"


@dataclass(frozen=True)
class InstalledRecord:
    """What was recorded of installed weights.

    Attributes:
        model: name of the model.
        source: file or address that they came from.
        source_sha256: of the source's bytes.
        source_git_blob_id: likewise.
        sha256: of the installed file.
        version: of the `dain` that installed it.
    """

    model: str
    source: str
    source_sha256: str
    source_git_blob_id: str
    sha256: str
    version: str


def weights_folder() -> Path:
    """The folder of weights; need not exist."""
    named = os.environ.get(DATA_FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser().absolute() / "weights"
    from platformdirs import user_data_path

    return user_data_path("dain", appauthor=False) / "weights"


def weights_path(model: str) -> Path:
    """Where the weights of a model are expected."""
    return weights_folder() / f"{model}.safetensors"


def partial_path(model: str) -> Path:
    """Where a download of a model's weights grows."""
    return weights_folder() / f"{model}.partial"


def _record_path(model: str) -> Path:
    return weights_folder() / f"{model}.json"


def read_record(model: str) -> InstalledRecord | None:
    """What was recorded of the installed weights; None where nothing readable was."""
    try:
        value = json.loads(_record_path(model).read_text(encoding="utf-8"))
        return InstalledRecord(**{f.name: str(value[f.name]) for f in fields(InstalledRecord)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def install(model: str, weights: bytes, record: InstalledRecord) -> Path:
    """Put weights and their record in place of earlier ones; complete or not at all.

    Raises:
        OutputError: the folder cannot be written.
        RunError: the disk could not take them.
    """
    path = weights_path(model)
    with disk_errors(path, DATA_FOLDER_VARIABLE):
        # The record goes first and comes last: it never speaks of another file's bytes.
        _record_path(model).unlink(missing_ok=True)
        _replace(path, weights)
        text = json.dumps(asdict(record), indent=2, ensure_ascii=True)
        _replace(_record_path(model), text.encode() + b"\n")
    return path


def _replace(final: Path, data: bytes) -> None:
    staged = final.with_name(f".{final.name}.{secrets.token_hex(4)}")
    try:
        with staged.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(final)
    finally:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(model: str, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keep other processes from changing the weights of a model meanwhile.

    Args:
        model: name of the model.
        on_wait: called once if another process has to end first.

    Raises:
        OutputError: the folder cannot be made or written.
    """
    from filelock import FileLock, Timeout

    folder = weights_folder()
    with disk_errors(folder, DATA_FOLDER_VARIABLE):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{model}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            on_wait()
            lock.acquire()
    try:
        yield
    finally:
        lock.release()
