"""How sure one can be of a made frame: the error to expect of each of its parts.

Pure functions of what a network knows when it has made a frame, for any network that warps both
old frames to the new one. Nothing here changes what is made: four features that each have a
meaning, weighed once against true errors.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from dain.networks.classical import log_confidence
from dain.ops import backward_warp, resize_flow

CELL = 4  # pixels: a certainty stands for a square with this side, so that it costs little
_ROW_STEP = 2  # of a square's rows every other is looked at, for half the cost

# The logarithm of the error to expect, in grey levels of 255 and plus 1, is the first of these and
# a sum of the others times `evidence`. Fitted by least squares on 42 clips with
# `python -m benchmarks.judgement.doubt --fit`. Distrust (occlusion, and flows that do not lead
# back) would get nothing where the others are known; it keeps this little for flat colours and for
# weights whose synthesis knows less.
_ALWAYS = -0.006
_APART, _CONTRAST, _CHANGE, _DISTRUST = 0.544, 0.302, 0.840, 0.05
_LEAST_TRUST = 0.02  # bounds the logarithm where nothing was seen
# Errors spread about the fit: their mean is larger than what the mean of logarithms tells.
_SPREAD = 1.27

# Grey levels of 255 of expected error at which certainty has fallen to 1 / e.
_ERROR_UNIT = 16.0


def certainty_of(made: Tensor, blended: Tensor, apart: Tensor, trust: Tensor) -> Tensor:
    """How sure one can be of a made frame.

    Args:
        made: ``(B, 3, H, W)`` in [0, 1].
        blended: the same, before frame synthesis added its residual.
        apart: ``(B, 1, ceil(H / 4), ceil(W / 4))``, how far the two warped frames that it was
            made from differ: see `difference_in_cells`.
        trust: likewise, in [0, 1]: how far to trust the motion.

    Returns:
        ``(B, 1, ceil(H / 4), ceil(W / 4))`` in (0, 1]: the exponential of minus the error to
        expect there; `expected_error` gives that back.
    """
    apart, contrast, change, distrust = evidence(made, blended, apart, trust).chunk(4, dim=1)
    logarithm = (
        _ALWAYS + _APART * apart + _CONTRAST * contrast + _CHANGE * change + _DISTRUST * distrust
    )
    return torch.exp(torch.expm1(logarithm).clamp(min=0) * (-_SPREAD / _ERROR_UNIT))


def evidence(made: Tensor, blended: Tensor, apart: Tensor, trust: Tensor) -> Tensor:
    """What speaks against a made frame; arguments as of `certainty_of`.

    Returns:
        ``(B, 4, ceil(H / 4), ceil(W / 4))``, at least 0: the difference of the warped frames, the
        contrast, and what frame synthesis changed, as logarithms of grey levels plus 1, and the
        distrust in the motion, as minus the logarithm of trust.
    """
    made, blended = made[:, :, ::_ROW_STEP], blended[:, :, ::_ROW_STEP]
    grey, changed = _mean_of_colours(made), difference(made, blended)
    mean, square, change = (_mean_of_rows(each) for each in (grey, grey.square(), changed))
    contrast = (square - mean.square()).clamp(min=0).sqrt()
    levels = torch.log1p(255 * torch.cat([apart, contrast, change], dim=1))
    distrust = -torch.log(trust.clamp(0, 1) * (1 - _LEAST_TRUST) + _LEAST_TRUST)
    return torch.cat([levels, distrust], dim=1)


def expected_error(certainty: Tensor) -> Tensor:
    """The mean absolute error to expect at a certainty, in grey levels of 255."""
    return -_ERROR_UNIT * certainty.clamp(min=1e-6).log()


def doubt_of(error: float) -> float:
    """An error to expect, in grey levels of 255, on the scale from 0 (none) to 1."""
    return -math.expm1(-error / _ERROR_UNIT)


def difference(one: Tensor, two: Tensor) -> Tensor:
    """``(B, 1, H, W)``: mean absolute difference of the colours of two pictures."""
    return _mean_of_colours((one - two).abs_())


def difference_in_cells(one: Tensor, two: Tensor) -> Tensor:
    """`difference`, as means over squares of 4 by 4 pixels, by every other row."""
    return _mean_of_rows(difference(one[:, :, ::_ROW_STEP], two[:, :, ::_ROW_STEP]))


def sketch(picture: Tensor) -> Tensor:
    """Means over squares of 4 by 4 pixels, by every other row."""
    return _mean_of_rows(picture[:, :, ::_ROW_STEP])


def _mean_of_rows(rows: Tensor) -> Tensor:
    return mean_of_cells(rows, (CELL // _ROW_STEP, CELL))


def _mean_of_colours(picture: Tensor) -> Tensor:
    total = picture[:, :1] + picture[:, 1:2]
    # A reduction over so few, so far apart, takes nine times as long.
    return total.add_(picture[:, 2:]).mul_(1 / 3)


def mean_of_cells(picture: Tensor, cell: int | tuple[int, int] = CELL) -> Tensor:
    """Means over squares of pixels; those at the right and lower border may be cut off."""
    down, across = (cell, cell) if isinstance(cell, int) else cell
    return _mean_of_runs(_mean_of_runs(picture, 2, down), 3, across)


def _mean_of_runs(picture: Tensor, axis: int, length: int) -> Tensor:
    """Means of so many rows or columns that follow each other; the last are what is left."""
    missing = -picture.shape[axis] % length
    if missing:
        picture = functional.pad(picture, (0, missing) if axis == 3 else (0, 0, 0, missing))
    # A sum of slices takes a third of the time of a pooling layer.
    every = [(slice(None),) * axis + (slice(k, None, length),) for k in range(length)]
    first, second, *others = (picture[each] for each in every)
    total = first + second
    for part in others:
        total.add_(part)
    total.mul_(1 / length)
    if missing:
        total.select(axis, -1).mul_(length / (length - missing))
    return total


def trust_in_motion(
    frames: tuple[Tensor, Tensor],
    flows: tuple[Tensor, Tensor],
    projected: tuple[Tensor, Tensor],
    t: float,
) -> Tensor:
    """How far to trust flows of which nothing else is known, for `certainty_of`.

    Colours should agree where a flow leads, and the flow that leads back should lead back.

    Args:
        frames: 0 and 1, ``(B, 3, H, W)`` in [0, 1].
        flows: F01 and F10, ``(B, 2, H, W)``.
        projected: from the new frame to frames 0 and 1, likewise.
        t: time of the new frame.

    Returns:
        ``(B, 1, ceil(H / 4), ceil(W / 4))`` in (0, 1].
    """
    luma = torch.cat([mean_of_cells(frame.mean(1, keepdim=True)) for frame in frames])
    height, width = luma.shape[2:]
    both, back = (
        resize_flow(torch.cat(pair), height, width).contiguous() for pair in (flows, projected)
    )
    confidence = backward_warp(log_confidence(both, luma).exp(), back)
    seen0, seen1 = confidence.chunk(2)
    return torch.lerp(seen0, seen1, t)
