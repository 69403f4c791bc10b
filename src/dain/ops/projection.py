"""Depth-aware flow projection: forward splatting of flow to a time between two frames.

Bao et al., CVPR 2019, section 3.1, equations 1 to 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dain.ops.dispatch import Backend, Choice, choose


class Projection(NamedTuple):
    """Flow as seen from the new frame.

    Attributes:
        flow: ``(B, 2, H, W)``, pixels; from the new frame back to the source frame.
        weight: ``(B, 1, H, W)``, the sum of the weights that reached each pixel; 0 in holes.
    """

    flow: Tensor
    weight: Tensor


def project_flow(
    flow: Tensor, weight: Tensor, *, fill_holes: bool = True, backend: Backend = "auto"
) -> Projection:
    """Project a flow that starts on a source frame to the frame in between.

    Convention: `flow` is the part of the motion that lies between the source frame and the
    new one (``t * F01`` for frame 0, ``(1 - t) * F10`` for frame 1), x right and y down, in
    pixels of this tensor; pixel centres lie on whole numbers (``align_corners=True``). The
    result points the other way: from the new frame back to the source frame.

    Each pixel whose target lies inside ``[0, W-1] x [0, H-1]`` adds its negated flow, times its
    weight, to the four pixels around the target, which are clamped to the frame and share
    equally (no bilinear weights). The sums are divided by the summed weights. A pixel that
    nothing reached is a hole: it takes the mean of the nearest filled pixels to its left,
    right, above and below, those that exist, or 0 where there is none.

    Differentiable in `flow` and `weight`; the choice of target pixels is piecewise constant
    and carries no gradient.

    Args:
        flow: ``(B, 2, H, W)``, float.
        weight: ``(B, 1, H, W)``, the same type, not negative: inverse depth, or any other
            measure of which pixel wins where two meet. Sums are taken in float32 or better.
        fill_holes: fill pixels that nothing reached; they hold 0 otherwise.
        backend: ``auto``, ``reference`` (PyTorch, any device), ``numba`` (CPU; float32 or
            float64) or ``triton`` (CUDA; its sums have no fixed order, so that
            ``torch.use_deterministic_algorithms`` takes the reference in its place).

    Raises:
        ValueError: shapes do not fit, or the backend cannot run these tensors.
    """
    if flow.ndim != 4 or flow.shape[1] != 2:
        raise ValueError(f"flow must be (B, 2, H, W), found {tuple(flow.shape)}")
    if weight.shape != (flow.shape[0], 1, *flow.shape[2:]):
        raise ValueError(
            f"weight must be (B, 1, H, W) to match flow {tuple(flow.shape)}, "
            f"found {tuple(weight.shape)}"
        )
    splat, fill = _implementation(choose(backend, flow, weight))
    mean, total = splat(flow, weight)
    return Projection(fill(mean, total) if fill_holes else mean, total)


def _implementation(choice: Choice) -> tuple[Callable[..., Any], Callable[..., Tensor]]:
    """How to splat and how to fill holes."""
    if choice == "numba":
        from dain.ops import projection_cpu

        return projection_cpu.splat, projection_cpu.fill
    # Triton's sums have no fixed order.
    if choice == "triton" and not torch.are_deterministic_algorithms_enabled():
        from dain.ops import triton_projection

        return triton_projection.splat, triton_projection.fill
    return _splat, _fill


def _splat(flow: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    batch, _, height, width = flow.shape
    dtype = torch.promote_types(flow.dtype, weight.dtype)
    accurate = torch.promote_types(dtype, torch.float32)
    flow, weight = flow.to(accurate), weight.to(accurate)
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype).view(1, height, 1)
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype).view(1, 1, width)
    position = flow.detach()
    x, y = columns + position[:, 0], rows + position[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    # A target outside (or not a number) is parked on pixel 0 with no weight.
    left = torch.where(inside, x, 0.0).floor().long()
    top = torch.where(inside, y, 0.0).floor().long()
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    kept = torch.where(inside[:, None], weight, 0.0)
    moved = torch.where(inside[:, None], -flow, 0.0) * kept
    values = torch.cat([moved, kept], dim=1).flatten(2)
    sums = values.new_zeros(batch, 3, height * width)
    for row in (top, bottom):
        for column in (left, right):
            index = (row * width + column).flatten(1)[:, None].expand(-1, 3, -1)
            sums = sums.scatter_add(2, index, values)
    sums = sums.view(batch, 3, height, width)
    total = sums[:, 2:]
    filled = total > 0
    mean = torch.where(filled, sums[:, :2] / torch.where(filled, total, 1.0), 0.0)
    return mean.to(dtype), total.to(dtype)


def _fill(mean: Tensor, total: Tensor) -> Tensor:
    filled = total > 0
    gathered = torch.zeros_like(mean)
    count = torch.zeros_like(total)
    for dim in (2, 3):
        for reverse in (False, True):
            index, exists = _nearest_filled(filled, dim, reverse)
            neighbour = mean.gather(dim, index.expand_as(mean))
            gathered = gathered + torch.where(exists, neighbour, 0.0)
            count = count + exists.to(count.dtype)
    return torch.where(filled, mean, gathered / count.clamp(min=1))


def _nearest_filled(filled: Tensor, dim: int, reverse: bool) -> tuple[Tensor, Tensor]:
    """Index along `dim` of the nearest filled pixel before (or after) each, and if there is one."""
    length = filled.shape[dim]
    shape = [1, 1, 1, 1]
    shape[dim] = length
    places = torch.arange(length, device=filled.device).view(shape)
    mask = filled.flip(dim) if reverse else filled
    index = torch.where(mask, places, -1).cummax(dim).values
    if reverse:
        index = index.flip(dim)
        exists = index >= 0
        return torch.where(exists, length - 1 - index, 0), exists
    exists = index >= 0
    return torch.where(exists, index, 0), exists
