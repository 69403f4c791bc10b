"""What there is to know of a video encoder, and what `--crf` means to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Quality: TypeAlias = Callable[[int], Mapping[str, str]]

_LAMBDA = 118  # FFmpeg's FF_QP2LAMBDA: quantisers are given in fractions of a step


def crf(value: int) -> dict[str, str]:
    """The encoder's own option of that name."""
    return {"crf": str(value)}


def quantiser(value: int) -> dict[str, str]:
    """The fixed quantiser, 1 to 31, of the older MPEG encoders and their like.

    A crf of 17 is 3, and as with x264 every 6 more double it.
    """
    step = min(31.0, max(1.0, 3 * 2 ** ((value - 17) / 6)))
    return {"flags": "+qscale", "global_quality": str(round(step * _LAMBDA))}


@dataclass(frozen=True)
class Encoder:
    """How an encoder is set up unless told otherwise.

    Attributes:
        options: of the encoder.
        quality: options that stand for a `--crf`; None where the encoder has no like of it.
        no_quality: then, what to do instead.
        pixel_formats: for sources of 8 bits, best first.
        deep_pixel_formats: for more than 8 bits; those that hold all bits go first.
        alpha_pixel_formats: likewise those in which it is known to store transparency.
        alpha_options: of the encoder, for these.
        alpha_values: values with which an option still lets it store transparency.
        exact: it is lossless, what cannot be seen included.
        parameters: name of the option that holds options of the library behind the encoder.
        tag: four-character code in MP4 and MOV, where FFmpeg's own is little understood.
        coarse_time: the bit stream stores times in whole frames, or in 16-bit fractions.
        least_size: smallest width and height it is known to work with.
        aspect: the bit stream stores the pixel aspect.
        even_size: width and height must be even whatever the pixel format.
        whole_chroma: they must be even where the pixel format halves chroma; others round up, or
            say themselves what is wrong.
        colour: the bit stream stores the colour description.
        matrix: the only one that its decoders know, whatever a container says; None for any.
        range: likewise.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    quality: Quality | None = crf
    pixel_formats: tuple[str, ...] = ("yuv420p", "yuv444p")
    deep_pixel_formats: tuple[str, ...] = ("yuv420p10le", "yuv444p10le")
    alpha_pixel_formats: tuple[str, ...] = ()
    alpha_options: Mapping[str, str] = field(default_factory=dict)
    alpha_values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    exact: bool = False
    parameters: str | None = None
    tag: str | None = None
    coarse_time: bool = False
    least_size: int = 1
    aspect: bool = True
    even_size: bool = False
    whole_chroma: bool = False
    no_quality: str = "it loses nothing; leave --crf out"
    colour: bool = True
    matrix: int | None = None
    range: int | None = None
