"""Reading a folder or a ``%05d.png`` pattern of stills as if it were a video."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np

from dain.errors import MediaError
from dain.media.frame import (
    Colour,
    Damage,
    Frame,
    FrameReader,
    Pixels,
    Timestamps,
    VideoInfo,
)
from dain.media.stills_codec import channels_of, decode_still, stored_size, to_depth
from dain.media.stills_names import format_of, numbered_stills
from dain.settings import ReadSettings

_HEAD_BYTES = 65536  # enough to hold the size, behind any thumbnail but the largest
_PIXEL_FORMATS = {
    (1, 8): "gray",
    (3, 8): "rgb24",
    (4, 8): "rgba",
    (1, 16): "gray16le",
    (3, 16): "rgb48le",
    (4, 16): "rgba64le",
}


class StillsReader(FrameReader):
    """Stills in natural order (a folder) or by their number (a pattern), one a frame.

    A still's `pts` is its place in a folder, or its number less the smallest one in a
    pattern; the time base is one over the rate that the settings give. A still that
    cannot be decoded, and a number that is missing from a pattern, leave their time
    empty and are counted as damage.

    Args:
        path: a folder, or a pattern such as ``shots/%05d.png``.
        settings: the rate at which the stills play.

    Raises:
        MediaError: there are no stills, none can be decoded, or they differ in size.
    """

    def __init__(self, path: Path, settings: ReadSettings) -> None:
        self.damage = Damage()
        self.messages: list[str] = []
        self._stills = numbered_stills(path)
        self._places = [place for place, _ in self._stills]
        self._time_base = 1 / settings.stills_rate
        self._unreadable: set[Path] = set()
        self._depth_noted = False
        self._report_missing()
        self._check_stored_sizes()
        self._first, pixels, channels = self._find_first(path)
        self._dtype = pixels.dtype
        height, width = pixels.shape[:2]
        bit_depth = 8 * pixels.dtype.itemsize
        if channels == 4:
            self.messages.append(f"{self._first.name} has an alpha channel; it is dropped")
        self.info = VideoInfo(
            path=path,
            width=width,
            height=height,
            bit_depth=bit_depth,
            time_base=self._time_base,
            rates=(settings.stills_rate,),
            frame_count=len(self._stills),
            duration=(self._places[-1] + 1) * self._time_base,
            colour=Colour(),
            sample_aspect_ratio=Fraction(1),
            codec=format_of(self._first.name) or "png",
            pixel_format=_PIXEL_FORMATS[channels, bit_depth],
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
            place, path = self._stills[index]
            pixels = self._read(path)
            if pixels is not None:
                yield Frame(pixels, place, self._time_base, 1, index)

    def timestamps(self) -> Timestamps:
        """Every still's place, damaged ones too."""
        return Timestamps(self._places, self._time_base, 1)

    def damage_places(self) -> list[Any]:
        """Names of the stills that could not be decoded."""
        return sorted(path.name for path in self._unreadable)

    def know_damage(self, places: list[Any]) -> None:
        """Count stills that an earlier run could not decode; each counts once."""
        for _, path in self._stills:
            if path.name in places:
                self._count_unreadable(path)

    def close(self) -> None:
        """Nothing is held open between stills."""

    def _report_missing(self) -> None:
        """Count the numbers that a pattern skips."""
        gaps = [(low, high) for low, high in pairwise(self._stills) if high[0] > low[0] + 1]
        if gaps:
            missing = self._places[-1] + 1 - len(self._places)
            self.damage.corrupt += missing
            (_, before), (_, after) = gaps[0]
            self.damage.messages.append(
                f"{missing} numbers are missing from the stills, the first of them between "
                f"{before.name} and {after.name}; bridged"
            )

    def _check_stored_sizes(self) -> None:
        """Refuse differing sizes before any work is done, where the headers tell."""
        known: tuple[Path, tuple[int, int]] | None = None
        for _, path in self._stills:
            try:
                with path.open("rb") as file:
                    size = stored_size(file.read(_HEAD_BYTES))
            except OSError:
                continue  # reported when it is its turn to be read
            if size is None:
                continue
            known = known or (path, size)
            # Width and height may be exchanged by a rotation that the header does not show.
            if sorted(size) != sorted(known[1]):
                raise _differing(known[0], known[1], path, size)

    def _find_first(self, path: Path) -> tuple[Path, Pixels, int]:
        """The first still that can be decoded, its pixels and its number of components."""
        for _, still in self._stills:
            data = _read_bytes(still)
            pixels = decode_still(data)
            if pixels is not None:
                return still, pixels, channels_of(data)
        raise MediaError(f"expected images at {path}, found none that can be decoded")

    def _read(self, path: Path) -> Pixels | None:
        """One still as the first one is shaped; None, and counted once, if it is damaged."""
        pixels = decode_still(_read_bytes(path))
        if pixels is None:
            self._count_unreadable(path)
            return None
        size = (pixels.shape[1], pixels.shape[0])
        if size != (self.info.width, self.info.height):
            raise _differing(self._first, (self.info.width, self.info.height), path, size)
        if pixels.dtype != self._dtype and not self._depth_noted:
            self._depth_noted = True
            self.messages.append(
                f"{path.name} has {8 * pixels.dtype.itemsize} bits a component and "
                f"{self._first.name} has {self.info.bit_depth}; all are read as the latter"
            )
        return cast("Pixels", np.ascontiguousarray(to_depth(pixels, self._dtype)))

    def _count_unreadable(self, path: Path) -> None:
        if path not in self._unreadable:
            self._unreadable.add(path)
            self.damage.corrupt += 1
            self.damage.messages.append(f"{path.name} cannot be decoded; bridged")


def _read_bytes(path: Path) -> bytes:
    """The file's contents; nothing if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _differing(
    first: Path, first_size: tuple[int, int], path: Path, size: tuple[int, int]
) -> MediaError:
    return MediaError(
        f"expected stills of one size, found {first.name} with {first_size[0]}x{first_size[1]} "
        f"and {path.name} with {size[0]}x{size[1]} pixels"
    )
