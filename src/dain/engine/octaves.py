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
        found.append(luma.sub(low, alpha=1 / _BLURRED))
        rows = low[:, :, ::2] + low[:, :, 1::2]
        luma = (rows[..., ::2] + rows[..., 1::2]).mul_(1 / 4 / _BLURRED)
    return found


def energy_of(octaves: Sequence[Tensor]) -> Tensor:
    """Power of each octave in each cell, ``(B, 3, rows, columns)``."""
    powers = [means_in_cells(part.square(), CELL >> k) for k, part in enumerate(octaves)]
    return torch.cat(powers, dim=1)


def sum_of(octaves: Sequence[Tensor]) -> Tensor:
    """The picture that octaves make up, at the size of the first. Overwrites all but the last."""
    *finer, picture = octaves
    for part in reversed(finer):
        picture = _add_enlarged(picture, part)
    return picture


def _add_enlarged(picture: Tensor, onto: Tensor) -> Tensor:
    """Add, in place, a picture of half the size, enlarged bilinearly; edges coincide.

    Each new pixel lies a quarter of an old one from the centre of the next (align_corners=False).
    """
    rows = functional.pad(picture, (1, 1, 1, 1), mode="replicate")
    near, before, after = rows[..., 1:-1], rows[..., :-2], rows[..., 2:]
    wide = onto.new_empty(*rows.shape[:3], onto.shape[3])
    torch.lerp(near, before, 1 / 4, out=wide[..., ::2])
    torch.lerp(near, after, 1 / 4, out=wide[..., 1::2])
    near, before, after = wide[:, :, 1:-1], wide[:, :, :-2], wide[:, :, 2:]
    onto[:, :, ::2].add_(near, alpha=3 / 4).add_(before, alpha=1 / 4)
    onto[:, :, 1::2].add_(near, alpha=3 / 4).add_(after, alpha=1 / 4)
    return onto


def means_in_cells(picture: Tensor, side: int = CELL) -> Tensor:
    """Means over squares, ``(B, C, h / side, w / side)``."""
    # One axis after the other vectorises: a fifth of the time of a pooling layer.
    batch, channels, height, width = picture.shape
    down = picture.reshape(batch, channels, -1, side, width).sum(3)
    return down.view(batch, channels, height // side, -1, side).sum(4).mul_(1 / side**2)


def maxima_in_cells(picture: Tensor) -> Tensor:
    """Maxima over cells, ``(B, C, h / 16, w / 16)``."""
    batch, channels, height, width = picture.shape
    down = picture.reshape(batch, channels, -1, CELL, width).amax(3)
    return down.view(batch, channels, height // CELL, -1, CELL).amax(4)


def minima_in_cells(picture: Tensor) -> Tensor:
    """Minima over cells, likewise."""
    batch, channels, height, width = picture.shape
    down = picture.reshape(batch, channels, -1, CELL, width).amin(3)
    return down.view(batch, channels, height // CELL, -1, CELL).amin(4)


def spread(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Maps of cells at the size of a picture, bilinearly; edges of cells and picture coincide.

    Args:
        maps: ``(B, C, rows, columns)``.
        size: height and width, whole multiples of rows and columns.
    """
    (rows, columns), (height, width) = maps.shape[2:], size
    across = maps @ _weights(columns, width, maps.device).mT
    # Down by two rows of cells at a time, beginning half a cell before the picture.
    side = height // rows
    padded = functional.pad(across, (0, 0, 1, 1), mode="replicate")
    share = (torch.arange(side, device=maps.device) + (0.5 if side % 2 == 0 else 0)) / side
    found = torch.lerp(padded[:, :, :-1, None], padded[:, :, 1:, None], share[:, None])
    return found.flatten(2, 3)[:, :, side // 2 : side // 2 + height]


@functools.lru_cache(maxsize=16)
def _weights(cells: int, pixels: int, device: torch.device) -> Tensor:
    """``(pixels, cells)``: shares of the cells in each pixel along one axis."""
    each = torch.eye(cells, device=device)[None]
    return functional.interpolate(each, pixels, mode="linear", align_corners=False)[0].T


_BLURRED = 256  # times the picture


def _blurred(picture: Tensor) -> Tensor:
    """By the binomial kernel of five taps, down and across: sums of neighbours, four times."""
    found = functional.pad(picture, (2, 2, 2, 2), mode="replicate")
    for _ in range(4):
        found = found[:, :, :-1] + found[:, :, 1:]
    for _ in range(4):
        found = found[..., :-1] + found[..., 1:]
    return found
