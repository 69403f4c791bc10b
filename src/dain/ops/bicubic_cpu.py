"""Numba kernels of bicubic backward warping, and the op with gradients that PyTorch sees.

They work on planes: what is warped so is a picture of three channels, not features.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from dain.ops.compiling import Array, arrays, empty_like, kernel, spread
from dain.ops.layouts import layout_of
from dain.ops.registration import by_image_if_wanted, register

_ROWS = 8  # found at a time: their windows stay in the cache
_LEAST_ROWS = 16  # a slice smaller than this is not worth a thread


@kernel
def _windows_kernel(flow: Array, places: Array, shares: Array, start: int, stop: int) -> None:
    """Where rows `start` to `stop` of `flow` (2, H, W) look.

    `places` (rows, W, 8): the window's four columns, and where its four rows begin; `shares`
    (rows, W, 2): along and down from its second column and row.
    """
    height, width = flow.shape[1:]
    number = flow.dtype.type
    last_x, last_y, zero = number(width - 1), number(height - 1), number(0)
    for y in range(start, stop):
        p, s = places[y - start], shares[y - start]
        for x in range(width):
            place_x, place_y = number(x) + flow[0, y, x], number(y) + flow[1, y, x]
            # Written so that a place that is no number counts as 0 and nothing is read outside.
            place_x = min(place_x, last_x) if place_x >= zero else zero
            place_y = min(place_y, last_y) if place_y >= zero else zero
            left, top = int(place_x), int(place_y)
            s[x, 0], s[x, 1] = place_x - number(left), place_y - number(top)
            for k in range(4):
                p[x, k] = min(max(left + k - 1, 0), width - 1)
                p[x, 4 + k] = min(max(top + k - 1, 0), height - 1) * width


@kernel
def _weights_kernel(shares: Array, weights: Array) -> None:
    """Keys' four weights along and four down, `weights` (N, 8), for `shares` (N, 2)."""
    number = shares.dtype.type
    half, one, two = number(0.5), number(1), number(2)
    for n in range(shares.shape[0]):
        for axis in range(2):
            f, w = shares[n, axis], weights[n, 4 * axis : 4 * axis + 4]
            w[0] = ((one - half * f) * f - half) * f
            w[1] = (number(1.5) * f - number(2.5)) * f * f + one
            w[2] = ((two - number(1.5) * f) * f + half) * f
            w[3] = (f - one) * half * f * f


@kernel
def _slopes_kernel(shares: Array, weights: Array) -> None:
    """The derivatives of `_weights_kernel` by `shares`."""
    number = shares.dtype.type
    half, two = number(0.5), number(2)
    for n in range(shares.shape[0]):
        for axis in range(2):
            f, w = shares[n, axis], weights[n, 4 * axis : 4 * axis + 4]
            w[0] = (two - number(1.5) * f) * f - half
            w[1] = (number(4.5) * f - number(5)) * f
            w[2] = (number(4) - number(4.5) * f) * f + half
            w[3] = (number(1.5) * f - number(1)) * f


@kernel
def _blend_kernel(image: Array, places: Array, weights: Array, out: Array) -> None:
    """`image` (C, H * W), `places` and `weights` (N, 8), `out` (C, N)."""
    zero = out.dtype.type(0)
    for channel in range(image.shape[0]):
        plane, target = image[channel], out[channel]
        for n in range(places.shape[0]):
            p, w = places[n], weights[n]
            total = zero
            for k in range(4):
                column = p[k]
                down = w[4] * plane[p[4] + column] + w[5] * plane[p[5] + column]
                down += w[6] * plane[p[6] + column] + w[7] * plane[p[7] + column]
                total += w[k] * down
            target[n] = total


@kernel
def _scatter_kernel(grad: Array, places: Array, weights: Array, grad_image: Array) -> None:
    """Of `_blend_kernel` by image: `grad_image` (C, H * W) is added to."""
    for channel in range(grad.shape[0]):
        plane, source = grad_image[channel], grad[channel]
        for n in range(places.shape[0]):
            p, w = places[n], weights[n]
            for j in range(4):
                for i in range(4):
                    plane[p[4 + j] + p[i]] += source[n] * w[4 + j] * w[i]


@kernel
def _flow_kernel(
    image: Array,
    flow: Array,
    grad: Array,
    places: Array,
    weights: Array,
    slopes: Array,
    grad_flow: Array,
) -> None:
    """Of `_blend_kernel` by flow: `grad_flow` (2, H, W) is set; a place outside has none."""
    height, width = flow.shape[1:]
    zero = flow.dtype.type(0)
    for y in range(height):
        for x in range(width):
            n = y * width + x
            p, w, s = places[n], weights[n], slopes[n]
            by_x, by_y = zero, zero
            for channel in range(image.shape[0]):
                plane = image[channel]
                along, across = zero, zero
                for i in range(4):
                    column = p[i]
                    a, b = plane[p[4] + column], plane[p[5] + column]
                    c, d = plane[p[6] + column], plane[p[7] + column]
                    along += s[i] * (w[4] * a + w[5] * b + w[6] * c + w[7] * d)
                    across += w[i] * (s[4] * a + s[5] * b + s[6] * c + s[7] * d)
                by_x += grad[channel, n] * along
                by_y += grad[channel, n] * across
            if 0 <= x + flow[0, y, x] <= width - 1:
                grad_flow[0, y, x] = by_x
            if 0 <= y + flow[1, y, x] <= height - 1:
                grad_flow[1, y, x] = by_y


def _windows(flow: Array, start: int, stop: int) -> tuple[Array, Array]:
    """Places and shares of rows `start` to `stop`, one row after the other."""
    shape = (stop - start, flow.shape[2])
    places, shares = np.empty((*shape, 8), np.uint32), np.empty((*shape, 2), flow.dtype)
    _windows_kernel(flow, places, shares, start, stop)
    return places.reshape(-1, 8), shares.reshape(-1, 2)


def _weights(shares: Array, kernel_function: Any = _weights_kernel) -> Array:
    weights = np.empty((len(shares), 8), shares.dtype)
    kernel_function(shares, weights)
    return weights


def _empty_result(image: Tensor) -> Tensor:
    return torch.empty_like(image, memory_format=layout_of(image))


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    """`image` (B, C, H, W) looked up at ``p + flow(p)``; `flow` (B, 2, H, W)."""
    if not image.numel():
        return _empty_result(image)
    out = flow.new_empty(image.shape)
    i, f, o = arrays(image.to(flow.dtype), flow, out)
    pixels = i.reshape(*i.shape[:2], -1)
    height, width = o.shape[2:]

    def work(start: int, stop: int) -> None:
        while start < stop:
            k, y = divmod(start, height)
            rows = min(_ROWS, stop - start, height - y)
            places, shares = _windows(f[k], y, y + rows)
            target = o[k].reshape(-1, height * width)[:, y * width : (y + rows) * width]
            _blend_kernel(pixels[k], places, _weights(shares), target)
            start += rows

    spread(work, len(o) * height, _LEAST_ROWS)
    return out.to(image.dtype).contiguous(memory_format=layout_of(image))


def _warp_gradient(
    image: Tensor, flow: Tensor, grad: Tensor, by_image: bool
) -> tuple[Tensor, Tensor]:
    """Gradients of `_warp` by image (without channels unless `by_image`) and by flow."""
    i, f, g = arrays(image.to(flow.dtype), flow, grad.to(flow.dtype))
    i, g = (values.reshape(*values.shape[:2], -1) for values in (i, g))
    gi, gf = np.zeros_like(i if by_image else i[:, :0]), np.zeros_like(f)

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            places, shares = _windows(f[k], 0, f.shape[2])
            weights, slopes = _weights(shares), _weights(shares, _slopes_kernel)
            _flow_kernel(i[k], f[k], g[k], places, weights, slopes, gf[k])
            if by_image:
                _scatter_kernel(g[k], places, weights, gi[k])

    spread(work, len(f))
    shape = (len(f), gi.shape[1], *f.shape[2:])
    by_pixels = torch.from_numpy(gi).view(shape).to(image.dtype)
    return by_pixels.contiguous(memory_format=layout_of(image)), torch.from_numpy(gf)


warp_gradient = register(
    "bicubic_warp_gradient(Tensor image, Tensor flow, Tensor grad, bool by_image)"
    " -> (Tensor, Tensor)",
    cpu=_warp_gradient,
    fake=lambda image, flow, grad, by_image: (
        _empty_result(image if by_image else image[:, :0]),
        *empty_like(flow),
    ),
)
warp = register(
    "bicubic_warp(Tensor image, Tensor flow) -> Tensor",
    cpu=_warp,
    fake=lambda image, flow: _empty_result(image),
    gradient=by_image_if_wanted(warp_gradient),
)
