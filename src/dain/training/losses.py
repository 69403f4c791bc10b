"""What training asks of `dain-lite`."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dain.networks import DainLite
from dain.networks.lite import LiteMotion
from dain.training.samples import Batch

_SOFT = 1e-3  # of the Charbonnier penalty, in the range of colours
_USUAL = 0.02  # error of a sample at which its penalty has the slope of a logarithm
_SCALES = 2
_COARSE = 0.5  # share of batches whose flow is searched at half size
_BLENDED, _FLOW, _NEARNESS = 0.3, 2.0, 0.1  # shares of the lesser parts
_OFFSETS = ((0, 4), (4, 0), (6, 6), (6, -6), (0, 12), (12, 0))  # rows and columns, half size
_FINE, _FARTHEST = 0.3, 20.0  # pixels: errors of flow that hardly count, and that count no more
_ORDERED = 0.02  # differences of nearness below this are none


class Losses(NamedTuple):
    """What is to be made small.

    Attributes:
        total: a scalar with a gradient.
        parts: what it consists of, for the log.
    """

    total: Tensor
    parts: dict[str, Tensor]


def training_loss(network: DainLite, batch: Batch) -> Losses:
    """Run the network on a batch and judge its frames, its flows and its sense of depth.

    The frame's penalty is the square root of each sample's Charbonnier error. The error itself
    is ruled by wild motion and says little of quiet samples, where an invented detail costs
    most; its logarithm, which is what PSNR averages, is ruled by their noise.

    Every part is a mean over samples, to which one of which nothing is known gives 0, so that
    the mean over the halves of a batch, on two devices, is that of the whole.

    Args:
        network: in training mode or not.
        batch: on its device.
    """
    # Crops are small, but most frames are not, and those are searched at less than their size.
    search = Fraction(1, 2) if torch.rand(()) < _COARSE else Fraction(1)
    features0 = network.encode(batch.first, search=search)
    features1 = network.encode(batch.last, search=search)
    motion = network.relate(features0, features1)
    time = batch.time.view(-1, 1, 1, 1)
    frames, blended = network.synthesise_at(features0, features1, motion, time)
    parts = {
        "frame": _frame_penalty(frames, batch.truth),
        "blended": _frame_penalty(blended, batch.truth),
        "flow": _flow_penalty(motion, batch),
        "nearness": _nearness_penalty(motion, batch),
    }
    total = parts["frame"] + _BLENDED * parts["blended"]
    total = total + _FLOW * parts["flow"] + _NEARNESS * parts["nearness"]
    with torch.no_grad():
        error = (frames.clamp(0, 1) - batch.truth).square().mean((1, 2, 3))
        parts["psnr"] = -10 * (error + 1e-8).log10().mean()
    return Losses(total, {name: part.detach() for name, part in parts.items()})


def _frame_penalty(made: Tensor, truth: Tensor) -> Tensor:
    """Mean over samples of the root of the Charbonnier error, over two scales."""
    error = made - truth
    total = error.new_zeros(())
    for scale in range(_SCALES):
        if scale:
            error = functional.avg_pool2d(error, 2)
        soft = (error.square() + _SOFT**2).sqrt().mean((1, 2, 3))
        total = total + 2 * (soft / _USUAL).sqrt().mean()
    return total / _SCALES


def _flow_penalty(motion: LiteMotion, batch: Batch) -> Tensor:
    """Mean endpoint error in pixels of the flow's size, where a sample's true flow is known.

    Errors well below `_FINE` cost next to nothing: they are noise of the search, and there are
    so many of them that they would hide the few large ones, which are what can be mended.
    """
    found = torch.cat([motion.flow01, motion.flow10])
    true = _reduced(torch.cat([batch.flow01, batch.flow10]), found) * (
        found.shape[3] / batch.flow01.shape[3]
    )
    known = true.isfinite().all(1)
    # Before the difference: what is no number would reach the gradient, though multiplied by 0.
    gap = found - torch.where(known[:, None], true, found.detach())
    error = (gap.square().sum(1) + _FINE**2).sqrt() - _FINE
    return _mean_of_known(error.clamp(max=_FARTHEST), known)


def _nearness_penalty(motion: LiteMotion, batch: Batch) -> Tensor:
    """Logistic loss on the order of pixels that lie a little apart, where it is known."""
    found = motion.nearness
    true = _reduced(torch.cat([batch.nearness0, batch.nearness1]), found)
    total, count = torch.zeros_like(found), torch.zeros_like(found)
    for down, across in _OFFSETS:
        gap = found - found.roll((down, across), (2, 3))
        order = true - true.roll((down, across), (2, 3))
        ordered = order.abs() > _ORDERED  # false where it is no number
        sign = torch.where(ordered, order.sign(), 0.0)
        total = total + functional.softplus(-gap * sign) * ordered
        count = count + ordered
    return _mean_of_known(total / count.clamp(min=1), count)


def _mean_of_known(values: Tensor, weight: Tensor) -> Tensor:
    """Mean over samples of the mean over what is known of each, 0 where nothing is."""
    values, weight = values.flatten(1), weight.flatten(1)
    return ((values * weight).sum(1) / weight.sum(1).clamp(min=1)).mean()


def _reduced(picture: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(picture, size=like.shape[2:], mode="area")
