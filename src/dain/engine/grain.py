"""Grain: noise that a film has in every frame anew, and that a new frame has too little of.

A blend of two frames averages their grain away, to 71 % of its amplitude half way, and what is
left moves along with the picture. The level is found in the flattest places of a frame, by
brightness; what a new frame lacks is laid over it as a field of its own, neither moving nor
frozen: a fixed tile of noise in three octaves, at a place drawn from both frames and the time,
so that the same frame has the same grain in every run (as AV1's film grain synthesis draws its
blocks: Norkin and Birkbeck, "Film Grain Synthesis for AV1 Video Codec", DCC 2018).
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from dain.engine.octaves import OCTAVES, energy_of, octaves_of, sum_of

# Grain is even: in the flattest cells of one brightness its power is hardly less at the 3rd
# percentile than at the 10th: 0.81 to 0.94 with synthetic grain of 2 to 8 levels over pictures
# that have flat places. Without, it falls off: 0.11 to 0.77 in three frames of each of 42 clips,
# up to 0.85 only where there is next to nothing (`python -m benchmarks.judgement.grain --found`).
_FLATTEST, _FLAT = 0.03, 0.10
_UNEVEN, _EVEN = 0.78, 0.84
# Power in the finest octave from which grain is taken for such: what is as even without any has
# 0.4 levels at most, rounding and the noise of a sensor. Ramps, so that no layer comes and goes.
_FAINT, _SEEN = (0.8 / 255) ** 2, (1.1 / 255) ** 2
_ABOVE_FLAT = 1.15  # mean power of synthetic grain, over that at the 10th percentile
_GROUPS = 8  # of cells, by brightness
_LEAST_CELLS = 64  # in a group: the 3rd percentile of fewer is chance
_DARK, _LIGHT = 0.04, 0.96  # beyond, black and white cut grain off, which tells nothing of it
_OUTLIER = 2.0  # times the median level: a group without flat cells

_SIDE = 512  # of the tile


def grain_levels(energy: Tensor, luma_of_cells: Tensor) -> Tensor:
    """Power of the grain in each octave, where a picture is as bright as each of its cells.

    Args:
        energy: ``(B, 3, rows, columns)``, of a frame's octaves.
        luma_of_cells: ``(B, 1, rows, columns)`` in [0, 1].

    Returns:
        ``(B, 3, rows, columns)``; 0 in a frame without grain.
    """
    levels = torch.zeros_like(energy)
    for each, out in enumerate(levels.flatten(2)):
        _fill(out, energy[each].flatten(1), luma_of_cells[each].flatten())
    return levels


class Flatness(NamedTuple):
    """What the flattest cells of a frame tell of its grain.

    Attributes:
        groups: numbers of the cells of each group, from dark to light.
        flat: ``(groups, 3)``, power of each octave in the flat cells of each group.
        typical: ``(3,)``, the same of the group in the middle.
        evenness: power of the finest octave in the flattest cells, over that in flat ones.
    """

    groups: tuple[Tensor, ...]
    flat: Tensor
    typical: Tensor
    evenness: Tensor


def flatness_of(powers: Tensor, luma: Tensor) -> Flatness | None:
    """Of a frame's ``(3, cells)`` powers and ``(cells,)`` brightness; None for too few cells."""
    order = luma.argsort(stable=True)
    order = order[(luma[order] > _DARK) & (luma[order] < _LIGHT)]
    count = min(len(order) // _LEAST_CELLS, _GROUPS)
    if count == 0:
        return None
    groups = order.tensor_split(count)
    # All groups at once, those with a cell less made up by one that comes last.
    cells = pad_sequence(list(powers.T[order].tensor_split(count)), True, torch.inf)
    cells = cells.sort(dim=1).values
    sizes = [len(group) for group in groups]
    flat, flattest = _at_share(cells, sizes, _FLAT), _at_share(cells, sizes, _FLATTEST)[:, 0]
    evenness = (flattest / flat[:, 0].clamp(min=_FAINT / 100)).median()
    return Flatness(groups, flat, flat.median(dim=0).values, evenness)


def _at_share(in_order: Tensor, sizes: Sequence[int], share: float) -> Tensor:
    """Percentiles of each group, linear between two of its cells: ``(groups, 3)``.

    Args:
        in_order: ``(groups, cells, 3)``, ascending.
        sizes: cells of each group.
        share: of them that are less, below 1.
    """
    places = torch.tensor([share * (size - 1) for size in sizes], dtype=torch.float64)
    first, every = places.long(), torch.arange(len(sizes))
    between = (places - first).to(in_order)[:, None]
    return torch.lerp(in_order[every, first], in_order[every, first + 1], between)


def _fill(levels: Tensor, powers: Tensor, luma: Tensor) -> None:
    """One frame: `levels` and `powers` are ``(3, cells)``, `luma` is ``(cells,)``."""
    found = flatness_of(powers, luma)
    if found is None or found.evenness <= _UNEVEN or found.typical[0] <= _FAINT:
        return
    presence = ((found.evenness - _UNEVEN) / (_EVEN - _UNEVEN)).clamp(max=1)
    presence = presence * ((found.typical[0] - _FAINT) / (_SEEN - _FAINT)).clamp(max=1)
    flat = torch.minimum(found.flat, found.typical * _OUTLIER) * (presence * _ABOVE_FLAT)
    levels[:, luma <= _DARK] = flat[0, :, None]
    levels[:, luma >= _LIGHT] = flat[-1, :, None]
    for group, level in zip(found.groups, flat, strict=True):
        levels[:, group] = level[:, None]


def place_of(seed0: int, seed1: int, t: float) -> tuple[int, int]:
    """Row and column of the tile at which a new frame's grain begins."""
    drawn = zlib.crc32(f"{seed0} {seed1} {t!r}".encode())
    step = 1 << (OCTAVES - 1)  # whole pixels in every octave
    return drawn % _SIDE // step * step, (drawn >> 16) % _SIDE // step * step


def lay(part: Tensor, amplitude: Tensor, octave: int, place: tuple[int, int]) -> None:
    """Add noise of one octave, in place.

    Args:
        part: ``(B, 1, h, w)``, the octave of a picture.
        amplitude: likewise, of the noise.
        octave: 0 for the finest.
        place: of the tile, at which the noise begins.
    """
    tile = _tile().octaves[octave].to(part.device)
    side, (top, left) = tile.shape[2], (start >> octave for start in place)
    for rows, tile_rows in _wrapped(top, part.shape[2], side):
        for columns, tile_columns in _wrapped(left, part.shape[3], side):
            where = (..., rows, columns)
            part[where].addcmul_(amplitude[where], tile[..., tile_rows, tile_columns])


def _wrapped(start: int, length: int, side: int) -> Iterator[tuple[slice, slice]]:
    """Pieces of a row as long as this, and of a tile that it is laid with, from a start on."""
    done = 0
    while done < length:
        step = min(side - start, length - done)
        yield slice(done, done + step), slice(start, start + step)
        done, start = done + step, 0


def powers_for(missing: Tensor) -> Tensor:
    """Powers of the three fields whose sum has these powers in the octaves of a picture.

    The octaves of a pyramid overlap, so that each field is seen in all of them.

    Args:
        missing: ``(B, 3, rows, columns)``.
    """
    unmixing = _tile().unmixing.to(missing.device)
    return torch.einsum("ij,bjyx->biyx", unmixing, missing).clamp_(min=0)


class _Tile:
    """Noise in octaves, each of unit power; wraps around."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(_SIDE)
        self.octaves = []
        seen = []
        for level in range(OCTAVES):
            white = torch.randn(1, 1, _SIDE >> level, _SIDE >> level, generator=generator)
            # Its neighbours around it, so that it wraps: whole cells of each octave.
            padded = white.repeat(1, 1, 3, 3)
            part = octaves_of(padded)[0]
            side = white.shape[2]
            part = part[:, :, side : 2 * side, side : 2 * side].contiguous()
            part /= part.square().mean().sqrt()
            self.octaves.append(part)
        for level, part in enumerate(self.octaves):
            others = [torch.zeros_like(each) for each in self.octaves]
            others[level] = part
            seen.append(energy_of(octaves_of(sum_of(others))).mean((0, 2, 3)))
        self.unmixing = torch.linalg.inv(torch.stack(seen, dim=1))


@functools.cache
def _tile() -> _Tile:
    return _Tile()
