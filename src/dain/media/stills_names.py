"""How stills are named: formats, ``%05d.png`` patterns, and their order in a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dain.errors import MediaError, reason_of

# Formats by suffix; the first suffix of a format is the one written.
FORMATS = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".tiff": "tiff",
    ".tif": "tiff",
    ".webp": "webp",
    ".exr": "exr",
}
KINDS = "PNG, JPEG, TIFF, WebP or EXR"
ARCHIVES = (".zip", ".cbz")
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")

_PLACEHOLDER = re.compile(r"%(?:0(\d{1,2}))?d")
_DIGITS = re.compile(r"(\d+)", re.ASCII)


def format_of(name: str) -> str | None:
    """``png``, ``jpeg``, ``tiff``, ``webp`` or ``exr`` by a name's suffix; None if none of them."""
    return FORMATS.get(Path(name).suffix.lower())


@dataclass(frozen=True)
class Pattern:
    """A file name with one ``%d`` or ``%05d`` for the frame's number.

    Attributes:
        prefix: what stands before the number.
        suffix: what stands after it.
        width: least number of digits, filled up with zeros; 0 for ``%d``.
    """

    prefix: str
    suffix: str
    width: int

    @staticmethod
    def parse(name: str) -> Pattern | None:
        """The pattern that `name` is; None if it holds no single placeholder."""
        found = list(_PLACEHOLDER.finditer(name))
        if len(found) != 1:
            return None
        start, stop = found[0].span()
        return Pattern(name[:start], name[stop:], int(found[0][1] or 0))

    def name(self, number: int) -> str:
        """The file name of frame `number`."""
        return f"{self.prefix}{number:0{self.width}d}{self.suffix}"

    def number(self, name: str) -> int | None:
        """The number for which `name` is the file name; None if there is none."""
        digits = name[len(self.prefix) : len(name) - len(self.suffix)]
        if not (digits.isascii() and digits.isdecimal()):
            return None
        return int(digits) if self.name(int(digits)) == name else None


def pattern_of(path: Path) -> Pattern | None:
    """The pattern a path's last part is, if it is one and no file has that very name.

    A bare ``%d`` counts only before the suffix of an image: ``100%done.mp4`` is a video.
    """
    pattern = Pattern.parse(path.name)
    if pattern is None or path.exists():
        return None
    return pattern if pattern.width or format_of(path.name) else None


def is_archive(path: Path) -> bool:
    """Whether an input is a zip, by its name or its first bytes."""
    if not path.is_file():
        return False
    if path.suffix.lower() in ARCHIVES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) in _ZIP_SIGNATURES
    except OSError:
        return False  # the reader of videos says what is wrong with it


def is_archive_output(path: Path) -> bool:
    """Whether an output is a zip of stills, by its name."""
    return path.suffix.lower() in ARCHIVES and not path.is_dir()


def is_stills(path: Path) -> bool:
    """Whether an input is a folder, a pattern or a zip of stills; one image file is not."""
    return path.is_dir() or pattern_of(path) is not None or is_archive(path)


def is_stills_output(path: Path) -> bool:
    """Whether an output is a folder, a pattern or a zip of stills.

    What exists as a folder is one, and so is a name without a suffix (``Path`` drops
    the slash of ``out/``); ``-`` is a pipe.
    """
    if path.is_dir() or pattern_of(path) is not None or is_archive_output(path):
        return True
    return path.suffix == "" and path.name != "-"


def numbered_stills(path: Path) -> list[tuple[int, Path]]:
    """The stills of a folder or pattern, each with its time in frames, from 0.

    A folder's images come in natural order (``frame2`` before ``frame10``) and count up;
    hidden files, sub-folders and other files are passed over. A pattern's count from the
    smallest number there is; missing numbers stay missing.

    Raises:
        MediaError: there are none, or the folder cannot be read.
    """
    pattern = None if path.is_dir() else pattern_of(path)
    folder = path if pattern is None else path.parent
    try:
        files = [entry for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read the folder {folder}: {reason}") from error
    if pattern is None:
        images = [entry for entry in files if is_image(entry.name)]
        stills = list(enumerate(sorted(images, key=lambda entry: natural(entry.name))))
    else:
        matches = ((pattern.number(entry.name), entry) for entry in files)
        found = sorted((number, entry) for number, entry in matches if number is not None)
        stills = [(number - found[0][0], entry) for number, entry in found]
    if not stills:
        raise MediaError(f"expected {KINDS} images at {path}, found none")
    return stills


def is_image(name: str) -> bool:
    """Whether a file of this name is a still, as far as names tell; hidden ones are not."""
    return not name.startswith(".") and format_of(name) is not None


def natural(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """A sorting key by which numbers inside names count as numbers."""
    # Splitting on digits alternates text and number, so equal places compare alike.
    parts: list[str | tuple[int, str]] = [
        _number(part) if place % 2 else part.casefold()
        for place, part in enumerate(_DIGITS.split(name))
    ]
    return parts, name


def _number(digits: str) -> tuple[int, str]:
    """Sorts as the number does; a name in a zip may have more digits than `int` takes."""
    plain = digits.lstrip("0")
    return len(plain), plain
