"""Reading and writing pictures in time: PyAV videos and folders of stills behind two interfaces."""

from __future__ import annotations

from dain.media.frame import (
    Colour,
    Damage,
    Frame,
    FrameReader,
    FrameWriter,
    OutputSpec,
    Timestamps,
    VideoInfo,
)
from dain.media.opening import open_reader, open_writer

__all__ = [
    "Colour",
    "Damage",
    "Frame",
    "FrameReader",
    "FrameWriter",
    "OutputSpec",
    "Timestamps",
    "VideoInfo",
    "open_reader",
    "open_writer",
]
