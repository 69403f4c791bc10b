"""Where the clock of a file begins."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from av.format import Flags

from dain.media.containers import open_container
from dain.media.stills_names import is_stills


def clock_start(path: Path) -> Fraction:
    """The container time, in seconds, that a person would call 0.

    A broadcast's clock (MPEG-TS, MPEG-PS) may begin at 1.4 seconds or after hours; there it
    is the start of the earliest stream. Everywhere else, and for stills, it is 0.

    Raises:
        MediaError: the file cannot be opened.
    """
    if not path.is_file() or is_stills(path):
        return Fraction(0)
    with open_container(path) as container:
        if not Flags(container.format.flags) & Flags.ts_discont:
            return Fraction(0)
        starts = [
            stream.start_time * stream.time_base
            for stream in container.streams
            if stream.start_time is not None and stream.time_base is not None
        ]
    return min(starts, default=Fraction(0))
