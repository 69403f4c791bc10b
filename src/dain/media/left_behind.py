"""What a source holds besides pictures, for outputs that hold nothing else."""

from __future__ import annotations

from pathlib import Path

import av

from dain.media.still_profiles import is_of_rgb, is_srgb
from dain.media.stills_names import is_stills


def kinds_left_behind(source: Path | None) -> str:
    """The other kinds of streams, such as ``audio, subtitle``; empty if there are none."""
    if source is None or is_stills(source):
        return ""
    try:
        with av.open(str(source)) as container:
            return ", ".join(sorted({stream.type for stream in container.streams} - {"video"}))
    except (av.FFmpegError, OSError):
        return ""  # the reader of the source says what is wrong with it


def profile_note(profile: bytes) -> list[str]:
    """That an output without colour profiles shows other colours than the stills it is made of.

    sRGB is what is meant where nothing is said, so that it is not missed.
    """
    if not is_of_rgb(profile) or is_srgb(profile):
        return []
    return ["the stills' colour profile is left behind; png, tiff and jpg stills keep it"]
