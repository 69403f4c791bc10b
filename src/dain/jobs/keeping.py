"""Keeping the frames of a run as stills: those that went in, and those that came out."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from dain.errors import EncodeError, OptionError, reason_of
from dain.jobs.prepare import check_name
from dain.media import Frame
from dain.media.output import StagedFolder
from dain.media.scene_light import display
from dain.media.stills_codec import encode_still
from dain.media.stills_names import pattern_of
from dain.settings import JobSettings

_NAME = re.compile(r"\d{8,}\.png")
_UNFINISHED = ".unfinished"
_END_OF_PNG = b"IEND\xaeB`\x82"


class FrameKeeper:
    """Numbered PNGs of the source frames that a run uses, and of all frames that it makes.

    Files are named by the frames' index, so writing one again changes nothing, and a run that
    is resumed goes on where it was. They appear in their folders when all are complete. Until
    `begin` is called, nothing of an earlier run is touched.

    Used as a context manager: leaving it normally calls `finish`, with an exception `abort`.

    Args:
        settings: name the folders, if any; and `overwrite`, by which numbered PNGs that are
            there already are replaced. Other files of the folders stay.

    Attributes:
        resumable: `abort` leaves what was kept, for a later run to go on with.

    Raises:
        OutputError: a folder holds such PNGs, or cannot be written.
    """

    def __init__(self, settings: JobSettings) -> None:
        self.resumable = False
        self._has_begun = False
        self._folders: dict[str, _KeptFrames] = {}
        try:
            for kind, folder in (("in", settings.frames_in), ("out", settings.frames_out)):
                if folder is not None:
                    overwrite = settings.encode.overwrite
                    self._folders[kind] = _KeptFrames(folder, overwrite)
        except BaseException:
            self.abort()
            raise

    def holds(self, made: int, used: int) -> bool:
        """Whether an earlier run's frames are all there, of those kinds that are kept.

        Args:
            made: output frames, the first of all.
            used: source frames, at least as many.
        """
        outgoing, incoming = self._folders.get("out"), self._folders.get("in")
        return (outgoing is None or outgoing.holds(made)) and (
            incoming is None or incoming.count() >= used
        )

    def begin(self, done: int = 0) -> None:
        """Go on after `done` output frames that an earlier run made; after none, begin afresh.

        Raises:
            EncodeError: the disk refused.
        """
        self._has_begun = True
        if not done:
            for folder in self._folders.values():
                folder.clear()

    def used(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames; each is kept when the next is asked for.

        A run reads one frame beyond what it needs, and asks for no other after that.

        Raises:
            EncodeError: the disk refused.
        """
        for frame in frames:
            yield frame
            self.source(frame)

    def source(self, frame: Frame) -> None:
        """Keep a source frame.

        Raises:
            EncodeError: the disk refused.
        """
        if "in" in self._folders:
            self._folders["in"].put(frame)

    def made(self, frame: Frame) -> None:
        """Keep an output frame.

        Raises:
            EncodeError: the disk refused.
        """
        if "out" in self._folders:
            self._folders["out"].put(frame)

    def finish(self) -> None:
        """Move everything to its final place; what is there already is left alone.

        Raises:
            EncodeError: the disk refused.
        """
        try:
            for kind in [*self._folders]:
                self._folders[kind].finish()
                del self._folders[kind]
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        """Remove what was kept, unless a later run is to go on with it; safe to call twice."""
        for folder in self._folders.values():
            if self.resumable or not self._has_begun:
                folder.leave()
            else:
                folder.discard()

    def __enter__(self) -> FrameKeeper:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.abort()


class _KeptFrames:
    """One folder of numbered PNGs."""

    def __init__(self, folder: Path, overwrite: bool) -> None:
        self._shown = folder
        self._staged = StagedFolder(
            folder, overwrite, lambda name: _NAME.fullmatch(name) is not None, stable=True
        )

    def holds(self, count: int) -> bool:
        return all(_is_whole(self._staged.path / _name(index)) for index in range(count))

    def count(self) -> int:
        return sum(map(_is_whole, self._staged.path.glob("*.png")))

    def clear(self) -> None:
        try:
            for left in self._staged.path.iterdir():
                left.unlink()
        except OSError as error:
            reason = reason_of(error)
            raise EncodeError(f"cannot write to {self._shown}: {reason}") from error

    def put(self, frame: Frame) -> None:
        name = _name(frame.index)
        path = self._staged.path / name
        unfinished = path.with_suffix(_UNFINISHED)
        try:
            # Scene light is kept as a display shows it; PNG has no room for more.
            unfinished.write_bytes(encode_still(display(frame.pixels), "png"))
            unfinished.replace(path)
        except OSError as error:
            reason = reason_of(error)
            raise EncodeError(f"cannot write {name} of {self._shown}: {reason}") from error

    def finish(self) -> None:
        for left in self._staged.path.glob(f"*{_UNFINISHED}"):
            left.unlink(missing_ok=True)
        self._staged.commit()

    def leave(self) -> None:
        with contextlib.suppress(OSError):
            self._staged.path.rmdir()  # refuses where there is something to go on with

    def discard(self) -> None:
        self._staged.discard()


def _is_whole(path: Path) -> bool:
    """Whether a PNG has its end: it need not, once the power was cut."""
    try:
        with path.open("rb") as file:
            file.seek(-len(_END_OF_PNG), os.SEEK_END)
            return file.read() == _END_OF_PNG
    except OSError:
        return False


def _name(index: int) -> str:
    return f"{index:08d}.png"


def _home_of(path: Path) -> Path:
    """The folder of a pattern's stills; else the place itself."""
    return (path if pattern_of(path) is None else path.parent).resolve()


def check_kept_folders(source: Path, output: Path, settings: JobSettings) -> None:
    """Refuse folders of kept frames, or of a review, that are something else already.

    Raises:
        OptionError: one is the other, the input or the output, or cannot be a name.
    """
    taken = {_home_of(source): "the input", _home_of(output): "the output"}
    for option, folder in (
        ("--frames-in", settings.frames_in),
        ("--frames-out", settings.frames_out),
        ("--review", settings.review),
    ):
        if folder is None:
            continue
        check_name(folder)
        if folder.resolve() in taken:
            raise OptionError(
                f"expected a folder of its own for {option}, found that {folder} is "
                f"{taken[folder.resolve()]}, too"
            )
        taken[folder.resolve()] = f"that of {option}"
