"""A frame as all judges see it: reduced once, in 8 bits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from dain.judgement.verdict import Pixels

Grey = npt.NDArray[np.uint8]

THUMB_PIXELS = 160 * 90
"""About as many pixels as a thumbnail has, whatever its shape."""


@dataclass(frozen=True)
class Glance:
    """One frame.

    Attributes:
        grey: ``(H, W)`` luma of every pixel.
        thumb: ``(h, w, 3)`` RGB, the frame with its pixels averaged by area.
    """

    grey: Grey
    thumb: npt.NDArray[np.uint8]


def glance_at(pixels: Pixels) -> Glance:
    """Look at a frame.

    Args:
        pixels: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA: uint8, uint16, or float32 scene-linear.
            What is transparent is seen on black.
    """
    height, width = pixels.shape[:2]
    share = min(1.0, (THUMB_PIXELS / (height * width)) ** 0.5)
    size = (max(1, round(width * share)), max(1, round(height * share)))
    colours = _in_8_bits(pixels)
    return Glance(
        grey=cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False),
        thumb=cv2.resize(colours, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False),
    )


def _in_8_bits(pixels: Pixels) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        colours = pixels
    elif pixels.dtype == np.uint16:
        colours = (pixels // 256).astype(np.uint8)
    else:  # a square root is near enough to a display's curve for looking
        light = np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
        colours = (np.sqrt(np.clip(light, 0, 1)) * 255).astype(np.uint8)
    if colours.shape[2] == 4:
        alpha = colours[..., 3:]
        opaque = colours[..., :3]
        if pixels.dtype == np.float32 or int(alpha.min()) == 255:  # light has alpha in it already
            return np.ascontiguousarray(opaque)
        return (opaque.astype(np.uint16) * alpha // 255).astype(np.uint8)
    return colours.astype(np.uint8, copy=False)
