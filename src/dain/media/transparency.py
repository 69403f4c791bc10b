"""Transparency in pixels: laid on white, or kept from darkening the edges of things.

Colours are straight throughout: alpha is not multiplied into them.
"""

from __future__ import annotations

from typing import TypeAlias, cast

import cv2
import numpy as np
import numpy.typing as npt

from dain.media.encoder import Encoder
from dain.media.encoder_tables import ENCODERS
from dain.media.frame import Colour, Pixels, full_scale
from dain.media.hdr import HLG, PQ

Floats: TypeAlias = npt.NDArray[np.float32]

KEPT_BY = "an output in .mov, .webm, .mkv, .gif, .apng, .webp or PNG stills keeps it"

# Code values of reference white (ITU-R BT.2408): full scale would be a glare.
_WHITES = {PQ: 0.581, HLG: 0.75}


def is_opaque(pixels: Pixels) -> bool:
    """Whether nothing shines through ``(H, W, 4)`` RGBA in integers."""
    return bool(np.all(pixels[..., 3] == full_scale(pixels)))


def on_white(pixels: Pixels, colour: Colour | None = None) -> Pixels:
    """``(H, W, 3)`` of ``(H, W, 4)``, laid on white.

    Args:
        pixels: RGBA.
        colour: what the values mean; white is reference white where that is high dynamic range.
    """
    if is_opaque(pixels):
        return cast("Pixels", np.ascontiguousarray(pixels[..., :3]))
    top = full_scale(pixels)
    white = top * _WHITES.get(colour.transfer if colour else 2, 1.0)
    mixed = pixels[..., :3].astype(np.float32)
    mixed -= white
    mixed *= pixels[..., 3:].astype(np.float32) / top
    mixed += white
    return cast("Pixels", np.rint(mixed, out=mixed).astype(pixels.dtype))


def spread_colours(pixels: Pixels) -> Pixels:
    """Put the colours of what is near under all that cannot be seen.

    Lossy encoders blur across the edges of things, chroma above all: over black they would
    darken them.

    Args:
        pixels: ``(H, W, 4)``; not changed.
    """
    hidden = pixels[..., 3] == 0
    if not hidden.any() or hidden.all():
        return pixels
    cover = cast("Floats", pixels[..., 3].astype(np.float32) / full_scale(pixels))
    colours = cast("Floats", pixels[..., :3].astype(np.float32))
    colours *= cover[..., None]
    near = _from_half_size(colours, cover)
    spread: Pixels = pixels.copy()
    np.copyto(spread[..., :3], near.astype(pixels.dtype), where=hidden[..., None])
    return spread


def _from_half_size(colours: Floats, cover: Floats) -> Floats:
    """Smooth colours for every pixel, out of those that are seen near it.

    Args:
        colours: ``(H, W, 3)``, multiplied by cover.
        cover: ``(H, W)`` in [0, 1], not 0 throughout.
    """
    height, width = cover.shape
    half = (width + 1) // 2, (height + 1) // 2
    colours = cast("Floats", cv2.resize(colours, half, interpolation=cv2.INTER_AREA))
    cover = cast("Floats", cv2.resize(cover, half, interpolation=cv2.INTER_AREA))
    seen = cover > 0
    straight = cast("Floats", colours / np.where(seen, cover, 1)[..., None])
    if not seen.all():
        near = _from_half_size(colours, cover)
        straight = cast("Floats", np.where(seen[..., None], straight, near))
    return cast("Floats", cv2.resize(straight, (width, height), interpolation=cv2.INTER_LINEAR))


def for_encoder(pixels: Pixels, encoder: str) -> Pixels:
    """Frames as an encoder should get them: RGBA is prepared for those that lose something."""
    lossless = ENCODERS.get(encoder, Encoder()).exact
    return pixels if pixels.shape[2] == 3 or lossless else spread_colours(pixels)
