"""Even sharpness: a new frame as rich in fine detail as the frames on both sides of it.

A new frame is the blend of two pictures that were looked up between pixels. Both cost detail,
most where the pictures disagree, and a video whose every other frame is softer pulses. How
much there should be is known: what the source frames have, cell by cell, taken along by the
motion between them. What is missing is given back as a gain on each octave of what is there
(`dain.engine.octaves`), or as grain where grain is what is missing (`dain.engine.grain`).

A gain amplifies errors, too. Where two pictures share a detail and each has noise of its own,
power is lost by the noise alone, so the share that is left tells how much of it is true. Full
gain is for places that kept most of it; `"even"` gives it to all, and costs fidelity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from dain.engine.grain import grain_levels, lay, place_of, powers_for
from dain.engine.octaves import (
    CELL,
    OCTAVES,
    energy_of,
    luma_of,
    maxima_in_cells,
    means_in_cells,
    minima_in_cells,
    octaves_of,
    spread,
    sum_of,
)
from dain.networks import Motion
from dain.ops import backward_warp, resize_flow

# Two pictures that share nothing blend to half the power of each: never give back more.
_MOST_GAIN = math.sqrt(2)
# Share of its power that an octave kept, below which `"auto"` leaves a cell as it is, and from
# which it gives back all: of the pairs tried, the one that gives back most while clips lose
# no more than 0.05 dB on the mean (`python -m benchmarks.judgement.sharpness`).
_LOST, _KEPT = 0.65, 0.90
# Power of half a level of 8 bits: less is rounding. Keeps flat places flat.
_ROUNDING = (0.5 / 255) ** 2
# Less than this is half a level of 8 bits at an amplitude of 50: not worth a pass over the frame.
_UNSEEN = 0.01
_MARGIN = 0.5 / 255  # beyond the darkest and lightest that the source frames show nearby


@dataclass(frozen=True)
class Detail:
    """What is to be known of one source frame, in cells of 16x16 pixels.

    Attributes:
        maps: ``(B, 8, rows, columns)``: power of the three octaves, power of the grain in each,
            the most and the negated least brightness in and next to the cell.
        seed: a number drawn from the frame, for its grain.
    """

    maps: Tensor
    seed: int


def describe(frame: Tensor, seed: int) -> Detail:
    """The detail of a source frame.

    Args:
        frame: ``(B, 3, H, W)`` float32 RGB in [0, 1].
        seed: see `Detail`.
    """
    luma = luma_of(frame)
    energy = energy_of(octaves_of(luma))
    grain = grain_levels(energy, means_in_cells(luma))
    ends = torch.cat([maxima_in_cells(luma), -minima_in_cells(luma)], dim=1)
    ends = functional.max_pool2d(ends, 3, stride=1, padding=1)
    return Detail(torch.cat([_smoothed(energy), grain, ends], dim=1), seed)


def even_sharpness(
    made: Tensor,
    detail0: Detail,
    detail1: Detail,
    motion: Motion,
    t: float,
    sharpness: Literal["auto", "even"] = "auto",
) -> Tensor:
    """A new frame with the fine detail that it lacks.

    All three channels change by the same: colours keep their hue, detail is that of brightness.

    Args:
        made: ``(B, 3, H, W)`` float32 RGB, about [0, 1].
        detail0: of frame 0, of the same size.
        detail1: of frame 1.
        motion: between the two.
        t: of the new frame, in (0, 1).
        sharpness: ``auto`` gives back what can be told from error, ``even`` nearly all.

    Returns:
        The same shape. Brightness changes only within what both source frames show there and in
        the cells around, by a margin of half a level of 255.
    """
    wanted, grain, lightest, darkest = _between(detail0, detail1, motion, t)
    luma = luma_of(made)
    octaves = octaves_of(luma)
    found = _smoothed(energy_of(octaves))
    missing = torch.minimum((wanted - found).clamp(min=0), grain)
    gain = _gain(found, wanted - missing, sharpness) - 1
    grainy = bool(grain.any())
    if not grainy and float(gain.max()) < _UNSEEN:
        return made
    for k, part in enumerate(octaves):  # in place, here and below: fresh memory costs as much
        part *= spread(gain[:, k : k + 1], part.shape[2:])
    if grainy:
        amplitude = powers_for(missing).sqrt()
        place = place_of(detail0.seed, detail1.seed, t)
        for k, part in enumerate(octaves):
            lay(part, spread(amplitude[:, k : k + 1], part.shape[2:]), k, place)
    change = sum_of(octaves)
    most = spread(lightest + _MARGIN, luma.shape[2:])
    least = spread(darkest - _MARGIN, luma.shape[2:])
    torch.maximum(most, luma, out=most)
    torch.minimum(least, luma, out=least)
    change.add_(luma).clamp_(least, most).sub_(luma)
    return made + change[:, :, : made.shape[2], : made.shape[3]]


def _gain(found: Tensor, wanted: Tensor, sharpness: Literal["auto", "even"]) -> Tensor:
    """Factor on the amplitude of each octave in each cell, from 1 up."""
    kept = (found + _ROUNDING) / (wanted + _ROUNDING)
    gain = kept.rsqrt().clamp(1, _MOST_GAIN)
    if sharpness == "even":
        return gain
    return 1 + (gain - 1) * ((kept - _LOST) / (_KEPT - _LOST)).clamp(0, 1)


def _between(
    detail0: Detail, detail1: Detail, motion: Motion, t: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Powers, grain, the most and the least brightness that a frame between two should have.

    Cells are taken along by the flow at their own place: where that changes within a few cells,
    some come from beside the right place, which smooth maps forgive.
    """
    rows, columns = detail0.maps.shape[2:]
    flows = []
    for flow, share in ((motion.flow01, t), (motion.flow10, 1 - t)):
        # Flows may be of a frame that was extended further than ours, at full size.
        flow = flow[:, :, : rows * CELL, : columns * CELL].float()
        flows.append(resize_flow(flow, rows, columns) * -share)
    moved = backward_warp(torch.cat([detail0.maps, detail1.maps]), torch.cat(flows))
    moved0, moved1 = moved.chunk(2)
    powers = torch.lerp(moved0[:, : 2 * OCTAVES], moved1[:, : 2 * OCTAVES], t)
    lightest, darkest = torch.maximum(moved0[:, 2 * OCTAVES :], moved1[:, 2 * OCTAVES :]).chunk(
        2, dim=1
    )
    return powers[:, :OCTAVES], powers[:, OCTAVES:], lightest, -darkest


def _smoothed(maps: Tensor) -> Tensor:
    """Means of 3x3 cells: the power of a single cell is chance."""
    return functional.avg_pool2d(maps, 3, stride=1, padding=1, count_include_pad=False)
