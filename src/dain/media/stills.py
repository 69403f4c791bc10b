"""Stills as video: a folder, a ``%05d.png`` pattern or a zip, read and written."""

from __future__ import annotations

from dain.media.stills_names import is_stills, is_stills_output
from dain.media.stills_reader import StillsReader
from dain.media.stills_writer import StillsWriter, stills_format, stills_keep_alpha

__all__ = [
    "StillsReader",
    "StillsWriter",
    "is_stills",
    "is_stills_output",
    "stills_format",
    "stills_keep_alpha",
]
