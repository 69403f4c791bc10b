"""From a path to the reader or writer that fits it."""

from __future__ import annotations

from pathlib import Path

from dain.media.frame import FrameReader, FrameWriter, OutputSpec
from dain.settings import EncodeSettings, ReadSettings


def open_reader(path: Path, settings: ReadSettings | None = None) -> FrameReader:
    """Open a video file, a folder of stills, or a ``%05d.png`` pattern of stills.

    Raises:
        MediaError: nothing is there, or it is no video.
    """
    from dain.media.stills import StillsReader, is_stills
    from dain.media.video_reader import VideoReader

    settings = settings or ReadSettings()
    return StillsReader(path, settings) if is_stills(path) else VideoReader(path)


def open_writer(
    path: Path, spec: OutputSpec, settings: EncodeSettings | None = None
) -> FrameWriter:
    """Open a video file, a folder, or a ``%05d.png`` pattern of stills for writing.

    Raises:
        OutputError: it exists already, cannot be written, or cannot hold what was asked.
    """
    from dain.media.stills import StillsWriter, is_stills_output
    from dain.media.video_writer import VideoWriter

    settings = settings or EncodeSettings()
    if is_stills_output(path):
        return StillsWriter(path, spec, settings)
    return VideoWriter(path, spec, settings)
