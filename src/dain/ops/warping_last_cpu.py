"""Numba kernels of backward warping for pictures whose channels lie beside each other.

That is how convolutions like their features. A row's four corners and their shares are found
first, then blended over channels in a loop that vectorises.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dain.ops.compiling import Array, arrays, channels_last, kernel, spread, summing_kernel

_ROWS = 16  # found at a time: their corners stay in the cache
_LEAST_ROWS = 16  # a slice smaller than this is not worth a thread


@kernel
def _corners_kernel(flow: Array, places: Array, shares: Array, start: int, stop: int) -> None:
    """Where rows `start` to `stop` of `flow` (2, H, W) look.

    `places` (rows, W, 4), counted along the rows of the picture; `shares` (rows, W, 2), along
    and down.
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
            right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
            p[x, 0], p[x, 1] = top * width + left, top * width + right
            p[x, 2], p[x, 3] = bottom * width + left, bottom * width + right
            s[x, 0], s[x, 1] = place_x - number(left), place_y - number(top)


@kernel
def _blend_kernel(image: Array, places: Array, shares: Array, out: Array) -> None:
    """`image` (H * W, C), `places` (N, 4), `shares` (N, 2), `out` (N, C)."""
    channels = image.shape[1]
    for n in range(out.shape[0]):
        target = out[n]
        a, b = image[places[n, 0]], image[places[n, 1]]
        c, d = image[places[n, 2]], image[places[n, 3]]
        along, down = shares[n, 0], shares[n, 1]
        for k in range(channels):
            upper = a[k] + (b[k] - a[k]) * along
            lower = c[k] + (d[k] - c[k]) * along
            target[k] = upper + (lower - upper) * down


@summing_kernel
def _gradient_kernel(
    image: Array,
    places: Array,
    shares: Array,
    grad: Array,
    grad_image: Array,
    grad_shares: Array,
) -> None:
    """Of `_blend_kernel`: `grad_image` is added to, `grad_shares` (N, 2) is set."""
    channels = image.shape[1]
    one, zero = shares.dtype.type(1), shares.dtype.type(0)
    for n in range(grad.shape[0]):
        slope = grad[n]
        a, b = image[places[n, 0]], image[places[n, 1]]
        c, d = image[places[n, 2]], image[places[n, 3]]
        along, down = shares[n, 0], shares[n, 1]
        before, above = one - along, one - down
        by_x, by_y = zero, zero
        for k in range(channels):
            by_x += slope[k] * ((b[k] - a[k]) * above + (d[k] - c[k]) * down)
            by_y += slope[k] * ((c[k] - a[k]) * before + (d[k] - b[k]) * along)
        grad_shares[n, 0], grad_shares[n, 1] = by_x, by_y
        for corner in range(4):
            weight = (along if corner % 2 else before) * (down if corner > 1 else above)
            target = grad_image[places[n, corner]]
            for k in range(channels):
                target[k] += slope[k] * weight


@kernel
def _inside_kernel(flow: Array, grad_shares: Array, grad_flow: Array) -> None:
    """Gradient by `flow` (2, H, W) from `grad_shares` (H, W, 2); a place outside has none."""
    height, width = flow.shape[1:]
    for y in range(height):
        for x in range(width):
            if 0 <= x + flow[0, y, x] <= width - 1:
                grad_flow[0, y, x] = grad_shares[y, x, 0]
            if 0 <= y + flow[1, y, x] <= height - 1:
                grad_flow[1, y, x] = grad_shares[y, x, 1]


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """`image` (B, C, H, W), channels last, looked up at ``p + flow(p)``; `flow` (B, 2, H, W).

    Of bfloat16, widened and rounded again by PyTorch: that takes a third of the time of a
    kernel that computes on the bits.
    """
    out = torch.empty_like(image, dtype=flow.dtype, memory_format=torch.channels_last)
    (f,) = arrays(flow)
    i, o = channels_last(image.to(flow.dtype)), channels_last(out)
    pixels = i.reshape(len(i), -1, i.shape[-1])
    height = o.shape[1]

    def work(start: int, stop: int) -> None:
        while start < stop:
            k, y = divmod(start, height)
            rows = min(_ROWS, stop - start, height - y)
            _blend_kernel(pixels[k], *_corners(f[k], y, y + rows), _flat(o[k, y : y + rows]))
            start += rows

    spread(work, len(f) * height, _LEAST_ROWS)
    return out.to(image.dtype)


def warp_gradient(image: Tensor, flow: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of `warp` by image (channels last) and by flow."""
    (f,) = arrays(flow)
    i, g = (
        channels_last(tensor.to(flow.dtype).contiguous(memory_format=torch.channels_last))
        for tensor in (image, grad)
    )
    gi, gf = np.zeros_like(i), np.zeros_like(f)

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            places, shares = _corners(f[k], 0, g.shape[1])
            slopes = np.empty_like(shares)
            _gradient_kernel(_flat(i[k]), places, shares, _flat(g[k]), _flat(gi[k]), slopes)
            _inside_kernel(f[k], slopes.reshape(*f.shape[2:], 2), gf[k])

    spread(work, len(f))
    by_image = torch.from_numpy(gi).permute(0, 3, 1, 2).to(image.dtype)
    return by_image, torch.from_numpy(gf)


def _corners(flow: Array, start: int, stop: int) -> tuple[Array, Array]:
    """Places and shares of rows `start` to `stop`, one row after the other."""
    shape = (stop - start, flow.shape[-1])
    places, shares = np.empty((*shape, 4), np.uint32), np.empty((*shape, 2), flow.dtype)
    _corners_kernel(flow, places, shares, start, stop)
    return _flat(places), _flat(shares)


def _flat(rows: Array) -> Array:
    return rows.reshape(-1, rows.shape[-1])
