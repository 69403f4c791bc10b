"""The new frame from both old ones: adaptive warping, blending and synthesis, whole or in tiles.

A tile is made with as much around it as its layers can see (`reach`), from as much of the old
frames as its flows lead to, so that it holds what the whole frame would hold there. Only rounding
differs: a flow that leads to a whole pixel by a hair may see its window shifted by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from dain.networks.certainty import difference
from dain.networks.context import ContextNetwork
from dain.networks.layers import dtype_of, empty_like, side_by_side
from dain.networks.synthesis import SynthesisNetwork
from dain.networks.tiling import Region, whole
from dain.ops import adaptive_warp

LEAST_TILE = 64  # smaller ones would see little but their surroundings
_WINDOW = (1, 3)  # pixels that adaptive warping reads before and after a target's whole part

_CONTEXT = ContextNetwork.channels

# A tile is divided further while the pixels that its flows lead to are this many times its own.
_WIDEST_LOOK = 4


@dataclass(frozen=True)
class View:
    """One old frame, and how the new one looks it up.

    Attributes:
        frame: ``(B, 3, H, W)`` float32.
        log_depth: ``(B, 1, H, W)`` float32.
        context: ``(B, 196, H, W)``, or None to make it for each tile.
        flow: ``(B, 2, H, W)`` float32, projected: from the new frame to this one.
        kernels: ``(B, 16, H, W)`` float32.
    """

    frame: Tensor
    log_depth: Tensor
    context: Tensor | None
    flow: Tensor
    kernels: Tensor


class Painted(NamedTuple):
    """A new frame, float32.

    Attributes:
        frame: ``(B, 3, H, W)``.
        blended: the blend of both warps under it.
        apart: ``(B, 1, H, W)``, how far the two warps differ.
    """

    frame: Tensor
    blended: Tensor
    apart: Tensor


@dataclass(frozen=True)
class Painter:
    """Makes new frames with the two networks that need to see no more than what is near.

    Attributes:
        context: features to warp along.
        synthesis: the residual.
    """

    context: ContextNetwork
    synthesis: SynthesisNetwork

    def describe(self, frame: Tensor, log_depth: Tensor) -> Tensor:
        """Context of a frame as it is warped: ``(B, 196, H, W)``.

        Args:
            frame: ``(B, 3, H, W)`` float32.
            log_depth: ``(B, 1, H, W)``.
        """
        context: Tensor = self.context(frame.to(dtype_of(self.context)), log_depth)
        return context

    def paint(self, view0: View, view1: View, t: float, tile: int | None) -> Painted:
        """The frame at time `t`, in float32.

        Args:
            view0: the frame before.
            view1: the frame after.
            t: in (0, 1).
            tile: side of the pieces to work in; None for the whole at once.
        """
        everything = whole(view0.frame)
        if tile is None:
            return self._paint(view0, view1, t, everything)
        frame, blended = torch.empty_like(view0.frame), torch.empty_like(view0.frame)
        made = Painted(frame, blended, torch.empty_like(view0.frame[:, :1]))
        for region in everything.divided(tile):
            for piece in _looking_near(region, (view0, view1)):
                for whole_part, part in zip(made, self._paint(view0, view1, t, piece), strict=True):
                    piece.of(whole_part)[:] = part
        return made

    def _paint(self, view0: View, view1: View, t: float, region: Region) -> Painted:
        seen = region.grown(self.synthesis.reach, whole(view0.frame))
        # Filled part by part, so that no warped context is held twice.
        inputs = empty_like(
            next(self.synthesis.parameters()),
            (view0.frame.shape[0], self.synthesis.channels, seen.height, seen.width),
        )
        picture0, inputs[:, -2 * _CONTEXT : -_CONTEXT] = self._warp(view0, seen)
        picture1, inputs[:, -_CONTEXT:] = self._warp(view1, seen)
        blended = picture0 * (1 - t) + picture1 * t
        flows = [seen.of(view.flow) for view in (view0, view1)]
        kernels = [seen.of(view.kernels) for view in (view0, view1)]
        near = side_by_side([blended, picture0, picture1, *flows, *kernels], like=inputs)
        inputs[:, : -2 * _CONTEXT] = near
        painted = blended + self.synthesis(inputs).float()
        inside = region.seen_from(seen)
        apart = difference(picture0, picture1)
        return Painted(*(inside.of(part) for part in (painted, blended, apart)))

    def _warp(self, view: View, region: Region) -> tuple[Tensor, Tensor]:
        """Picture and context of an old frame as the new one sees them in `region`."""
        box = _looked_at(view.flow, region)
        flow, kernels = box.of(view.flow), box.of(view.kernels)
        if view.context is None:
            around = box.grown(self.context.reach, whole(view.frame))
            described = self.describe(around.of(view.frame), around.of(view.log_depth))
            context = box.seen_from(around).of(described)
        else:
            context = box.of(view.context)
        inside = region.seen_from(box)
        picture = adaptive_warp(box.of(view.frame), flow, kernels)
        return inside.of(picture), inside.of(adaptive_warp(context, flow, kernels))


def _looking_near(region: Region, views: tuple[View, View]) -> Iterator[Region]:
    """The region, in quarters where its flows lead far apart."""
    side = max(region.height, region.width)
    widest = max(_looked_at(view.flow, region).pixels for view in views)
    if side <= LEAST_TILE or widest <= _WIDEST_LOOK * region.pixels:
        yield region
        return
    for quarter in region.divided((side + 1) // 2):
        yield from _looking_near(quarter, views)


def _looked_at(flow: Tensor, region: Region) -> Region:
    """The smallest part of the old frame that gives `adaptive_warp` what `region` needs of it.

    It holds the region itself (a pixel whose flow leads outside is copied) and every window that
    its flows lead to, and is more than twice as large as the longest flow, which the op demands.
    """
    everything = whole(flow)
    if region == everything:
        return region
    inside = region.of(flow)
    bounded = (inside[:, :1].abs() < everything.width / 2) & (
        inside[:, 1:].abs() < everything.height / 2
    )
    x, y = torch.where(bounded, inside, 0.0).unbind(1)
    columns = torch.arange(region.left, region.right, device=flow.device)
    rows = torch.arange(region.top, region.bottom, device=flow.device)[:, None]
    # All at once: on a GPU every look at a value waits for everything before it.
    found = [
        value
        for flow_along, place in ((x, columns), (y, rows))
        for value in (
            flow_along.abs().amax(),
            (flow_along + place).amin(),
            (flow_along + place).amax(),
        )
    ]
    across, down = torch.stack(found).view(2, 3).tolist()
    left, right = _span(across, region.left, region.right, everything.width)
    top, bottom = _span(down, region.top, region.bottom, everything.height)
    return Region(top, left, bottom, right)


def _span(found: Sequence[float], start: int, stop: int, limit: int) -> tuple[int, int]:
    """First and one past the last row or column that is looked at, along one axis.

    Args:
        found: size of the longest flow along the axis, below half of `limit`; the first place
            that a flow leads to; the last.
        start: where the region begins.
        stop: where it ends.
        limit: length of the whole frame.
    """
    longest, nearest, farthest = found
    before, after = _WINDOW
    low = max(min(math.floor(nearest) - before, start), 0)
    high = min(max(math.floor(farthest) + after, stop), limit)
    least = math.floor(2 * longest) + 1
    if high - low < least:
        high = min(low + least, limit)
        low = min(low, high - least)
    return low, high
