"""Reading a folder, a ``%05d.png`` pattern or a zip of stills as if it were a video."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from dain.errors import MediaError
from dain.media.frame import Colour, Damage, Frame, Pixels, Timestamps, VideoInfo
from dain.media.interfaces import FrameReader
from dain.media.stills_names import format_of
from dain.media.stills_pictures import PictureDecoder, StillsDecoder
from dain.media.stills_sources import StillsSource, open_source
from dain.settings import DEFAULT_STILLS_RATE, ReadSettings


class StillsReader(FrameReader):
    """Stills in natural order (a folder, a zip) or by their number (a pattern), one a frame.

    A still's `pts` is its place in a folder or zip, or its number less the smallest one in a
    pattern; the time base is one over the rate that the settings give, or EXR stills. A still that
    cannot be decoded, and a number that is missing from a pattern, leave their time
    empty and are counted as damage.

    Args:
        path: a folder, a pattern such as ``shots/%05d.png``, or a zip.
        settings: the rate at which the stills play, and what becomes of transparency.

    Raises:
        MediaError: there are no stills, none can be decoded, or they differ in size or kind.
    """

    def __init__(self, path: Path, settings: ReadSettings) -> None:
        self.damage = Damage()
        self._source = open_source(path)
        self._stills = self._source.stills
        self._places = [place for place, _ in self._stills]
        self._unreadable: set[str] = set()
        self._report_missing()
        try:
            self._decoder = decoder_for(path, self._source, settings)
        except BaseException:
            self._source.close()
            raise
        self.messages = self._decoder.messages
        found = self._decoder.format
        rate = settings.stills_rate or found.rate or DEFAULT_STILLS_RATE
        self._time_base = 1 / rate
        self.info = VideoInfo(
            path=path,
            width=found.width,
            height=found.height,
            bit_depth=found.bit_depth,
            time_base=self._time_base,
            rates=(rate,),
            frame_count=len(self._stills),
            duration=(self._places[-1] + 1) * self._time_base,
            colour=Colour(),
            sample_aspect_ratio=found.sample_aspect_ratio,
            codec=found.codec,
            pixel_format=found.pixel_format,
            alpha=found.alpha,
            profile=found.profile,
        )

    def frames(self, from_pts: int | None = None) -> Iterator[Frame]:
        """Decode from the start, or from the last still at or before `from_pts`.

        Raises:
            MediaError: a still differs in size from the first.
        """
        start = 0 if from_pts is None else max(bisect_right(self._places, from_pts) - 1, 0)
        # The still at `from_pts` may be damaged: then the one before it stands there.
        while start > 0 and self._read(self._stills[start][1]) is None:
            start -= 1
        for index in range(start, len(self._stills)):
            place, name = self._stills[index]
            pixels = self._read(name)
            if pixels is not None:
                yield Frame(pixels, place, self._time_base, 1, index)

    def timestamps(self) -> Timestamps:
        """Every still's place, damaged ones too."""
        return Timestamps(self._places, self._time_base, 1)

    def damage_places(self) -> list[Any]:
        """Names of the stills that could not be decoded."""
        return sorted(self._unreadable)

    def know_damage(self, places: list[Any]) -> None:
        """Count stills that an earlier run could not decode; each counts once."""
        for _, name in self._stills:
            if name in places:
                self._count_unreadable(name)

    def close(self) -> None:
        """Close the zip; nothing else is held open between stills."""
        self._source.close()

    def _report_missing(self) -> None:
        """Count the numbers that a pattern skips."""
        gaps = [(low, high) for low, high in pairwise(self._stills) if high[0] > low[0] + 1]
        if gaps:
            missing = self._places[-1] + 1 - len(self._places)
            self.damage.corrupt += missing
            (_, before), (_, after) = gaps[0]
            self.damage.messages.append(
                f"{missing} numbers are missing from the stills, the first of them between "
                f"{before} and {after}; bridged"
            )

    def _read(self, name: str) -> Pixels | None:
        """The frame of a still; None, and counted once, if it is damaged."""
        pixels = self._decoder.decode(name)
        if pixels is None:
            self._count_unreadable(name)
        return pixels

    def _count_unreadable(self, name: str) -> None:
        if name not in self._unreadable:
            self._unreadable.add(name)
            self.damage.corrupt += 1
            self.damage.messages.append(f"{name} cannot be decoded; bridged")


def decoder_for(path: Path, source: StillsSource, settings: ReadSettings) -> StillsDecoder:
    """What decodes these stills as frames that are all alike.

    Raises:
        MediaError: EXR and other stills are mixed, or see the decoders.
    """
    linear = [name for _, name in source.stills if format_of(name) == "exr"]
    if not linear:
        return PictureDecoder(path, source, settings.alpha)
    from dain.media.exr_stills import ExrDecoder

    others = next((name for _, name in source.stills if format_of(name) != "exr"), None)
    if others is not None:
        raise MediaError(
            f"expected stills of one kind, found {linear[0]} and {others} in {path}; "
            "name one kind by a pattern such as %04d.exr"
        )
    return ExrDecoder(path, source, settings)
