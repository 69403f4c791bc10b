"""Triton kernel of the cost volume, seen by PyTorch as an op with a gradient.

Checked through Triton's interpreter; not yet timed on a GPU.
"""

# ruff: noqa: N803, N806 (constants of a kernel are written as constants)
from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from dain.ops.compiling import empty_like
from dain.ops.registration import register
from dain.ops.triton_support import blocks, gradient_by_reference, launch, memory_format, tile


@triton.jit  # type: ignore[untyped-decorator]
def _correlate_kernel(
    first: tl.tensor,
    second: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    CHANNELS: tl.constexpr,
    DISPLACEMENT: tl.constexpr,
    CHANNELS_LAST: tl.constexpr,
    PIXELS: tl.constexpr,
    DEPTH: tl.constexpr,
) -> None:
    """A block of pixels of one picture at all displacements of one row."""
    SIDE: tl.constexpr = 2 * DISPLACEMENT + 1
    area = height * width
    picture = tl.program_id(2).to(tl.int64)  # offsets outgrow 32 bits at 4K by 437 channels
    row = tl.program_id(1)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    exists = pixel < area
    x, y = pixel % width, pixel // width + (row - DISPLACEMENT)
    in_rows = exists & (y >= 0) & (y < height)
    pixel_step = CHANNELS if CHANNELS_LAST else 1
    channel_step = 1 if CHANNELS_LAST else area
    out_step = SIDE * SIDE if CHANNELS_LAST else 1
    shift_step = 1 if CHANNELS_LAST else area
    first += picture * CHANNELS * area
    second += picture * CHANNELS * area
    out += picture * (SIDE * SIDE) * area + pixel.to(tl.int64) * out_step
    for column in range(SIDE):
        moved = x + (column - DISPLACEMENT)
        inside = in_rows & (moved >= 0) & (moved < width)
        here = pixel.to(tl.int64)[:, None] * pixel_step
        there = (y * width + moved).to(tl.int64)[:, None] * pixel_step
        products = tl.zeros((PIXELS, DEPTH), tl.float32)
        for start in range(0, CHANNELS, DEPTH):
            channel = (start + tl.arange(0, DEPTH))[None, :]
            mask = inside[:, None] & (channel < CHANNELS)
            plane = channel.to(tl.int64) * channel_step
            one = tl.load(first + (here + plane), mask=mask, other=0.0).to(tl.float32)
            two = tl.load(second + (there + plane), mask=mask, other=0.0).to(tl.float32)
            products += one * two
        mean = tl.sum(products, axis=1) / CHANNELS
        shift = (row * SIDE + column).to(tl.int64) * shift_step
        tl.store(out + shift, mean.to(out.dtype.element_ty), mask=exists)


def _correlate(first: Tensor, second: Tensor, displacement: int) -> Tensor:
    """The mean product of `first` with `second` moved, both (B, C, H, W), summed in float32.

    The result (B, (2d+1)^2, H, W) has its channels last where those of `first` are.
    """
    layout = memory_format(first)
    first, second = (tensor.contiguous(memory_format=layout) for tensor in (first, second))
    out = _volume(first, second, displacement)
    batch, channels, height, width = first.shape
    last = layout == torch.channels_last
    block = tile(channels, last)
    launch(
        _correlate_kernel,
        (blocks(height * width, block["PIXELS"]), 2 * displacement + 1, batch),
        first,
        second,
        out,
        height,
        width,
        CHANNELS=channels,
        DISPLACEMENT=displacement,
        CHANNELS_LAST=last,
        **block,
    )
    return out


def _volume(first: Tensor, second: Tensor, displacement: int) -> Tensor:
    batch, _, height, width = first.shape
    return torch.empty(
        (batch, (2 * displacement + 1) ** 2, height, width),
        dtype=first.dtype,
        device=first.device,
        memory_format=memory_format(first),
    )


def _correlate_gradient(
    first: Tensor, second: Tensor, displacement: int, grad: Tensor
) -> tuple[Tensor, ...]:
    """Gradients of `_correlate` by both pictures."""
    from dain.ops.correlation import _correlate as plain

    def reference(first: Tensor, second: Tensor) -> Tensor:
        return plain(first, second, displacement)

    return gradient_by_reference(reference, (first, second), (grad,))


def _save(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    ctx.save_for_backward(*inputs[:2])
    ctx.displacement = inputs[2]


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
    by_first, by_second = correlate_gradient(*ctx.saved_tensors, ctx.displacement, grad)
    return by_first, by_second, None


correlate_gradient = register(
    "triton_correlation_gradient(Tensor first, Tensor second, int displacement, Tensor grad)"
    " -> (Tensor, Tensor)",
    cpu=_correlate_gradient,
    cuda=_correlate_gradient,
    fake=lambda first, second, displacement, grad: empty_like(first, second),
)
correlate = register(
    "triton_correlation(Tensor first, Tensor second, int displacement) -> Tensor",
    cpu=_correlate,
    cuda=_correlate,
    fake=_volume,
    gradient=(_save, _backward),
)
