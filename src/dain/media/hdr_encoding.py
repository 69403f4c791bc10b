"""How the libraries behind encoders are told of high dynamic range."""

from __future__ import annotations

from fractions import Fraction

from dain.media.frame import Colour
from dain.media.hdr import BT2020, PQ, HdrMetadata, MasteringDisplay

_POINT_STEPS, _LUMINANCE_STEPS = 50_000, 10_000  # a unit, in the H.26x family

# Names of both parameters, and whether points are whole 1/50000 and luminances whole 1/10000.
_SYNTAX = {
    "libx265": ("master-display", "max-cll", True),
    "libx264": ("mastering-display", "cll", True),
    "libsvtav1": ("mastering-display", "content-light", False),
}


def encoder_parameters(
    encoder: str, pixel_format: str, colour: Colour, metadata: HdrMetadata | None
) -> dict[str, str]:
    """Static metadata as the library behind an encoder takes it among its own options.

    Args:
        encoder: FFmpeg's name; for those that cannot carry it there is nothing.
        pixel_format: FFmpeg's name.
        colour: what the values mean.
        metadata: what to carry.
    """
    parameters: dict[str, str] = {}
    if encoder == "libx265" and pixel_format == "yuv420p10le" and _is_hdr10(colour):
        parameters["hdr10-opt"] = "1"  # bits are spent as the eye sees PQ
    if metadata is None or encoder not in _SYNTAX:
        return parameters
    display_name, light_name, is_whole = _SYNTAX[encoder]
    if metadata.display is not None and (text := _display_text(metadata.display, is_whole)):
        parameters[display_name] = text
    if metadata.light is not None:
        light = metadata.light
        parameters[light_name] = f"{light.brightest},{light.brightest_average}"
    return parameters


def left_behind(encoder: str, metadata: HdrMetadata | None) -> str:
    """Names of the static metadata that an encoder cannot carry; empty if none."""
    if metadata is None:
        return ""
    names = []
    known = encoder in _SYNTAX
    if metadata.display is not None and not (known and _display_text(metadata.display, True)):
        names.append("mastering-display data")
    if metadata.light is not None and not known:
        names.append("light levels")
    return " and ".join(names)


def _is_hdr10(colour: Colour) -> bool:
    return (colour.primaries, colour.transfer, colour.matrix) == (BT2020, PQ, BT2020)


def _display_text(display: MasteringDisplay, is_whole: bool) -> str:
    """Green, blue, red, white, brightest and darkest, in one line; empty unless all are told."""
    if display.primaries is None or display.white is None or display.luminance is None:
        return ""

    def number(value: Fraction, steps: int) -> str:
        return str(round(value * steps)) if is_whole else f"{float(value):.8f}"

    red, green, blue = display.primaries
    points = {"G": green, "B": blue, "R": red, "WP": display.white}
    darkest, brightest = display.luminance
    texts = [
        f"{name}({number(x, _POINT_STEPS)},{number(y, _POINT_STEPS)})"
        for name, (x, y) in points.items()
    ]
    brightness = f"L({number(brightest, _LUMINANCE_STEPS)},{number(darkest, _LUMINANCE_STEPS)})"
    return "".join(texts) + brightness
