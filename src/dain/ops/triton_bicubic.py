"""Triton kernel of bicubic backward warping, seen by PyTorch as an op with a gradient.

Checked through Triton's interpreter; not yet timed on a GPU.
"""

# ruff: noqa: N803 (constants of a kernel are written as constants)
from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from dain.ops.compiling import empty_like
from dain.ops.registration import from_inputs, register
from dain.ops.triton_support import blocks, gradient_by_reference, launch, memory_format, tile


@triton.jit  # type: ignore[untyped-decorator]
def _weight(along: tl.tensor, TAP: tl.constexpr) -> tl.tensor:
    """Keys' weight of the pixel at ``TAP - 1`` for a place at `along`, in [0, 1)."""
    distance = tl.abs(along - (TAP - 1.0))
    if TAP == 1 or TAP == 2:
        return (1.5 * distance - 2.5) * distance * distance + 1.0
    return ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0


@triton.jit  # type: ignore[untyped-decorator]
def _warp_kernel(
    image: tl.tensor,
    flow: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    CHANNELS: tl.constexpr,
    CHANNELS_LAST: tl.constexpr,
    PIXELS: tl.constexpr,
    DEPTH: tl.constexpr,
) -> None:
    """A block of pixels of one picture in all its channels; `flow` (B, 2, H, W) lies plain."""
    area = height * width
    picture = tl.program_id(1).to(tl.int64)  # offsets outgrow 32 bits at 4K by 437 channels
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    exists = pixel < area
    flow += picture * 2 * area
    x = pixel % width + tl.load(flow + pixel, mask=exists, other=0.0).to(tl.float32)
    y = pixel // width + tl.load(flow + area + pixel, mask=exists, other=0.0).to(tl.float32)
    # Written so that a place that is no number counts as 0 and nothing is read outside.
    x = tl.where(x >= 0.0, tl.minimum(x, width - 1.0), 0.0)
    y = tl.where(y >= 0.0, tl.minimum(y, height - 1.0), 0.0)
    left, top = x.to(tl.int32), y.to(tl.int32)
    along, down = x - left, y - top
    pixel_step = CHANNELS if CHANNELS_LAST else 1
    channel_step = 1 if CHANNELS_LAST else area
    here = pixel.to(tl.int64)[:, None] * pixel_step
    image += picture * CHANNELS * area
    out += picture * CHANNELS * area
    for first in range(0, CHANNELS, DEPTH):
        channel = first + tl.arange(0, DEPTH)
        mask = exists[:, None] & (channel < CHANNELS)[None, :]
        plane = channel.to(tl.int64)[None, :] * channel_step
        value = tl.zeros((PIXELS, DEPTH), tl.float32)
        for row in tl.static_range(4):
            tap_y = tl.minimum(tl.maximum(top + (row - 1), 0), height - 1)
            across = _weight(down, row)
            for column in tl.static_range(4):
                tap_x = tl.minimum(tl.maximum(left + (column - 1), 0), width - 1)
                place = (tap_y * width + tap_x).to(tl.int64)[:, None] * pixel_step
                pixels = tl.load(image + (place + plane), mask=mask, other=0.0)
                value += (across * _weight(along, column))[:, None] * pixels.to(tl.float32)
        tl.store(out + (here + plane), value.to(out.dtype.element_ty), mask=mask)


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    """`image` (B, C, H, W) looked up at ``p + flow(p)``; `flow` (B, 2, H, W), computed in float32.

    The result has the type of `image`, and its channels last where those of `image` are.
    """
    layout = memory_format(image)
    image, flow = image.contiguous(memory_format=layout), flow.contiguous()
    out = torch.empty_like(image, memory_format=layout)
    batch, channels, height, width = image.shape
    last = layout == torch.channels_last
    block = tile(channels, last)
    launch(
        _warp_kernel,
        (blocks(height * width, block["PIXELS"]), batch),
        image,
        flow,
        out,
        height,
        width,
        CHANNELS=channels,
        CHANNELS_LAST=last,
        **block,
    )
    return out


def _warp_gradient(image: Tensor, flow: Tensor, grad: Tensor) -> tuple[Tensor, ...]:
    """Gradients of `_warp` by image and by flow."""
    from dain.ops.bicubic import _warp as reference

    return gradient_by_reference(reference, (image, flow), (grad,))


warp_gradient = register(
    "triton_bicubic_warp_gradient(Tensor image, Tensor flow, Tensor grad) -> (Tensor, Tensor)",
    cpu=_warp_gradient,
    cuda=_warp_gradient,
    fake=lambda image, flow, grad: empty_like(image, flow),
)
warp = register(
    "triton_bicubic_warp(Tensor image, Tensor flow) -> Tensor",
    cpu=_warp,
    cuda=_warp,
    fake=lambda image, flow: torch.empty_like(image, memory_format=memory_format(image)),
    gradient=from_inputs(warp_gradient),
)
