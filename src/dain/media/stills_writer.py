"""Writing frames as a folder, a ``%05d.png`` pattern or a zip of stills."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from dain.errors import EncodeError, OutputError, reason_of
from dain.media.frame import Frame, OutputSpec
from dain.media.interfaces import FrameWriter
from dain.media.left_behind import kinds_left_behind
from dain.media.losses import is_wide
from dain.media.segments import Record, SegmentEncoder
from dain.media.stills_encoders import encoder_for
from dain.media.stills_names import (
    FORMATS,
    Pattern,
    format_of,
    is_archive,
    is_archive_output,
    is_stills,
    pattern_of,
)
from dain.media.stills_sinks import FolderSink, StillsSink, ZipSink
from dain.settings import EncodeSettings

_CODECS = {
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "tiff": "tiff",
    "tif": "tiff",
    "webp": "webp",
    "exr": "exr",
}
_CODEC_NAMES = "png, jpg, tiff, webp or exr"
_FOLDER_WIDTH = 8


class StillsWriter(FrameWriter):
    """Frames as numbered stills, from 0.

    A folder or zip gets ``00000000.png`` and so on (eight digits), or another format by the
    codec setting (``png``, ``jpg``, ``tiff``, ``webp``, ``exr``); a pattern's suffix says which.
    All are lossless but JPEG. Files appear under their final names when all are complete.

    A folder with files in it is refused unless `overwrite` is set; then files of the same
    names are replaced and all others stay. A pattern minds only the files that it matches.

    Args:
        path: a folder, a pattern in one, or a zip; a folder is made if only its parent is there.
        spec: size of the frames.
        settings: format and `overwrite`; what only video encoders know is refused.

    Raises:
        OutputError: the output exists, cannot be written, or is of no such format.
    """

    def __init__(self, path: Path, spec: OutputSpec, settings: EncodeSettings) -> None:
        self.messages: list[str] = []
        self._path = path
        self._spec = spec
        self._overwrite = settings.overwrite
        pattern = pattern_of(path)
        self._in_zip = is_archive_output(path)
        self._folder = path if pattern is None and not self._in_zip else path.parent
        self._format = _choose_format(path, pattern, settings)
        self._pattern = pattern or Pattern("", _suffix_of(self._format), _FOLDER_WIDTH)
        self._is_folder = pattern is None
        self._refuse_own_source()
        self._note_left_behind()
        self._encoder = encoder_for(self._format, spec, self.messages)
        self._written = 0
        self._sink = self._open_sink()

    def write(self, frame: Frame) -> None:
        """Encode the next frame under the next number.

        Raises:
            EncodeError: its size is another than promised, or the disk refused it.
        """
        self._store(self._encoded(frame))

    def segment_encoder(self) -> SegmentEncoder:
        """Encodes stills in this output's format."""
        return _StillEncoder(self._encoded)

    def put(self, record: Record) -> None:
        """Write the next still that such an encoder made.

        Raises:
            EncodeError: the disk refused it.
        """
        self._store(record.parts[0])

    def _encoded(self, frame: Frame) -> bytes:
        expected = (self._spec.height, self._spec.width, 4 if self._spec.alpha else 3)
        if frame.pixels.shape != expected:
            raise EncodeError(
                f"expected frames of shape {expected}, found {frame.pixels.shape} "
                f"in frame {frame.index}"
            )
        try:
            return self._encoder.encode(frame.pixels)
        except ValueError as error:
            name = self._pattern.name(frame.index)
            reason = str(error).lower()
            raise EncodeError(f"cannot write {name} of {self._path}: {reason}") from error

    def _store(self, data: bytes) -> None:
        name = self._pattern.name(self._written)
        try:
            self._sink.put(name, data)
        except OSError as error:
            reason = reason_of(error)
            raise EncodeError(f"cannot write {name} of {self._path}: {reason}") from error
        self._written += 1

    def finish(self) -> None:
        """Move the stills to their final names.

        Raises:
            EncodeError: the disk refused.
        """
        self._sink.commit()
        with contextlib.suppress(OSError):
            self._note_others()

    def abort(self) -> None:
        """Remove what was written; the final names are untouched. Safe to call twice."""
        self._sink.discard()

    def _open_sink(self) -> StillsSink:
        if self._in_zip:
            return ZipSink(self._path, self._overwrite)
        # Claiming no file once overwriting is allowed keeps every other file where it is.
        return FolderSink(
            self._folder,
            self._overwrite,
            lambda name: not self._overwrite and self._owns(name),
            label=None if self._is_folder else self._path.name,
        )

    def _owns(self, name: str) -> bool:
        return self._is_folder or self._pattern.number(name) is not None

    def _refuse_own_source(self) -> None:
        """Refuse to mix the new stills with those they are made from."""
        source = self._spec.source
        if self._in_zip or source is None or not is_stills(source) or is_archive(source):
            return
        theirs = pattern_of(source)
        folder = source if theirs is None else source.parent
        if folder.resolve() != self._folder.resolve():
            return
        # Two patterns may share a folder as long as their names cannot meet.
        if theirs is not None and not self._is_folder:
            ours = self._pattern
            if (theirs.prefix, theirs.suffix) != (ours.prefix, ours.suffix):
                return
        raise OutputError(
            f"expected another place for the output than its input's, found {self._folder} for both"
        )

    def _note_left_behind(self) -> None:
        """Name what the source or the run has and stills cannot hold."""
        kinds = kinds_left_behind(self._spec.source)
        if kinds:
            self.messages.append(f"stills hold pictures only; the source's {kinds} is left behind")
        if is_wide(self._spec.colour):
            self.messages.append(
                "stills cannot note the source's wide or high dynamic range colour: they will look "
                "pale; an .mp4 keeps it"
            )
        if self._spec.varying is not None:
            self.messages.append("stills have no times; those that --keep-timing keeps are lost")

    def _note_others(self) -> None:
        """Name the stills of an earlier, longer output that stay behind."""
        if not self._overwrite or self._in_zip:
            return
        numbers = (self._pattern.number(entry.name) for entry in self._folder.iterdir())
        older = sum(number is not None and number >= self._written for number in numbers)
        if older:
            self.messages.append(
                f"{older} stills from {self._pattern.name(self._written)} on were in "
                f"{self._folder} before and stay there; remove them if they are outdated"
            )


class _StillEncoder:
    """Every frame a still of its own, by a function from the one to the other."""

    def __init__(self, encode: Callable[[Frame], bytes]) -> None:
        self._encode = encode

    def encode(self, frame: Frame) -> list[Record]:
        """The still."""
        return [Record({}, (self._encode(frame),))]

    def flush(self) -> list[Record]:
        """Nothing is ever held back."""
        return []

    def close(self) -> None:
        """Nothing is held."""


def stills_keep_alpha(path: Path, codec: str | None) -> bool:
    """Whether stills of this name and codec hold transparency, as all but JPEG do."""
    return stills_format(path, codec) != "jpeg"


def stills_format(path: Path, codec: str | None) -> str | None:
    """The format of an output of stills by its name and codec; None if there is none such."""
    pattern_format = None if pattern_of(path) is None else format_of(path.name)
    return pattern_format or _CODECS.get((codec or "png").lower())


def _choose_format(path: Path, pattern: Pattern | None, settings: EncodeSettings) -> str:
    """The format by the pattern's suffix or the codec setting.

    Raises:
        OutputError: there is no such format, the two disagree, or an option does not apply.
    """
    given = {
        "--crf": settings.crf is not None,
        "--pix-fmt": settings.pix_fmt is not None,
        "--encoder-option": bool(settings.options),
    }
    for option, is_given in given.items():
        if is_given:
            raise OutputError(f"{option} does not apply to stills; leave it out")
    codec = None
    if settings.codec is not None:
        codec = _CODECS.get(settings.codec.lower())
        if codec is None:
            raise OutputError(
                f"expected {_CODEC_NAMES} as the codec of stills, found {settings.codec!r}"
            )
    if pattern is None:
        return codec or "png"
    by_suffix = format_of(path.name)
    if by_suffix is None:
        raise OutputError(
            f"expected a pattern that ends in .png, .jpg, .tiff, .webp or .exr, found {path.name}"
        )
    if codec is not None and codec != by_suffix:
        raise OutputError(f"expected {by_suffix} by the name {path.name}, found the codec {codec}")
    return by_suffix


def _suffix_of(image_format: str) -> str:
    return next(suffix for suffix, name in FORMATS.items() if name == image_format)
