"""Light, softness, grain and compression of many frames at a time, as `dain.training.spoiling`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, pi
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from dain.training.scenes import ScenePlan
from dain.training.spoiling import COARSENESS, Grain, Light, smaller

# The tables of the JPEG standard (ITU-T T.81, annex K), of brightness and of colour, by rows.
_BRIGHTNESS = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_COLOUR = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
_TIE = 1e-5  # steps that a coefficient may fall short of half way, by rounding
_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114  # shares of brightness
_MULTIPLIERS = (0x2C7F3A95D1B64E6B, 0x5E3D79B1A8C2F4D3, 0x369DEA0F31A53F85)  # any odd numbers


@dataclass(frozen=True)
class Spoilings:
    """What befalls the scenes of a batch.

    Of each effect the numbers of the scenes that have it, `K` int64, and with what strength.

    Attributes:
        lit: of light that drifts.
        gain: ``(K, 3, 3)`` float32, of first, truth and last, and of their colours.
        offset: ``(K, 3)`` float32, of first, truth and last in levels of 255.
        soft: of frames that are made smaller and then large again.
        shrink: ``(K, small, size)`` float32, rows of the small frame from those of the large one.
        stretch: ``(K, size, small)`` float32, the way back.
        grainy: of noise.
        seed: ``(K,)`` int64, of the noise.
        strength: ``(K,)`` float32, its sigma in levels of 255.
        coloured: ``(K,)`` int64, 1 for another noise for each colour, else 0.
        coarse: ``(K,)`` float32, sigma of a blur in pixels; small for none.
        compressed: of JPEG.
        tables: ``(K, 3, 8, 8)`` float32, steps of brightness and both colours.
    """

    lit: Tensor
    gain: Tensor
    offset: Tensor
    soft: Tensor
    shrink: Tensor
    stretch: Tensor
    grainy: Tensor
    seed: Tensor
    strength: Tensor
    coloured: Tensor
    coarse: Tensor
    compressed: Tensor
    tables: Tensor


def pack_spoiling(plans: Sequence[ScenePlan]) -> Mapping[str, npt.NDArray[Any]]:
    """The arrays of `Spoilings`."""
    told = [(number, plan.spoiling, plan.time) for number, plan in enumerate(plans)]
    return {
        **_pack_light([(k, each.light, t) for k, each, t in told if each.light is not None]),
        **_pack_scales([(k, each.scale) for k, each, _ in told if each.scale], plans[0].size),
        **_pack_grain([(k, each.grain) for k, each, _ in told if each.grain is not None]),
        **_pack_qualities([(k, each.quality) for k, each, _ in told if each.quality is not None]),
    }


def spoil(frames: Tensor, spoilings: Spoilings) -> Tensor:
    """The frames as delivered; see `dain.training.spoiling.Spoiling`.

    Args:
        frames: ``(N, 3, 3, H, W)``: first, truth and last, RGB, whole levels of 255. Overwritten.
        spoilings: of all `N` scenes.
    """
    s = spoilings
    if len(s.lit):
        changed = frames[s.lit] * _over_planes(s.gain) + _over_planes(s.offset[..., None])
        frames[s.lit] = _levels(changed)
    if len(s.soft):
        frames[s.soft] = _resized(_resized(frames[s.soft], s.shrink), s.stretch)
    if len(s.grainy):
        frames[s.grainy] = _levels(frames[s.grainy] + _noise(s, frames.shape[-1]))
    if len(s.compressed):
        frames[s.compressed] = _through_jpeg(frames[s.compressed], s.tables)
    return frames


def _levels(values: Tensor) -> Tensor:
    """Whole numbers from 0 to 255."""
    return values.round_().clamp_(0, 255)


def _over_planes(values: Tensor) -> Tensor:
    return values[..., None, None]


def _pack_light(lit: Sequence[tuple[int, Light, float]]) -> dict[str, npt.NDArray[Any]]:
    gain = np.zeros((len(lit), 3, 3), np.float32)
    offset = np.zeros((len(lit), 3), np.float32)
    for number, (_, light, time) in enumerate(lit):
        for frame, moment in enumerate((0.0, time, 1.0)):
            gain[number, frame] = [exp(each * (moment - 0.5)) for each in light.exposure]
            offset[number, frame] = light.offset * (moment - 0.5)
    return {"lit": _numbers(lit), "gain": gain, "offset": offset}


def _pack_scales(soft: Sequence[tuple[int, float]], size: int) -> dict[str, npt.NDArray[Any]]:
    """OpenCV's own interpolation as matrices: what it makes of the identity."""
    sides = [smaller(size, scale) for _, scale in soft]
    shrink = np.zeros((len(soft), max(sides, default=1), size), np.float32)
    stretch = np.zeros((len(soft), size, max(sides, default=1)), np.float32)
    for number, side in enumerate(sides):
        whole, small = np.eye(size, dtype=np.float32), np.eye(side, dtype=np.float32)
        shrink[number, :side] = cv2.resize(whole, (size, side), interpolation=cv2.INTER_AREA)
        stretch[number, :, :side] = cv2.resize(small, (side, size), interpolation=cv2.INTER_CUBIC)
    return {"soft": _numbers(soft), "shrink": shrink, "stretch": stretch}


def _resized(frames: Tensor, matrix: Tensor) -> Tensor:
    """Columns and rows through one matrix ``(K, to, from)`` for each scene."""
    matrix = matrix[:, None, None]
    return _levels(matrix @ frames @ matrix.mT)


def _pack_grain(grainy: Sequence[tuple[int, Grain]]) -> dict[str, npt.NDArray[Any]]:
    grains = [grain for _, grain in grainy]
    seeds = [int(grain.state["state"]["state"]) % 2**62 for grain in grains]
    return {
        "grainy": _numbers(grainy),
        "seed": np.array(seeds, np.int64),
        "strength": np.array([grain.strength for grain in grains], np.float32),
        "coloured": np.array([grain.coloured for grain in grains], np.int64),
        # So narrow a blur leaves everything as it is.
        "coarse": np.array([COARSENESS if g.coarse else 0.05 for g in grains], np.float32),
    }


def _noise(s: Spoilings, size: int) -> Tensor:
    """Noise of the grainy scenes, ``(K, 3, 3, H, W)``, the same on every device."""
    device = s.seed.device
    frame, colour, row, column = (torch.arange(n, device=device) for n in (3, 3, size, size))
    colour = colour * s.coloured[:, None]
    plane = _over_planes(3 * frame[:, None] + colour[:, None])
    places = (plane * size + row[:, None]) * size + column
    value = _scramble(places + _over_planes(s.seed[:, None, None]))
    noise = torch.special.ndtri((value.float() + 0.5) / 256) * s.strength.view(-1, 1, 1, 1, 1)
    return _blurred(noise, s.coarse)


def _scramble(numbers: Tensor) -> Tensor:
    """A byte for each int64, without any pattern: multiplied, halves mixed, three times over."""
    for multiplier in _MULTIPLIERS:
        numbers = numbers * multiplier  # what exceeds 64 bits is dropped
        numbers = numbers ^ (numbers >> 32 & 0xFFFFFFFF)
    return numbers >> 24 & 0xFF


def _blurred(noise: Tensor, sigma: Tensor) -> Tensor:
    """By a Gaussian over 3x3 pixels, mirrored at the edges."""
    sigma = sigma.view(-1, 1, 1, 1, 1)
    side = torch.exp(-0.5 / sigma**2)
    side, middle = side / (1 + 2 * side), 1 / (1 + 2 * side)
    noise = functional.pad(noise, (1, 1, 1, 1, 0, 0), mode="reflect")
    noise = side * (noise[..., :-2, :] + noise[..., 2:, :]) + middle * noise[..., 1:-1, :]
    return side * (noise[..., :-2] + noise[..., 2:]) + middle * noise[..., 1:-1]


def _pack_qualities(compressed: Sequence[tuple[int, int]]) -> dict[str, npt.NDArray[Any]]:
    """Steps of the coefficients, as libjpeg makes them from a quality."""
    standard = np.array([_BRIGHTNESS, _COLOUR, _COLOUR]).reshape(3, 8, 8)
    tables = np.zeros((len(compressed), 3, 8, 8), np.float32)
    for number, (_, quality) in enumerate(compressed):
        percent = 5000 // quality if quality < 50 else 200 - 2 * quality
        tables[number] = np.clip((standard * percent + 50) // 100, 1, 255)
    return {"compressed": _numbers(compressed), "tables": tables}


def _through_jpeg(frames: Tensor, tables: Tensor) -> Tensor:
    """Frames ``(K, 3, 3, H, W)`` as JPEG, with colour at half the size, and back."""
    height, width = frames.shape[-2:]
    edges = (0, -width % 16, 0, -height % 16)
    bright, blue, red = _to_ycc(functional.pad(frames, (*edges, 0, 0), mode="replicate")).unbind(2)
    colours = _halved(torch.cat([blue, red], 1))
    bright = _quantised(bright, tables[:, :1])[..., :height, :width]
    colours = _quantised(colours, tables[:, 1:].repeat_interleave(3, 1))
    colours = colours[..., : (height + 1) // 2, : (width + 1) // 2]
    colours = functional.interpolate(  # as decoders do it: half pixels, not whole ones
        colours, scale_factor=2, mode="bilinear", align_corners=False
    )
    blue, red = colours[..., :height, :width].round_().chunk(2, 1)
    return _levels(_from_ycc(bright, blue, red))


def _halved(planes: Tensor) -> Tensor:
    """Means of 2x2 pixels in whole levels; halves are rounded down and up in turn, as libjpeg."""
    means = functional.avg_pool2d(planes, 2)
    column = torch.arange(means.shape[-1], device=planes.device)
    return (means + (1 + column % 2) / 4).floor_()


def _to_ycc(frames: Tensor) -> Tensor:
    """RGB in dimension 2 to brightness, blue and red difference, in whole levels."""
    red, green, blue = frames.unbind(2)
    bright = _RED * red + _GREEN * green + _BLUE * blue
    differences = (
        128 + (blue - bright) / (2 - 2 * _BLUE),
        128 + (red - bright) / (2 - 2 * _RED),
    )
    return torch.stack([bright, *differences], 2).round_().clamp_(0, 255)


def _from_ycc(bright: Tensor, blue: Tensor, red: Tensor) -> Tensor:
    """The reverse."""
    red = bright + (2 - 2 * _RED) * (red - 128)
    blue = bright + (2 - 2 * _BLUE) * (blue - 128)
    green = (bright - _RED * red - _BLUE * blue) / _GREEN
    return torch.stack([red, green, blue], 2)


def _quantised(planes: Tensor, tables: Tensor) -> Tensor:
    """Planes ``(K, P, H, W)`` in blocks of 8x8 through the cosine transform, rounded to steps.

    Args:
        planes: levels of 255; sides are multiples of 8.
        tables: ``(K, P or 1, 8, 8)``.
    """
    number = torch.arange(8, dtype=torch.float32, device=planes.device)
    waves = torch.cos((2 * number + 1) * number[:, None] * (pi / 16)) / 2
    waves[0] *= 0.5**0.5
    steps = tables[:, :, None, :, None, :]
    height, width = planes.shape[-2:]
    blocks = planes.reshape(*planes.shape[:2], height // 8, 8, width // 8, 8) - 128
    parts = torch.einsum("ui,...yixj,vj->...yuxv", waves, blocks, waves)
    parts = parts / steps
    # Halves away from 0, as in libjpeg; in drawn pictures many coefficients lie half way.
    parts = (parts.abs() + 0.5 + _TIE).floor_().copysign_(parts) * steps
    blocks = torch.einsum("ui,...yuxv,vj->...yixj", waves, parts, waves)
    return _levels(blocks.reshape(planes.shape) + 128)


def _numbers(affected: Sequence[tuple[int, Any] | tuple[int, Any, Any]]) -> npt.NDArray[np.int64]:
    return np.array([entry[0] for entry in affected], np.int64)
