"""High dynamic range: what a video says of its master, and how encoders are told."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.buffer import Buffer
from av.sidedata.sidedata import Type as SideDataType

PQ, HLG = 16, 18  # transfer characteristics of ITU-T H.273
BT2020 = 9  # primaries, and the matrix

Point = tuple[Fraction, Fraction]

# What changes from scene to scene; our new frames have no such data.
_DYNAMIC = {
    SideDataType.DOVI_METADATA: "Dolby Vision",
    SideDataType.DOVI_RPU_BUFFER: "Dolby Vision",
    SideDataType.DYNAMIC_HDR_PLUS: "HDR10+",
    SideDataType.DYNAMIC_HDR_VIVID: "HDR Vivid",
    SideDataType.AMBIENT_VIEWING_ENVIRONMENT: "ambient viewing environment",
}


@dataclass(frozen=True)
class MasteringDisplay:
    """The display on which a film was graded (SMPTE ST 2086).

    Attributes:
        primaries: CIE 1931 x and y of red, green and blue; None if not told.
        white: likewise of its white.
        luminance: darkest and brightest, in candelas per square metre; None if not told.
    """

    primaries: tuple[Point, Point, Point] | None = None
    white: Point | None = None
    luminance: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class LightLevel:
    """How bright the pictures get (CTA-861.3), in candelas per square metre; 0 if not told.

    Attributes:
        brightest: pixel of the whole film (MaxCLL).
        brightest_average: of a frame (MaxFALL).
    """

    brightest: int
    brightest_average: int


@dataclass(frozen=True)
class HdrMetadata:
    """Static metadata of a video; either part may be missing.

    Attributes:
        display: on which it was graded.
        light: how bright it gets.
    """

    display: MasteringDisplay | None = None
    light: LightLevel | None = None

    def __bool__(self) -> bool:
        return self.display is not None or self.light is not None


def is_hdr(transfer: int) -> bool:
    """Whether a transfer is of high dynamic range: PQ or HLG."""
    return transfer in (PQ, HLG)


def static_metadata(side_data: Mapping[Any, Buffer]) -> HdrMetadata | None:
    """What a decoded frame carries of the static metadata of its stream; None if nothing."""
    display = side_data.get(SideDataType.MASTERING_DISPLAY_METADATA)
    light = side_data.get(SideDataType.CONTENT_LIGHT_LEVEL)
    found = HdrMetadata(
        None if display is None else parse_mastering_display(bytes(display)),
        None if light is None else LightLevel(*struct.unpack("=2I", bytes(light)[:8])),
    )
    return found or None


def dynamic_metadata(side_data: Mapping[Any, Buffer]) -> str | None:
    """Names of the metadata of a frame that cannot be carried to new frames; None if none."""
    names = dict.fromkeys(name for kind, name in _DYNAMIC.items() if kind in side_data)
    return " and ".join(names) or None


def parse_mastering_display(data: bytes) -> MasteringDisplay | None:
    """FFmpeg's side data: ten fractions and two flags, in the machine's byte order."""
    numbers = struct.unpack("=22i", data[:88])
    parts = [
        Fraction(top, bottom) if bottom else Fraction(0)
        for top, bottom in zip(numbers[0:20:2], numbers[1:20:2], strict=True)
    ]
    has_primaries, has_luminance = numbers[20:]
    red, green, blue, white = ((x, y) for x, y in zip(parts[0:8:2], parts[1:8:2], strict=True))
    if not has_primaries and not has_luminance:
        return None
    return MasteringDisplay(
        primaries=(red, green, blue) if has_primaries else None,
        white=white if has_primaries else None,
        luminance=(parts[8], parts[9]) if has_luminance else None,
    )
