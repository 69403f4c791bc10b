"""Between the light of a scene (EXR) and what is shown on a display (all other stills).

Scene-linear frames are float32, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA, of any value, and
their colours have alpha multiplied into them, as EXR has it. Display frames are uint8 or
uint16, their curve is that of sRGB (IEC 61966-2-1), and alpha is not multiplied into them.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from dain.media.frame import Pixels, full_scale

Floats = npt.NDArray[np.float32]

# The curve of sRGB: a power, and a straight line near black.
_POWER, _GAIN, _OFFSET, _SLOPE = 2.4, 1.055, 0.055, 12.92
_LINE_ENDS = 0.0031308  # in linear light
_TOP = 65535


def srgb_of(linear: Floats) -> Floats:
    """The curve of sRGB, for values of 0 and above; goes on beyond 1."""
    power = _GAIN * np.power(np.maximum(linear, _LINE_ENDS), np.float32(1 / _POWER)) - _OFFSET
    return np.where(linear <= _LINE_ENDS, linear * _SLOPE, power).astype(np.float32)


def linear_of(srgb: Floats) -> Floats:
    """The inverse of `srgb_of`."""
    power = np.power((np.maximum(srgb, 0) + _OFFSET) / _GAIN, np.float32(_POWER))
    return np.where(srgb <= _LINE_ENDS * _SLOPE, srgb / _SLOPE, power).astype(np.float32)


def finite(pixels: Floats) -> Floats:
    """The same pixels with 0 where there is no number, and infinity as large as the rest."""
    good = np.isfinite(pixels)
    if good.all():
        return pixels
    largest = float(np.abs(pixels[good]).max(initial=1.0))
    return np.nan_to_num(pixels, nan=0.0, posinf=largest, neginf=-largest)


def straight(pixels: Floats) -> Floats:
    """``(H, W, 4)`` with the colours divided by alpha, in [0, 1]; those without any are black."""
    alpha = np.clip(pixels[..., 3:], 0, 1)
    colours = np.divide(pixels[..., :3], alpha, out=np.zeros_like(pixels[..., :3]), where=alpha > 0)
    return np.concatenate([colours, alpha], axis=2)


def developed(pixels: Floats, alpha: bool) -> npt.NDArray[np.uint16]:
    """A scene-linear frame as it is shown: sRGB, clipped to what a display can, 16 bits.

    Args:
        pixels: scene-linear, RGB or RGBA.
        alpha: RGBA stays so; else it is laid on white.
    """
    shown = finite(pixels)
    if shown.shape[2] == 4 and not alpha:
        shown = shown[..., :3] + (1 - np.clip(shown[..., 3:], 0, 1))
    elif shown.shape[2] == 4:
        shown = straight(shown)
    made = srgb_of(np.clip(shown[..., :3], 0, 1))
    if shown.shape[2] == 4:
        made = np.concatenate([made, shown[..., 3:]], axis=2)
    return np.rint(made * _TOP).astype(np.uint16)


def scene_linear(pixels: Pixels) -> Floats:
    """A display frame in integers as scene-linear light, from 0 to 1."""
    top = np.float32(full_scale(pixels))
    values = pixels.astype(np.float32) / top
    colours = linear_of(values[..., :3])
    if pixels.shape[2] == 3:
        return colours
    alpha = values[..., 3:]
    return np.concatenate([colours * alpha, alpha], axis=2)


def display(pixels: Pixels) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    """A frame of any kind in integers: scene-linear ones are developed."""
    if pixels.dtype == np.float32:
        return developed(cast("Floats", pixels), alpha=pixels.shape[2] == 4)
    return cast("npt.NDArray[np.uint8] | npt.NDArray[np.uint16]", pixels)
