"""Mixing two frames as light mixes: a cross-fade, by the curve of what is shown."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import cast

import numpy as np
import numpy.typing as npt

from dain.media.frame import Pixels, full_scale
from dain.media.hdr import HLG, PQ
from dain.media.scene_light import finite, linear_of, srgb_of

Floats = npt.NDArray[np.float32]
_Curve = Callable[[Floats], Floats]

# SMPTE ST 2084 (PQ).
_M1, _M2 = 2610 / 16384, 2523 / 32
_C1, _C2, _C3 = 3424 / 4096, 2413 / 128, 2392 / 128
# ARIB STD-B67 (HLG), as in ITU-R BT.2100.
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.5 - _A * float(np.log(4 * _A))


def mixed(before: Pixels, after: Pixels, t: Fraction | float, transfer: int = 2) -> Pixels:
    """The cross-fade of two frames, mixed in linear light.

    Args:
        before: ``(H, W, 3)`` or ``(H, W, 4)``; float32 is scene-linear, with alpha in it;
            what is no number in it is mixed as 0, and infinity as the largest light.
        after: the same size and type.
        t: share of the frame after, in [0, 1].
        transfer: transfer characteristics of ITU-T H.273 of frames in integers: PQ and HLG have
            their own curves, all else is taken as sRGB, which differs little from the others.

    Returns:
        A new frame of the same size and type.
    """
    share = np.float32(float(t))
    if before.dtype == np.float32:
        light0, light1 = (finite(cast("Floats", frame)) for frame in (before, after))
        return cast("Floats", light0 + (light1 - light0) * share)
    top = full_scale(before)
    to_light, from_light = _curves(transfer)
    one, other = (_light_of(frame, top, to_light) for frame in (before, after))
    light = one + (other - one) * share
    if light.shape[2] == 4:
        alpha = light[..., 3:]
        colours = np.divide(
            light[..., :3], alpha, out=np.zeros_like(light[..., :3]), where=alpha > 0
        )
        values = np.concatenate([from_light(colours), alpha], axis=2)
    else:
        values = from_light(light)
    return cast("Pixels", np.rint(np.clip(values, 0, 1) * top).astype(before.dtype))


def _light_of(frame: Pixels, top: int, to_light: _Curve) -> Floats:
    """Linear light, alpha multiplied into it."""
    if frame.dtype == np.uint8:  # few values: a table
        table = to_light(np.arange(256, dtype=np.float32) / np.float32(top))
        colours = table[frame[..., :3]]
    else:
        colours = to_light(frame[..., :3].astype(np.float32) / np.float32(top))
    if frame.shape[2] == 3:
        return colours
    alpha = frame[..., 3:].astype(np.float32) / np.float32(top)
    return np.concatenate([colours * alpha, alpha], axis=2)


def _curves(transfer: int) -> tuple[_Curve, _Curve]:
    """To linear light, and back."""
    if transfer == PQ:
        return _light_of_pq, _pq_of
    if transfer == HLG:
        return _light_of_hlg, _hlg_of
    return linear_of, srgb_of


def _light_of_pq(values: Floats) -> Floats:
    power = np.power(values, np.float32(1 / _M2))
    light = np.maximum(power - _C1, 0) / (_C2 - _C3 * power)
    return cast("Floats", np.power(light, 1 / _M1).astype(np.float32))


def _pq_of(light: Floats) -> Floats:
    power = np.power(light.astype(np.float64), _M1)
    values = np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)
    return cast("Floats", values.astype(np.float32))


def _light_of_hlg(values: Floats) -> Floats:
    above = (np.exp((values - _C) / _A) + _B) / 12
    return cast("Floats", np.where(values <= 0.5, values**2 / 3, above).astype(np.float32))


def _hlg_of(light: Floats) -> Floats:
    above = _A * np.log(np.maximum(12 * light - _B, 1e-6)) + _C
    below = np.sqrt(3 * np.maximum(light, 0))
    return cast("Floats", np.where(light <= 1 / 12, below, above).astype(np.float32))
