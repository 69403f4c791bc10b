"""Folders of videos: what moves in them, and what a result of each can be called."""

from __future__ import annotations

from pathlib import Path

from dain.errors import MediaError, reason_of
from dain.media.animation import animation_format
from dain.media.animation_options import SUFFIXES as ANIMATED
from dain.media.container_tables import CONTAINERS
from dain.media.stills_names import ARCHIVES, format_of, is_archive, natural, pattern_of

# By name alone: a folder may hold thousands of files, and opening each would take long.
_VIDEO_NAMES = """
    3g2 3gp 264 265 asf avi dv f4v flv h264 h265 hevc ivf m1v m2ts m2v m4v mkv mov mp4 mpeg mpg mts
    mxf nut obu ogm ogv rm rmvb ts vob webm wmv y4m
"""
_VIDEOS = frozenset(f".{name}" for name in _VIDEO_NAMES.split())
_ANY_STREAMS = ".mkv"  # holds whatever another container did
WRITABLE = frozenset({*CONTAINERS, *ANIMATED, *ARCHIVES})


def files_to_run(path: Path) -> list[Path]:
    """What an input stands for: itself, or each video of a folder that holds videos.

    Videos, animated images and zips of stills count as videos; they come in natural order. Hidden
    files, sub-folders and files of other kinds are passed over.

    Raises:
        MediaError: a folder holds both videos and stills, or cannot be read.
    """
    try:
        if not path.is_dir():
            return [path]
    except OSError:  # before Python 3.14, of a name too long or a circular link
        return [path]  # the run says what is wrong with it
    try:
        files = [file for file in path.iterdir() if file.is_file() and file.name[0] != "."]
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read the folder {path}: {reason}") from error
    files.sort(key=lambda file: natural(file.name))
    moving = [file for file in files if _moves(file)]
    if not moving:
        return [path]
    stills = [file for file in files if format_of(file.name) is not None and file not in moving]
    if stills:
        raise MediaError(
            f"expected a folder of videos or one of stills, found both in {path}, such as "
            f"{moving[0].name} and {stills[0].name}; name the videos one by one, or the stills by "
            "a pattern"
        )
    return moving


def name_of_result(source: Path, container: str | None = None) -> str:
    """What a result in another folder is called: as its source, where that can be written.

    Args:
        source: of the result.
        container: suffix that it gets, such as ``.mkv``; None for the source's own, or another
            that can hold the same.
    """
    if container is not None:
        pattern = pattern_of(source)
        if pattern is not None:
            return (pattern.prefix.rstrip("._- ") or source.absolute().parent.name) + container
        return (source.name if source.is_dir() else source.stem) + container
    suffix = source.suffix.lower()
    if source.is_dir() or pattern_of(source) is not None or suffix in WRITABLE:
        return source.name
    if is_archive(source):
        return source.stem + ARCHIVES[0]
    animated = animation_format(source)
    return source.stem + (_ANY_STREAMS if animated is None else f".{animated}")


def _moves(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix in _VIDEOS or suffix in ARCHIVES:
        return True
    return (suffix in ANIMATED or suffix == ".png") and animation_format(file) is not None
