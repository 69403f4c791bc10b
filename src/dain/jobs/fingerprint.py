"""What a run depends on: if any of it changes, work that was kept is of no use."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dain._version import __version__
from dain.errors import MediaError, reason_of
from dain.media.stills_names import is_stills, numbered_stills
from dain.settings import JobSettings

Fingerprint = dict[str, str]

INPUT = "the input"  # its name among the others

_ENDS = 2**20  # bytes at each end of a file that tell whether it is the same
# What changes nothing in a frame that is made.
_IRRELEVANT = {"overwrite", "strict", "resume", "memory", "preview", "review", "report"}
_LIBRARIES = (
    "av",
    "numpy",
    "torch",
    "numba",
    "opencv-python-headless",
    "opencv-python",
    "openexr",
    "pillow",
)


def fingerprint(source: Path, settings: JobSettings) -> Fingerprint:
    """What the frames of a run depend on, by a name that a person understands.

    Raises:
        MediaError: the source has vanished.
    """
    found = {INPUT: identity(source), "the version of dain": __version__}
    found |= {f"--{name.replace('_', '-')}": text for name, text in _options(settings)}
    for library in _LIBRARIES:
        try:
            found[f"the version of {library}"] = version(library)
        except PackageNotFoundError:  # noqa: PERF203
            continue
    return found


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Names of what changed."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))


def _options(settings: Any) -> Iterator[tuple[str, str]]:
    """Every setting with its value as text, nested ones by their own names."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from _options(value)
        elif field.name not in _IRRELEVANT:
            yield field.name, _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, Mapping):
        return repr(sorted(value.items()))
    if isinstance(value, Path) and value.is_file():
        return identity(value)
    return str(value)


def identity(path: Path) -> str:
    """A file by its place, size, time and both ends; a folder or pattern by its stills.

    Raises:
        MediaError: it is not there any more.
    """
    try:
        return _identity(path)
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"{path} cannot be read any more ({reason}); put it back") from error


def _identity(path: Path) -> str:
    digest = hashlib.sha256()
    if is_stills(path) and not path.is_file():
        # By no other files: logs, notes and outputs may come to lie beside them meanwhile.
        for place, still in numbered_stills(path):
            told = f"{place}\0{still.name}\0{_stamp(still)}\0"
            digest.update(told.encode(errors="surrogateescape"))
    else:
        digest.update(_stamp(path).encode())
        with path.open("rb") as file:
            digest.update(file.read(_ENDS))
            file.seek(max(0, path.stat().st_size - _ENDS))
            digest.update(file.read(_ENDS))
    return f"{path.absolute()} {digest.hexdigest()}"


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"
