"""Stills as video: a folder or a ``%05d.png`` pattern, read and written."""

from __future__ import annotations

from dain.media.stills_names import is_stills, is_stills_output
from dain.media.stills_reader import StillsReader
from dain.media.stills_writer import StillsWriter, stills_keep_alpha

__all__ = ["StillsReader", "StillsWriter", "is_stills", "is_stills_output", "stills_keep_alpha"]
