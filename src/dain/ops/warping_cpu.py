"""Numba kernels of backward warping for planes, and the op with gradients that PyTorch sees.

Pictures whose channels lie beside each other, and bfloat16, go to `warping_last_cpu`.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from dain.ops import warping_last_cpu
from dain.ops.compiling import Array, arrays, empty_like, kernel, spread, zeros_like
from dain.ops.layouts import layout_of
from dain.ops.registration import by_image_if_wanted, register

_LEAST_ROWS = 32  # a slice smaller than this is not worth a thread


@kernel
def _warp_kernel(image: Array, flow: Array, out: Array, start: int, stop: int) -> None:
    """One picture, rows `start` to `stop`: `image` and `out` (C, H, W), `flow` (2, H, W).

    A row at a time: first where to look, then channel by channel in a loop that vectorises.
    """
    channels, height, width = image.shape
    flat = image.reshape(channels, height * width)
    number = flow.dtype.type
    last_x, last_y, zero = number(width - 1), number(height - 1), number(0)
    corners = np.empty((4, width), np.uint32)
    along, down = np.empty(width, flow.dtype), np.empty(width, flow.dtype)
    for y in range(start, stop):
        for x in range(width):
            place_x, place_y = number(x) + flow[0, y, x], number(y) + flow[1, y, x]
            # Written so that a place that is no number counts as 0 and nothing is read outside.
            place_x = min(place_x, last_x) if place_x >= zero else zero
            place_y = min(place_y, last_y) if place_y >= zero else zero
            left, top = int(place_x), int(place_y)
            right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
            along[x], down[x] = place_x - number(left), place_y - number(top)
            corners[0, x], corners[1, x] = top * width + left, top * width + right
            corners[2, x], corners[3, x] = bottom * width + left, bottom * width + right
        for channel in range(channels):
            plane, row = flat[channel], out[channel, y]
            for x in range(width):
                upper, lower = plane[corners[0, x]], plane[corners[2, x]]
                upper += (plane[corners[1, x]] - upper) * along[x]
                lower += (plane[corners[3, x]] - lower) * along[x]
                row[x] = upper + (lower - upper) * down[x]


@kernel
def _gradient_kernel(
    image: Array, flow: Array, grad: Array, grad_image: Array, grad_flow: Array
) -> None:
    """One picture: `grad_image` (C, H, W) is added to, or left alone where it has no channel."""
    channels, height, width = image.shape
    wanted = grad_image.shape[0]
    for y in range(height):
        for x in range(width):
            free_x, free_y = x + flow[0, y, x], y + flow[1, y, x]
            place_x = min(free_x, width - 1) if free_x >= 0 else 0
            place_y = min(free_y, height - 1) if free_y >= 0 else 0
            left, top = math.floor(place_x), math.floor(place_y)
            right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
            along, down = place_x - left, place_y - top
            for channel in range(wanted):
                g = grad[channel, y, x]
                grad_image[channel, top, left] += g * (1 - along) * (1 - down)
                grad_image[channel, top, right] += g * along * (1 - down)
                grad_image[channel, bottom, left] += g * (1 - along) * down
                grad_image[channel, bottom, right] += g * along * down
            by_x, by_y = 0.0, 0.0
            for channel in range(channels):
                g = grad[channel, y, x]
                a, b = image[channel, top, left], image[channel, top, right]
                c, d = image[channel, bottom, left], image[channel, bottom, right]
                by_x += g * ((b - a) * (1 - down) + (d - c) * down)
                by_y += g * ((c - a) * (1 - along) + (d - b) * along)
            if 0 <= free_x <= width - 1:
                grad_flow[0, y, x] = by_x
            if 0 <= free_y <= height - 1:
                grad_flow[1, y, x] = by_y


def _is_last(image: Tensor) -> bool:
    return image.dtype == torch.bfloat16 or layout_of(image) == torch.channels_last


def _turned(image: Tensor) -> Tensor:
    return image.contiguous(memory_format=torch.channels_last)


def _empty_result(image: Tensor) -> Tensor:
    return torch.empty_like(image, memory_format=layout_of(image))


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    """`image` (B, C, H, W) looked up at ``p + flow(p)``; `flow` (B, 2, H, W)."""
    if not image.numel():
        return _empty_result(image)
    if _is_last(image):
        return warping_last_cpu.warp(_turned(image), flow).contiguous(
            memory_format=layout_of(image)
        )
    out = empty_like(image)[0]
    i, f, o = arrays(image, flow, out)
    height = out.shape[2]

    def work(start: int, stop: int) -> None:
        for k in range(start // height, (stop - 1) // height + 1):
            first, last = max(start - k * height, 0), min(stop - k * height, height)
            _warp_kernel(i[k], f[k], o[k], first, last)

    spread(work, len(o) * height, _LEAST_ROWS)
    return out


def _warp_gradient(
    image: Tensor, flow: Tensor, grad: Tensor, by_image: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of `_warp` by image (without channels unless `by_image`) and by flow."""
    if _is_last(image):
        grad_image, grad_flow = warping_last_cpu.warp_gradient(_turned(image), flow, grad)
        return grad_image.contiguous(memory_format=layout_of(image)), grad_flow
    grad_image = zeros_like(image if by_image else image[:, :0])
    grad_flow = zeros_like(flow)
    i, f, g, gi, gf = arrays(image, flow, grad, grad_image, grad_flow)

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            _gradient_kernel(i[k], f[k], g[k], gi[k], gf[k])

    spread(work, len(i))
    return grad_image, grad_flow


warp_gradient = register(
    "backward_warp_gradient(Tensor image, Tensor flow, Tensor grad, bool by_image)"
    " -> (Tensor, Tensor)",
    cpu=_warp_gradient,
    fake=lambda image, flow, grad, by_image: (
        _empty_result(image if by_image or _is_last(image) else image[:, :0]),
        *empty_like(flow),
    ),
)
warp = register(
    "backward_warp(Tensor image, Tensor flow) -> Tensor",
    cpu=_warp,
    fake=lambda image, flow: _empty_result(image),
    gradient=by_image_if_wanted(warp_gradient),
)
