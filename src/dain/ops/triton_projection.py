"""Triton kernels of depth-aware flow projection, seen by PyTorch as ops with gradients.

The splat adds with atomics, so the order of its sums, and with it their last bits, changes from
run to run; under `torch.use_deterministic_algorithms` the public function takes the PyTorch form.

Checked through Triton's interpreter; not yet timed on a GPU.
"""

# ruff: noqa: N803, N806 (constants of a kernel are written as constants)
from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from dain.ops.compiling import empty_like, zeros_like
from dain.ops.registration import from_inputs, register
from dain.ops.triton_support import blocks, gradient_by_reference, launch, power_of_two

_PIXELS = 256  # two for each thread of the usual four warps

# A scan's block is long where memory runs along the lines, and wide where it runs across them:
# either way whole cache lines are read. Lines longer than a block carry over to the next.
_ALONG_ROWS = {"LINES": 4, "STEPS": 512}
_ALONG_COLUMNS = {"LINES": 32, "STEPS": 64}


@triton.jit  # type: ignore[untyped-decorator]
def _splat_kernel(
    flow: tl.tensor,
    weight: tl.tensor,
    sums: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    """A block of one picture's pixels, added to `sums` (B, 3, H, W) float32, zero at first."""
    area = height * width
    picture = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    exists = pixel < area
    flow += picture * 2 * area
    u = tl.load(flow + pixel, mask=exists, other=0.0).to(tl.float32)
    v = tl.load(flow + area + pixel, mask=exists, other=0.0).to(tl.float32)
    w = tl.load(weight + picture * area + pixel, mask=exists, other=0.0).to(tl.float32)
    x, y = pixel % width + u, pixel // width + v
    # Written so that a target that is no number is outside.
    lands = exists & (x >= 0.0) & (y >= 0.0) & (x <= width - 1.0) & (y <= height - 1.0)
    left, top = tl.where(lands, x, 0.0).to(tl.int32), tl.where(lands, y, 0.0).to(tl.int32)
    sums += picture * 3 * area
    for corner in tl.static_range(4):
        row = tl.minimum(top + corner // 2, height - 1)
        column = tl.minimum(left + corner % 2, width - 1)
        place = sums + (row * width + column)
        tl.atomic_add(place, -w * u, mask=lands, sem="relaxed")
        tl.atomic_add(place + area, -w * v, mask=lands, sem="relaxed")
        tl.atomic_add(place + 2 * area, w, mask=lands, sem="relaxed")


@triton.jit  # type: ignore[untyped-decorator]
def _larger(one: tl.tensor, two: tl.tensor) -> tl.tensor:
    return tl.maximum(one, two)


@triton.jit  # type: ignore[untyped-decorator]
def _nearest_kernel(
    total: tl.tensor,
    nearest: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    ROWS: tl.constexpr,
    BACKWARDS: tl.constexpr,
    LINES: tl.constexpr,
    STEPS: tl.constexpr,
) -> None:
    """The nearest filled pixel before (or after) each on its row (or column), for some lines.

    `total` (B, 1, H, W); `nearest` (B, 4, H, W) int32 takes, in the plane of this direction,
    its place along the line, or -1.
    """
    SIDE: tl.constexpr = (0 if ROWS else 2) + BACKWARDS
    NONE: tl.constexpr = -(2**30)
    lines, length = (height, width) if ROWS else (width, height)
    line_step, step = (width, 1) if ROWS else (1, width)
    area = height * width
    picture = tl.program_id(1).to(tl.int64)
    total += picture * area
    nearest += (picture * 4 + SIDE) * area
    line = tl.program_id(0) * LINES + tl.arange(0, LINES)
    carried = tl.full((LINES,), NONE, tl.int32)
    for start in range(0, length, STEPS):
        begin = tl.cdiv(length, STEPS) * STEPS - STEPS - start if BACKWARDS else start
        place = begin + tl.arange(0, STEPS)
        pixel = line[:, None] * line_step + place[None, :] * step
        mask = (line < lines)[:, None] & (place < length)[None, :]
        filled = tl.load(total + pixel, mask=mask, other=0.0).to(tl.float32) > 0.0
        # Backwards the nearest is the least place: the largest, once its sign is turned.
        order = (-place if BACKWARDS else place)[None, :]
        latest = tl.associative_scan(tl.where(filled, order, NONE), 1, _larger, reverse=BACKWARDS)
        latest = tl.maximum(latest, carried[:, None])
        carried = tl.max(latest, axis=1)
        found = tl.where(latest > NONE, -latest if BACKWARDS else latest, -1)
        tl.store(nearest + pixel, found, mask=mask)


@triton.jit  # type: ignore[untyped-decorator]
def _fill_kernel(
    mean: tl.tensor,
    total: tl.tensor,
    nearest: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    """A block of one picture's pixels: holes take the mean of their nearest filled pixels."""
    area = height * width
    picture = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    exists = pixel < area
    mean += picture * 2 * area
    nearest += picture * 4 * area
    filled = tl.load(total + picture * area + pixel, mask=exists, other=0.0).to(tl.float32) > 0.0
    # A filled pixel reads itself alone, a hole its neighbours.
    x = tl.load(mean + pixel, mask=exists & filled, other=0.0).to(tl.float32)
    y = tl.load(mean + area + pixel, mask=exists & filled, other=0.0).to(tl.float32)
    count = filled.to(tl.float32)
    hole = exists & (filled == 0)
    for side in tl.static_range(4):
        place = tl.load(nearest + side * area + pixel, mask=hole, other=-1)
        row, column = (pixel // width, place) if side < 2 else (place, pixel % width)
        neighbour = row * width + column
        found = place >= 0
        x += tl.load(mean + neighbour, mask=found, other=0.0).to(tl.float32)
        y += tl.load(mean + area + neighbour, mask=found, other=0.0).to(tl.float32)
        count += found.to(tl.float32)
    count = tl.maximum(count, 1.0)
    out += picture * 2 * area
    tl.store(out + pixel, (x / count).to(out.dtype.element_ty), mask=exists)
    tl.store(out + area + pixel, (y / count).to(out.dtype.element_ty), mask=exists)


def _splat(flow: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean of the negated flows that reach each pixel, and the summed weights.

    Summed in float32 whatever the type of `flow` (B, 2, H, W) and `weight` (B, 1, H, W).
    """
    batch, _, height, width = flow.shape
    sums = torch.zeros((batch, 3, height, width), device=flow.device)
    grid = (blocks(height * width, _PIXELS), batch)
    launch(
        _splat_kernel,
        grid,
        flow.contiguous(),
        weight.contiguous(),
        sums,
        height,
        width,
        PIXELS=_PIXELS,
    )
    total = sums[:, 2:]
    dtype = torch.promote_types(flow.dtype, weight.dtype)
    mean = torch.where(total > 0, sums[:, :2] / total, 0.0)
    return mean.to(dtype), total.to(dtype, copy=True, memory_format=torch.contiguous_format)


def _fill(mean: Tensor, total: Tensor) -> Tensor:
    """`mean` (B, 2, H, W) with the pixels of no `total` (B, 1, H, W) filled from four sides."""
    mean, total = mean.contiguous(), total.contiguous()
    batch, _, height, width = mean.shape
    nearest = torch.empty((batch, 4, height, width), dtype=torch.int32, device=mean.device)
    for rows, lines, length in ((True, height, width), (False, width, height)):
        block = dict(_ALONG_ROWS if rows else _ALONG_COLUMNS)
        block["STEPS"] = min(block["STEPS"], power_of_two(length))
        for backwards in (False, True):
            launch(
                _nearest_kernel,
                (blocks(lines, block["LINES"]), batch),
                total,
                nearest,
                height,
                width,
                ROWS=rows,
                BACKWARDS=backwards,
                **block,
            )
    out = torch.empty_like(mean, memory_format=torch.contiguous_format)
    grid = (blocks(height * width, _PIXELS), batch)
    launch(_fill_kernel, grid, mean, total, nearest, out, height, width, PIXELS=_PIXELS)
    return out


def _splat_gradient(
    flow: Tensor, weight: Tensor, grad_mean: Tensor, grad_total: Tensor
) -> tuple[Tensor, ...]:
    """Gradients of `_splat` by flow and by weight."""
    from dain.ops.projection import _splat as reference

    return gradient_by_reference(reference, (flow, weight), (grad_mean, grad_total))


def _fill_gradient(grad: Tensor, total: Tensor) -> Tensor:
    """Gradient of `_fill` by mean, in which it is linear."""
    from dain.ops.projection import _fill as plain

    def reference(mean: Tensor) -> Tensor:
        return plain(mean, total)

    return gradient_by_reference(reference, (torch.zeros_like(grad),), (grad,))[0]


def _save_fill(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    ctx.save_for_backward(inputs[1])


def _fill_backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
    return fill_gradient(grad, ctx.saved_tensors[0]), None


def _fake_splat(flow: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    dtype = torch.promote_types(flow.dtype, weight.dtype)
    return tuple(zeros_like(tensor).to(dtype) for tensor in (flow, weight))


splat_gradient = register(
    "triton_splat_flow_gradient(Tensor flow, Tensor weight, Tensor grad_mean, Tensor grad_total)"
    " -> (Tensor, Tensor)",
    cpu=_splat_gradient,
    cuda=_splat_gradient,
    fake=lambda flow, weight, grad_mean, grad_total: empty_like(flow, weight),
)
splat = register(
    "triton_splat_flow(Tensor flow, Tensor weight) -> (Tensor, Tensor)",
    cpu=_splat,
    cuda=_splat,
    fake=_fake_splat,
    gradient=from_inputs(splat_gradient),
)
fill_gradient = register(
    "triton_fill_holes_gradient(Tensor grad, Tensor total) -> Tensor",
    cpu=_fill_gradient,
    cuda=_fill_gradient,
    fake=lambda grad, total: empty_like(grad)[0],
)
fill = register(
    "triton_fill_holes(Tensor mean, Tensor total) -> Tensor",
    cpu=_fill,
    cuda=_fill,
    fake=lambda mean, total: empty_like(mean)[0],
    gradient=(_save_fill, _fill_backward),
)
