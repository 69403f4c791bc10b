"""Clips decoded once into arrays that workers share, as they are and as a poor copy would be.

The poor copies are small and squeezed by an old codec, as much of what people want smoothed is:
trained on clean pictures alone, a network learns to invent detail where there is only noise.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from dain.errors import DainWarning, MediaError, reason_of
from dain.media import open_reader
from dain.media.stills_codec import to_depth
from dain.training.checkpoints import write_whole
from dain.training.disk import disk_errors
from dain.training.squeezing import squeeze

_LONG_SIDE = 960  # larger clips are reduced: motion between their frames is too far for crops
_MOST_FRAMES = 400  # of a clip
_LEAST_FRAMES = 3  # two, and one between them
_POOR_BITS_PER_PIXEL = (0.10, 0.25)  # at 25 frames a second: 256 and 640 kbit/s at 427x240
_NO_VIDEO = (".csv", ".html", ".json", ".md", ".pdf", ".rst", ".txt", ".yaml", ".yml")
_INDEX = "clips.json"
_VERSION = 2

Frames = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CachedClip:
    """A clip as an array on the disk.

    Attributes:
        name: of the file it was decoded from, without its suffix.
        file: in the cache: ``(N, H, W, 3)`` uint8 RGB, as NumPy saves it.
        poor: squeezed and small.
        change: mean absolute difference of each frame from the one before, in levels of 255,
            N values; the first is 0.
    """

    name: str
    file: str
    poor: bool
    change: tuple[float, ...]


@dataclass(frozen=True)
class _Entry:
    """What the index says of a file.

    Attributes:
        size: of the file, in bytes.
        modified: when it was, in nanoseconds.
        clips: what was made of it.
        sizes: of their arrays, in bytes.
        trouble: why there are none.
    """

    size: int
    modified: int
    clips: tuple[CachedClip, ...] = ()
    sizes: tuple[int, ...] = ()
    trouble: str = ""


_Index = dict[str, _Entry]


def cache_clips(clips: Path, cache: Path) -> list[CachedClip]:
    """Decode every clip of a folder that is not in the cache yet, or was replaced since.

    Several processes may do so at once; one works, the others wait. Hidden files are no clips.

    Args:
        clips: folder of videos.
        cache: folder for the arrays, made if need be; about 300 MB a clip.

    Warns:
        DainWarning: a file is no video, or is too short.

    Raises:
        MediaError: the folder cannot be read, or holds no video.
        OutputError: the cache cannot be written.
        RunError: the disk is full.
    """
    files = _videos(clips)
    index = _read_index(cache)
    if not all(_is_current(index, path, cache) for path in files):
        index = _fill(files, cache)
    found: list[CachedClip] = []
    for path in files:
        entry = index[path.name]
        found += entry.clips
        if entry.trouble:
            warnings.warn(f"left out {path}: {entry.trouble}", DainWarning, stacklevel=2)
    if not found:
        raise MediaError(
            f"{clips}: expected videos of {_LEAST_FRAMES} frames or more, found none that can "
            "be decoded"
        )
    return found


def load_clip(clip: CachedClip, cache: Path) -> Frames:
    """The frames of a clip, mapped and not read."""
    frames: Frames = np.load(cache / clip.file, mmap_mode="r")
    return frames


def _videos(clips: Path) -> list[Path]:
    """Files that may be videos, in the same order on every system."""
    try:
        files = [path for path in clips.iterdir() if path.is_file()]
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"expected a folder of clips, found {clips}: {reason}") from error
    chosen = (
        path
        for path in files
        if path.suffix.lower() not in _NO_VIDEO and not path.name.startswith(".")
    )
    return sorted(chosen, key=lambda path: path.name)


def _fill(files: Iterable[Path], cache: Path) -> _Index:
    """Decode what is not in the cache as it is now."""
    from filelock import FileLock

    with disk_errors(f"cannot write decoded clips to {cache}", "--cache names another folder"):
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / ".lock"):
            index = _read_index(cache)
            for left_over in cache.glob("*.part"):  # of a process that was killed
                left_over.unlink()
            for path in files:
                if not _is_current(index, path, cache):
                    index[path.name] = _cache_clip(path, cache)
                    _write_index(cache, index)
    return index


def _is_current(index: _Index, path: Path, cache: Path) -> bool:
    entry = index.get(path.name)
    if entry is None or (entry.size, entry.modified) != _identity(path):
        return False
    pairs = zip(entry.clips, entry.sizes, strict=True)
    return all(_size(cache / clip.file) == size for clip, size in pairs)


def _identity(path: Path) -> tuple[int, int]:
    """Size and time, by which another file of the same name is told from this one."""
    try:
        status = path.stat()
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read the clip {path}: {reason}") from error
    return status.st_size, status.st_mtime_ns


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _cache_clip(path: Path, cache: Path) -> _Entry:
    """Decode a clip and squeeze it."""
    from av.error import FFmpegError

    size, modified = _identity(path)
    whole = f"{path.name}.npy"
    made = []
    try:
        made.append(_keep(_decoded(path), path.stem, whole, False, cache))
        for number, bits in enumerate(_POOR_BITS_PER_PIXEL):
            poor = squeeze(load_clip(made[0], cache), bits)
            made.append(_keep(poor, path.stem, f"{path.name}.poor{number}.npy", True, cache))
    except MediaError as error:
        trouble = str(error)
    except FFmpegError as error:  # the picture has a shape that no codec takes
        trouble = f"cannot be squeezed ({error.strerror})"
    else:
        sizes = tuple((cache / clip.file).stat().st_size for clip in made)
        return _Entry(size, modified, tuple(made), sizes)
    for clip in made:
        (cache / clip.file).unlink()
    return _Entry(size, modified, trouble=trouble)


def _keep(frames: Iterable[Frames], name: str, file: str, poor: bool, cache: Path) -> CachedClip:
    """Write frames one by one as they come."""
    part = cache / f"{file}.part"
    change: list[float] = []
    before: Frames | None = None
    try:
        with part.open("wb") as handle:
            for pixels in frames:
                if before is None:
                    _write_header(handle, (0, *pixels.shape))
                    change.append(0.0)
                else:
                    change.append(float(np.abs(pixels.astype(np.int16) - before).mean()))
                handle.write(np.ascontiguousarray(pixels).data)
                before = pixels
            if before is None or len(change) < _LEAST_FRAMES:
                raise MediaError(f"expected {_LEAST_FRAMES} frames or more, found {len(change)}")
            handle.seek(0)
            _write_header(handle, (len(change), *before.shape))
        part.replace(cache / file)
    finally:
        part.unlink(missing_ok=True)
    return CachedClip(name, file, poor, tuple(change))


def _write_header(handle: BinaryIO, shape: tuple[int, ...]) -> None:
    """NumPy leaves room in it for any number of frames, so that it can be written again."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(handle, header)


def _decoded(path: Path) -> Iterator[Frames]:
    """The first frames of a video, large ones reduced."""
    import cv2

    with open_reader(path) as reader:
        for number, frame in enumerate(reader.frames()):
            if number == _MOST_FRAMES:
                return
            pixels = np.asarray(to_depth(frame.pixels, np.dtype(np.uint8)), np.uint8)
            factor = _LONG_SIDE / max(pixels.shape[:2])
            if factor < 1:
                height, width = (max(round(side * factor), 1) for side in pixels.shape[:2])
                reduced = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
                pixels = np.asarray(reduced, np.uint8)
            yield pixels


def _read_index(cache: Path) -> _Index:
    """What is known of each file by its name; nothing if there is no index of this version."""
    try:
        kept = json.loads((cache / _INDEX).read_text(encoding="utf-8"))
        if kept["version"] != _VERSION:
            return {}
        return {name: _entry(**entry) for name, entry in kept["clips"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _entry(clips: Iterable[Mapping[str, Any]], sizes: Iterable[int], **rest: Any) -> _Entry:
    made = (CachedClip(**{**clip, "change": tuple(clip["change"])}) for clip in clips)
    return _Entry(clips=tuple(made), sizes=tuple(sizes), **rest)


def _write_index(cache: Path, index: _Index) -> None:
    entries = {name: asdict(entry) for name, entry in index.items()}
    content = json.dumps({"version": _VERSION, "clips": entries})
    write_whole(cache / _INDEX, content.encode())
