"""What flows between readers and writers: frames, what a video is, what an output must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dain.media.hdr import HdrMetadata

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.float32]


def full_scale(pixels: Pixels) -> int:
    """The value that means all there is, of pixels in integers."""
    return 255 if pixels.dtype == np.uint8 else 65535


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture and its exact time.

    Attributes:
        pixels: ``(H, W, 3)`` RGB, or ``(H, W, 4)`` RGBA where the source is transparent and
            its reader was asked to keep that, C-contiguous; uint8, or uint16 (full 0..65535
            scale) where the source has more than 8 bits; float32 only where the reader was
            asked for scene-linear light, with alpha multiplied into it (`media.scene_light`).
            Upright as it is to be seen.
        pts: presentation time in units of `time_base`.
        time_base: seconds per unit.
        duration: how long the picture stands, in units of `time_base`; None if unknown.
        index: position in presentation order, from 0.
    """

    pixels: Pixels
    pts: int
    time_base: Fraction
    duration: int | None
    index: int

    @property
    def time(self) -> Fraction:
        """Presentation time in seconds, exact."""
        return self.pts * self.time_base


@dataclass(frozen=True)
class Colour:
    """Colour description by the code points of ITU-T H.273 (2 = unspecified).

    `range` is FFmpeg's: 0 unspecified, 1 limited (tv), 2 full (pc).
    """

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    range: int = 0


@dataclass(frozen=True)
class VideoInfo:
    """What a reader knows of its video before decoding it.

    Attributes:
        path: where it lies.
        width: of the frames that the reader yields (upright), in pixels.
        height: likewise.
        bit_depth: bits a component in the source.
        time_base: of the frames' `pts`.
        rates: candidate frame rates, the likeliest first (average, then base rate);
            empty if the container tells none.
        frame_count: as the container promises it; None if it does not.
        duration: of the video stream in seconds, as the container promises it.
        colour: colour description as tagged.
        sample_aspect_ratio: width over height of one pixel, upright; 1 if untagged.
        codec: name of the source's codec, or the stills' format.
        pixel_format: FFmpeg's name of the source's pixel format.
        alpha: frames are RGBA.
        plays: how often an animated image is played in all, 0 without end; None for all else.
        live: frames come through a pipe: once, in order, at the first of `rates`, and nobody knows
            how many until they end.
        hdr: static metadata of high dynamic range; None if there are none.
        profile: ICC profile of stills; empty if they have none.
    """

    path: Path
    width: int
    height: int
    bit_depth: int
    time_base: Fraction
    rates: tuple[Fraction, ...]
    frame_count: int | None
    duration: Fraction | None
    colour: Colour
    sample_aspect_ratio: Fraction
    codec: str
    pixel_format: str
    alpha: bool = False
    plays: int | None = None
    live: bool = False
    hdr: HdrMetadata | None = None
    profile: bytes = b""


@dataclass
class Damage:
    """What was wrong with an input and was bridged.

    Attributes:
        corrupt: packets or frames that could not be decoded.
        truncated: the file ends before the time it promises.
        messages: one line each, fit to be shown.
    """

    corrupt: int = 0
    truncated: bool = False
    messages: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.corrupt or self.truncated)


@dataclass(frozen=True)
class Timestamps:
    """Presentation times as the container lists them.

    Attributes:
        pts: of every frame, rising, in units of `time_base`.
        time_base: seconds per unit.
        last_duration: how long the last frame stands, in the same units; None if unknown.
    """

    pts: Sequence[int]
    time_base: Fraction
    last_duration: int | None


@dataclass(frozen=True)
class VaryingTimes:
    """The times of frames that follow no constant rate, in seconds.

    Attributes:
        unit: all times and durations are whole multiples of it.
        shortest: least time from one frame to the next.
        longest: that a frame stands.
    """

    unit: Fraction
    shortest: Fraction
    longest: Fraction


@dataclass(frozen=True)
class OutputSpec:
    """What a writer must know before its first frame.

    Attributes:
        width: of the frames it will be given.
        height: likewise.
        rate: constant output rate, or the average of a varying one.
        bit_depth: of the source, bits a component.
        colour: tags to write, and by which RGB becomes YUV.
        sample_aspect_ratio: width over height of one pixel.
        source: the input whose other streams, metadata and chapters are copied; None for none.
        copy_start: source time (container clock, seconds) that becomes output time `copy_offset`.
        copy_end: source time at which copying stops; None for the end.
        source_end: source time at which its last picture ends; None if unknown.
        cut_start: what lies before `copy_start` is left out.
        copy_offset: output time of `copy_start`.
        copy_stretch: output seconds per source second; above 1 in slow motion.
        alpha: the frames are RGBA.
        plays: how often an animated image is to be played in all; 0 without end.
        exact: the source's pictures have not lost anything to a codec: no loss is added where
            the format leaves the choice.
        pixel_format: of the source's pictures, as FFmpeg names it; Y4M keeps it.
        hdr: static metadata of high dynamic range to write; None if there are none.
        profile: ICC profile of the source's stills; empty if they have none.
        varying: times of frames that follow no constant rate; None where they do.
        strict: damage in the streams that are copied is an error.
    """

    width: int
    height: int
    rate: Fraction
    bit_depth: int = 8
    colour: Colour = field(default_factory=Colour)
    sample_aspect_ratio: Fraction = Fraction(1)
    source: Path | None = None
    copy_start: Fraction = Fraction(0)
    copy_end: Fraction | None = None
    source_end: Fraction | None = None
    cut_start: bool = False
    copy_offset: Fraction = Fraction(0)
    copy_stretch: Fraction = Fraction(1)
    alpha: bool = False
    plays: int = 0
    exact: bool = False
    pixel_format: str = ""
    hdr: HdrMetadata | None = None
    profile: bytes = b""
    varying: VaryingTimes | None = None
    strict: bool = False

    @property
    def shortest(self) -> Fraction:
        """Least time from one frame to the next, in seconds."""
        return 1 / self.rate if self.varying is None else self.varying.shortest
