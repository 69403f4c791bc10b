"""The fine detail of a picture's brightness, octave by octave, and how much of it lies where.

A Laplacian pyramid (Burt and Adelson, "The Laplacian Pyramid as a Compact Image Code", IEEE
Transactions on Communications, 1983). Brightness alone: almost all video keeps its colours at
half the size, and the eye sees no finer. Energy is power, the mean square of an octave over
cells of 16x16 pixels: powers of independent parts add up, which amplitudes do not.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

OCTAVES = 3  # down to a sixteenth of a cycle per pixel: below, new frames lose under 1 % at 24 fps
CELL = 16  # pixels; four of the coarsest octave's to each side

_RED, _GREEN, _BLUE = 0.299, 0.587, 0.114


def luma_of(frame: Tensor) -> Tensor:
    """``(B, 3, H, W)`` to ``(B, 1, h, w)``: extended to whole cells by repeating its border."""
    luma = frame[:, :1] * _RED
    luma.add_(frame[:, 1:2], alpha=_GREEN).add_(frame[:, 2:], alpha=_BLUE)
    below, right = -frame.shape[2] % CELL, -frame.shape[3] % CELL
    return functional.pad(luma, (0, right, 0, below), mode="replicate") if below or right else luma


def octaves_of(luma: Tensor) -> list[Tensor]:
    """The octaves of ``(B, 1, h, w)`` in whole cells, finest first, each of half the size."""
    found = []
    for _ in range(OCTAVES):
        low = _blurred(luma)
        found.append(luma - low)
        rows = low[:, :, ::2] + low[:, :, 1::2]
        luma = (rows[..., ::2] + rows[..., 1::2]).mul_(1 / 4)
    return found


def energy_of(octaves: Sequence[Tensor]) -> Tensor:
    """Power of each octave in each cell, ``(B, 3, rows, columns)``."""
    powers = [means_in_cells(part.square(), CELL >> k) for k, part in enumerate(octaves)]
    return torch.cat(powers, dim=1)


def sum_of(octaves: Sequence[Tensor]) -> Tensor:
    """The picture that octaves make up, at the size of the first."""
    *finer, picture = octaves
    for part in reversed(finer):
        # Pixels cover areas, whose edges coincide: align_corners=False.
        larger = functional.interpolate(
            picture, part.shape[2:], mode="bilinear", align_corners=False
        )
        picture = larger.add_(part)
    return picture


def means_in_cells(picture: Tensor, side: int = CELL) -> Tensor:
    """Means over squares, ``(B, C, h / side, w / side)``."""
    # One axis after the other vectorises: a fifth of the time of a pooling layer.
    batch, channels, height, width = picture.shape
    down = picture.reshape(batch, channels, -1, side, width).sum(3)
    return down.view(batch, channels, height // side, -1, side).sum(4).mul_(1 / side**2)


def maxima_in_cells(picture: Tensor, side: int = CELL) -> Tensor:
    """Maxima over squares, ``(B, C, h / side, w / side)``."""
    batch, channels, height, width = picture.shape
    down = picture.reshape(batch, channels, -1, side, width).amax(3)
    return down.view(batch, channels, height // side, -1, side).amax(4)


def spread(maps: Tensor, like: Tensor) -> Tensor:
    """Maps of cells at the size of a picture, bilinearly; edges of cells and picture coincide."""
    down, across = (_weights(maps.shape[axis], like.shape[axis], maps.device) for axis in (2, 3))
    # Products of matrices: a third of the time of `interpolate`, which is general.
    return down @ (maps @ across.mT)


@functools.lru_cache(maxsize=16)
def _weights(cells: int, pixels: int, device: torch.device) -> Tensor:
    """``(pixels, cells)``: shares of the cells in each pixel along one axis."""
    each = torch.eye(cells, device=device)[None]
    return functional.interpolate(each, pixels, mode="linear", align_corners=False)[0].T


def _blurred(picture: Tensor) -> Tensor:
    """By the binomial kernel of five taps, down and across."""
    height, width = picture.shape[2:]
    padded = functional.pad(picture, (2, 2, 2, 2), mode="replicate")
    a, b, c, d, e = (padded[:, :, k : k + height] for k in range(5))
    padded = (b + d).mul_(4).add_(a).add_(e).add_(c, alpha=6)
    a, b, c, d, e = (padded[..., k : k + width] for k in range(5))
    return (b + d).mul_(4).add_(a).add_(e).add_(c, alpha=6).mul_(1 / 256)
