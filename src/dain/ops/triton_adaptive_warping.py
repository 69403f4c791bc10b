"""Triton kernel of adaptive warping, seen by PyTorch as an op with a gradient.

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
from dain.ops.triton_support import blocks, gradient_by_reference, launch, tile


@triton.jit  # type: ignore[untyped-decorator]
def _warp_kernel(
    image: tl.tensor,
    flow: tl.tensor,
    kernel: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    CHANNELS: tl.constexpr,
    PIXELS: tl.constexpr,
    DEPTH: tl.constexpr,
) -> None:
    """A block of pixels of one picture in all its channels.

    `image` and `out` lie channels last; `flow` (B, 2, H, W) and `kernel` (B, 16, H, W) plain.
    """
    area = height * width
    picture = tl.program_id(1).to(tl.int64)  # offsets outgrow 32 bits at 4K by 437 channels
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    exists = pixel < area
    flow += picture * 2 * area
    u = tl.load(flow + pixel, mask=exists, other=0.0).to(tl.float32)
    v = tl.load(flow + area + pixel, mask=exists, other=0.0).to(tl.float32)
    x, y = pixel % width + u, pixel // width + v
    # Written so that a place that is no number is outside.
    inside = (x >= 0.0) & (y >= 0.0) & (x <= width - 1.0) & (y <= height - 1.0)
    near = exists & inside & (tl.abs(u) < width * 0.5) & (tl.abs(v) < height * 0.5)
    x, y = tl.where(near, x, 0.0), tl.where(near, y, 0.0)
    left, top = x.to(tl.int32), y.to(tl.int32)
    along, down = x - left, y - top
    kernel += picture * 16 * area
    image += picture * CHANNELS * area
    out += picture * CHANNELS * area
    here = pixel.to(tl.int64)[:, None] * CHANNELS
    for first in range(0, CHANNELS, DEPTH):
        channel = (first + tl.arange(0, DEPTH))[None, :]
        mask = exists[:, None] & (channel < CHANNELS)
        used = mask & near[:, None]
        # A pixel whose target lies outside is copied.
        stays = mask & (near[:, None] == 0)
        value = tl.load(image + (here + channel), mask=stays, other=0.0).to(tl.float32)
        for row in tl.static_range(4):
            tap_y = tl.minimum(tl.maximum(top + (row - 1), 0), height - 1)
            across = down if row >= 2 else 1.0 - down
            for column in tl.static_range(4):
                tap_x = tl.minimum(tl.maximum(left + (column - 1), 0), width - 1)
                tap = kernel + ((row * 4 + column) * tl.cast(area, tl.int64) + pixel)
                weight = tl.load(tap, mask=near, other=0.0).to(tl.float32)
                weight *= across * (along if column >= 2 else 1.0 - along)
                place = (tap_y * width + tap_x).to(tl.int64)[:, None] * CHANNELS
                pixels = tl.load(image + (place + channel), mask=used, other=0.0)
                value += weight[:, None] * pixels.to(tl.float32)
        tl.store(out + (here + channel), value.to(out.dtype.element_ty), mask=mask)


def _warp(image: Tensor, flow: Tensor, kernel: Tensor) -> Tensor:
    """`image` (B, C, H, W) through 4x4 kernels (B, 16, H, W) at ``p + flow(p)``.

    Computed in float32; the result has the type of `image` and its channels last, so that the
    channels of a pixel are read and written side by side. An image that lies otherwise is
    copied so first.
    """
    image = image.contiguous(memory_format=torch.channels_last)
    out = torch.empty_like(image, memory_format=torch.channels_last)
    batch, channels, height, width = image.shape
    block = tile(channels, channels_last=True)
    launch(
        _warp_kernel,
        (blocks(height * width, block["PIXELS"]), batch),
        image,
        flow.contiguous(),
        kernel.contiguous(),
        out,
        height,
        width,
        CHANNELS=channels,
        **block,
    )
    return out


def _warp_gradient(image: Tensor, flow: Tensor, kernel: Tensor, grad: Tensor) -> tuple[Tensor, ...]:
    """Gradients of `_warp` by image, flow and kernel."""
    from dain.ops.adaptive_warping import _warp as reference

    return gradient_by_reference(reference, (image, flow, kernel), (grad,))


warp_gradient = register(
    "triton_adaptive_warp_gradient(Tensor image, Tensor flow, Tensor kernel, Tensor grad)"
    " -> (Tensor, Tensor, Tensor)",
    cpu=_warp_gradient,
    cuda=_warp_gradient,
    fake=lambda image, flow, kernel, grad: empty_like(image, flow, kernel),
)
warp = register(
    "triton_adaptive_warp(Tensor image, Tensor flow, Tensor kernel) -> Tensor",
    cpu=_warp,
    cuda=_warp,
    fake=lambda image, flow, kernel: torch.empty_like(image, memory_format=torch.channels_last),
    gradient=from_inputs(warp_gradient),
)
