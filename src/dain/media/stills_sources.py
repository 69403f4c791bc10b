"""Where stills lie: in a folder, under a pattern of names, or in a zip."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from dain.errors import MediaError, reason_of
from dain.media.stills_names import KINDS, is_archive, is_image, natural, numbered_stills

# What a still of 8192x8192 pixels takes uncompressed as float RGBA: a zip may promise no more.
_MOST_BYTES = 1 << 30
_ENCRYPTED = 1  # bit of a member's flags


class StillsSource(ABC):
    """Stills in their order, each read by its name.

    Attributes:
        stills: their places in time, counted in frames from 0, and their names.
    """

    stills: Sequence[tuple[int, str]]

    @abstractmethod
    def read(self, name: str, size: int = -1) -> bytes:
        """The first `size` bytes of a still, or all; nothing if it cannot be read."""

    @abstractmethod
    def close(self) -> None:
        """Release what is open; safe to call twice."""


def open_source(path: Path) -> StillsSource:
    """The stills of a folder, a pattern such as ``shots/%05d.png``, or a zip.

    Raises:
        MediaError: there are none, or they cannot be listed.
    """
    return ZippedStills(path) if is_archive(path) else LooseStills(path)


class NamedStills(StillsSource):
    """Stills that are named one by one, wherever they lie."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.stills = [(place, str(path)) for place, path in enumerate(paths)]

    def read(self, name: str, size: int = -1) -> bytes:
        """As promised; files are opened for each reading."""
        try:
            with Path(name).open("rb") as file:
                return file.read(size)
        except OSError:
            return b""

    def close(self) -> None:
        """Nothing is held open between stills."""


class LooseStills(StillsSource):
    """Stills that are files of their own, in a folder or under a pattern."""

    def __init__(self, path: Path) -> None:
        listed = numbered_stills(path)
        self._paths = {file.name: file for _, file in listed}
        self.stills = [(place, file.name) for place, file in listed]

    def read(self, name: str, size: int = -1) -> bytes:
        """As promised; files are opened for each reading."""
        try:
            with self._paths[name].open("rb") as file:
                return file.read(size)
        except OSError:
            return b""

    def close(self) -> None:
        """Nothing is held open between stills."""


class ZippedStills(StillsSource):
    """Stills in a zip, in natural order, all in one folder of it; nothing is unpacked to disk.

    Hidden files, what macOS adds (``__MACOSX``) and files of other kinds are passed over.
    A member is read to the size that the zip's list states and no further, and none of more
    than 1 GiB is.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            reason = reason_of(error)
            raise MediaError(
                f"expected a zip of stills, found a file that cannot be opened as one: {path} "
                f"({reason}); it may be cut short"
            ) from error
        try:
            self._members = _members(path, self._zip)
        except MediaError:
            self._zip.close()
            raise
        ordered = sorted(self._members, key=natural)
        self.stills = list(enumerate(ordered))

    def read(self, name: str, size: int = -1) -> bytes:
        """As promised; a member that is damaged or larger than any still gives nothing."""
        member = self._members[name]
        if member.file_size > _MOST_BYTES:
            return b""
        try:
            with self._zip.open(member) as file:
                return file.read(size)
        # By kind of damage: list or checksum, deflate, bzip2, lzma, or an end too early.
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError):
            return b""

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The stills of a zip by their names without folders.

    Raises:
        MediaError: there are none, they lie in several folders, or cannot be unpacked.
    """
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        # Some archivers of Windows write their own separator.
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if not (member.is_dir() or any(map(_is_strange, place.parts))) and is_image(place.name):
            folders.setdefault(str(place.parent), {})[place.name] = member
    if not folders:
        raise MediaError(f"expected {KINDS} images in {path}, found none")
    if len(folders) > 1:
        first, second = sorted(folders, key=natural)[:2]
        raise MediaError(
            f"expected the stills of {path} in one folder of it, found {len(folders)}, such as "
            f"{first} and {second}; unpack it and name one"
        )
    (found,) = folders.values()
    for name, member in found.items():
        if member.flag_bits & _ENCRYPTED:
            raise MediaError(
                f"expected a zip without a password, found {name} of {path} encrypted; "
                "unpack it first"
            )
    _check_compression(path, archive, found)
    return found


def _is_strange(part: str) -> bool:
    """Whether a folder or file is hidden, or what macOS adds to a zip."""
    return part == "__MACOSX" or (part.startswith(".") and part not in (".", ".."))


def _check_compression(
    path: Path, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> None:
    """Refuse what Python cannot unpack, such as deflate64; one member tells for its kind."""
    one_of_each = {member.compress_type: name for name, member in members.items()}
    for name in one_of_each.values():
        with contextlib.suppress(OSError, zipfile.BadZipFile, RuntimeError):  # damage is counted
            try:
                archive.open(members[name]).close()
            except NotImplementedError as error:
                raise MediaError(
                    f"cannot unpack {name} of {path} ({str(error).lower()}); unpack it first"
                ) from error
