"""Reading and writing pictures in time: videos, animated images and stills, two interfaces."""

from __future__ import annotations

from dain.media.frame import Colour, Damage, Frame, OutputSpec, Timestamps, VideoInfo
from dain.media.interfaces import FrameReader, FrameWriter
from dain.media.opening import keeps_alpha, open_reader, open_writer, takes_scene_linear

__all__ = [
    "Colour",
    "Damage",
    "Frame",
    "FrameReader",
    "FrameWriter",
    "OutputSpec",
    "Timestamps",
    "VideoInfo",
    "keeps_alpha",
    "open_reader",
    "open_writer",
    "takes_scene_linear",
]
