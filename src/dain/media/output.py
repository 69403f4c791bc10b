"""Atomic output: written beside its final name, renamed when complete, removed on failure.

`StagedFile` serves one file, `StagedFolder` a folder of files. Both are made by naming the
final output; what is written goes to `path`, and then either `commit` or `discard` is called.
`write_output` does it all for bytes that are at hand.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from dain.errors import EncodeError, OutputError, reason_of

_STEM_LENGTH = 40  # of the final name in the staged one: names may be at most 255 bytes


def check_file_output(final: Path, overwrite: bool) -> None:
    """Refuse a final name that cannot or must not be written; touches nothing.

    Raises:
        OutputError: it exists and `overwrite` is False, it is no regular file, its folder is
            missing or not writable, or the system takes no such name.
    """
    try:
        exists = final.exists()
    except OSError as error:
        raise OutputError(f"cannot look up {final}: {reason_of(error)}") from error
    if exists:
        if not final.is_file():
            raise OutputError(f"expected a file name for the output, found that {final} is none")
        if not overwrite:
            raise OutputError(f"output {final} exists already; give --overwrite to replace it")
    _check_parent(final)


class StagedFile:
    """One file that appears under its final name only when complete.

    A symbolic link is followed: the file it points to is replaced, not the link.

    Args:
        final: where the file is to appear.
        overwrite: whether a file that is there already may be replaced.

    Attributes:
        path: where to write; an empty file in the same folder, under a hidden name.

    Raises:
        OutputError: see `check_file_output`.
    """

    def __init__(self, final: Path, overwrite: bool) -> None:
        check_file_output(final, overwrite)
        self._final = final.resolve()
        self._shown = final
        self._overwrite = overwrite
        self._pending = True
        self.path = _staged_name(self._final.parent, self._final.name)
        try:
            # "x" refuses an existing name; permissions follow the umask, unlike tempfile's.
            self.path.open("xb").close()
        except OSError as error:
            raise OutputError(
                f"cannot write to the folder of {final}: {reason_of(error)}"
            ) from error

    def commit(self) -> None:
        """Flush to the disk and move to the final name.

        Raises:
            EncodeError: the disk refused; the staged file is removed.
            OutputError: the final name was taken meanwhile and may not be replaced.
        """
        try:
            if not self._overwrite and self._final.exists():
                raise OutputError(
                    f"output {self._shown} was created by someone else meanwhile; "
                    "give --overwrite to replace it"
                )
            _sync_file(self.path)
            self.path.replace(self._final)
            self._pending = False
            sync_folder(self._final.parent)
        except OSError as error:
            raise EncodeError(f"cannot complete {self._shown}: {reason_of(error)}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        """Remove what was staged, if it was not committed; safe to call twice."""
        if self._pending:
            self._pending = False
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)


def write_output(final: Path, data: bytes, overwrite: bool) -> None:
    """Write a whole file; what was there before is kept until it is complete.

    Raises:
        OutputError: see `check_file_output`.
        EncodeError: the disk refused.
    """
    staged = StagedFile(final, overwrite)
    try:
        staged.path.write_bytes(data)
        staged.commit()
    except OSError as error:
        raise EncodeError(f"cannot write {final}: {reason_of(error)}") from error
    finally:
        staged.discard()


class StagedFolder:
    """A folder of files that appear under their final names only when all are complete.

    Files of an existing folder that are not `ours` are never touched. Those that are count
    as an existing output; with `overwrite` they are replaced, and left-over ones removed.

    Args:
        final: the folder in which the files are to appear; need not exist, its parent must.
        overwrite: whether files that are there already may be replaced.
        ours: tells by its name whether a file of the folder belongs to this output.
        stable: the hidden name follows from the final one, and what an interrupted output has
            left under it is still there; else the name is new.
        label: what the hidden name follows from where several outputs share a folder; by default
            the folder's name.

    Attributes:
        path: the folder to write into, on the same file system, under a hidden name; empty,
            unless it is stable.

    Raises:
        OutputError: files of this output exist and `overwrite` is False, `final` is no
            folder, or it or its parent is missing or not writable.
    """

    def __init__(
        self,
        final: Path,
        overwrite: bool,
        ours: Callable[[str], bool] = lambda name: True,
        stable: bool = False,
        label: str | None = None,
    ) -> None:
        self._shown = final
        self._final = final.resolve()
        self._overwrite = overwrite
        self._ours = ours
        self._stable = stable
        self._pending = True
        if self._final.exists() and not self._final.is_dir():
            raise OutputError(f"expected a folder for the output, found that {final} is none")
        self._is_new = not self._final.exists()
        if self._is_new:
            _check_parent(final)
        elif self._existing() and not overwrite:
            raise OutputError(
                f"output folder {final} holds frames already; give --overwrite to replace them"
            )
        # An existing folder may be writable where its parent is not.
        home = self._final.parent if self._is_new else self._final
        self.path = _staged_name(home, label or self._final.name)
        if stable:
            self.path = home / f"{_staged_stem(self._final.name)}.kept"
        try:
            self.path.mkdir(exist_ok=stable)
        except OSError as error:
            raise OutputError(f"cannot write to {final}: {reason_of(error)}") from error

    def _existing(self) -> list[Path]:
        return [
            entry
            for entry in self._final.iterdir()
            if entry.is_file() and not entry.name.startswith(".") and self._ours(entry.name)
        ]

    def commit(self) -> None:
        """Flush to the disk and move every file to its final name.

        A new folder appears at once. Into an existing one the files are moved one by one.

        Raises:
            EncodeError: the disk refused; what is still staged is removed, unless it is stable.
        """
        try:
            for entry in self.path.iterdir():
                _sync_file(entry)
            if self._is_new:
                self.path.rename(self._final)
            else:
                self._move_into_existing()
                self.path.rmdir()
            self._pending = False
            sync_folder(self._final.parent if self._is_new else self._final)
        except OSError as error:
            raise EncodeError(f"cannot complete {self._shown}: {reason_of(error)}") from error
        finally:
            if not self._stable:
                self.discard()

    def _move_into_existing(self) -> None:
        fresh = sorted(self.path.iterdir())
        names = {entry.name for entry in fresh}
        for entry in fresh:
            entry.replace(self._final / entry.name)
        for entry in self._existing() if self._overwrite else []:
            if entry.name not in names:
                entry.unlink()

    def discard(self) -> None:
        """Remove what was staged, if it was not committed; safe to call twice."""
        if self._pending:
            self._pending = False
            shutil.rmtree(self.path, ignore_errors=True)


def _check_parent(final: Path) -> None:
    parent = final.resolve().parent
    shown = parent if final.is_symlink() else final.parent
    if not parent.is_dir():
        found = "is not a folder" if parent.exists() else "does not exist"
        raise OutputError(f"folder {shown} of the output {found}; create it first")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"folder {shown} of the output is not writable")


def remove_stale(final: Path, label: str | None = None) -> None:
    """Remove what earlier writers of a name staged and had no chance to remove.

    Only for who knows that no other is writing it now.

    Args:
        final: where they would have written.
        label: that they gave a `StagedFolder`, if any.
    """
    resolved = final.resolve()
    stem = _staged_stem(label or resolved.name)
    for home in {resolved.parent, *([resolved] if resolved.is_dir() else [])}:
        for entry in home.glob(f"{glob.escape(stem)}.*.part"):
            if entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    entry.unlink()


def _staged_name(folder: Path, name: str) -> Path:
    return folder / f"{_staged_stem(name)}.{secrets.token_hex(4)}.part"


def _staged_stem(name: str) -> str:
    """Tells by a checksum which output it is for, where names begin alike."""
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    return f".{name[:_STEM_LENGTH]}.{digest[:8]}"


def _sync_file(path: Path) -> None:
    """Bring the contents to the disk, so that a crash after the rename leaves no empty file."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Bring the rename to the disk, where the system lets a folder be opened (not Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
