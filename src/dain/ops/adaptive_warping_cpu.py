"""Numba kernels of adaptive warping, seen by PyTorch as an op with gradients.

Each pixel's 16 kernel values and its bilinear shares are first folded into one weight per tap,
a few rows at a time; then the taps are summed over channels that lie beside each other. The
gradients have kernels of their own, which undo these two steps in turn, one picture a thread.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dain.ops.compiling import Array, arrays, channels_last, empty_like, kernel, spread
from dain.ops.layouts import layout_of
from dain.ops.registration import from_inputs, register

_ROWS = 4  # folded at a time: their taps stay in the cache
_LEAST_ROWS = 16  # a slice smaller than this is not worth a thread


@kernel
def _fold_kernel(
    flow: Array, filters: Array, places: Array, weights: Array, start: int, stop: int
) -> None:
    """Taps of rows `start` to `stop`: `flow` (2, H, W), `filters` (16, H, W).

    `places` and `weights` (rows, 16, W): a tap's pixel, counted along the rows of the picture,
    and its weight. The first place is -1 where the pixel itself is to be copied.
    """
    height, width = flow.shape[1:]
    number = flow.dtype.type
    one, half_x, half_y = number(1), number(width) / number(2), number(height) / number(2)
    last_x, last_y = number(width - 1), number(height - 1)
    for y in range(start, stop):
        for x in range(width):
            u, v = flow[0, y, x], flow[1, y, x]
            place_x, place_y = number(x) + u, number(y) + v
            inside = 0 <= place_x <= last_x and 0 <= place_y <= last_y
            if not (inside and abs(u) < half_x and abs(v) < half_y):
                places[y - start, 0, x] = -1
                continue
            left, top = int(place_x), int(place_y)
            across, down = place_x - number(left), place_y - number(top)
            for j in range(4):
                row = min(max(top + j - 1, 0), height - 1) * width
                share_down = down if j >= 2 else one - down
                for i in range(4):
                    column = min(max(left + i - 1, 0), width - 1)
                    share = share_down * (across if i >= 2 else one - across)
                    places[y - start, 4 * j + i, x] = row + column
                    weights[y - start, 4 * j + i, x] = filters[4 * j + i, y, x] * share


@kernel
def _gather_kernel(image: Array, places: Array, weights: Array, out: Array, start: int) -> None:
    """Rows from `start` on, channels last: `image` (H * W, C), `out` (rows, W, C)."""
    channels = image.shape[1]
    rows, _, width = places.shape
    for y in range(rows):
        for x in range(width):
            target = out[y, x]
            if places[y, 0, x] < 0:
                target[:] = image[(start + y) * width + x]
                continue
            for j in range(0, 16, 4):  # four taps a turn: the loop below vectorises
                a, b = image[places[y, j, x]], image[places[y, j + 1, x]]
                c, d = image[places[y, j + 2, x]], image[places[y, j + 3, x]]
                wa, wb = weights[y, j, x], weights[y, j + 1, x]
                wc, wd = weights[y, j + 2, x], weights[y, j + 3, x]
                if j == 0:
                    for k in range(channels):
                        target[k] = a[k] * wa + b[k] * wb + c[k] * wc + d[k] * wd
                else:
                    for k in range(channels):
                        target[k] += a[k] * wa + b[k] * wb + c[k] * wc + d[k] * wd


@kernel
def _gather_bfloat16_kernel(
    image: Array, places: Array, weights: Array, out: Array, start: int
) -> None:
    """As `_gather_kernel`, on the bits of bfloat16: the upper half of a float32's."""
    channels = image.shape[1]
    rows, _, width = places.shape
    total = np.empty(channels, np.float32)
    bits = total.view(np.uint32)
    up, one, below_half = np.uint32(16), np.uint32(1), np.uint32(0x7FFF)
    for y in range(rows):
        for x in range(width):
            target = out[y, x]
            if places[y, 0, x] < 0:
                target[:] = image[(start + y) * width + x]
                continue
            total[:] = 0
            for j in range(0, 16, 4):
                a, b = image[places[y, j, x]], image[places[y, j + 1, x]]
                c, d = image[places[y, j + 2, x]], image[places[y, j + 3, x]]
                wa, wb = weights[y, j, x], weights[y, j + 1, x]
                wc, wd = weights[y, j + 2, x], weights[y, j + 3, x]
                for k in range(channels):
                    total[k] += (
                        np.uint32(np.uint32(a[k]) << up).view(np.float32) * wa
                        + np.uint32(np.uint32(b[k]) << up).view(np.float32) * wb
                        + np.uint32(np.uint32(c[k]) << up).view(np.float32) * wc
                        + np.uint32(np.uint32(d[k]) << up).view(np.float32) * wd
                    )
            for k in range(channels):  # to the nearest, ties to even; what is no number stays so
                rounded = (bits[k] + below_half + ((bits[k] >> up) & one)) >> up
                target[k] = np.uint16(rounded) if total[k] == total[k] else np.uint16(0x7FC0)


@kernel
def _scatter_kernel(
    image: Array,
    places: Array,
    weights: Array,
    grad: Array,
    grad_image: Array,
    grad_weights: Array,
    start: int,
) -> None:
    """Gradients of `_gather_kernel`: `grad_image` (H * W, C) is added to, `grad_weights` set."""
    channels = image.shape[1]
    rows, _, width = places.shape
    for y in range(rows):
        for x in range(width):
            slope = grad[start + y, x]
            if places[y, 0, x] < 0:
                grad_image[(start + y) * width + x] += slope
                continue
            for tap in range(16):
                place, weight = places[y, tap, x], weights[y, tap, x]
                source, target = image[place], grad_image[place]
                by_weight = slope[0] * source[0]
                target[0] += slope[0] * weight
                for k in range(1, channels):
                    by_weight += slope[k] * source[k]
                    target[k] += slope[k] * weight
                grad_weights[y, tap, x] = by_weight


@kernel
def _unfold_kernel(
    flow: Array,
    filters: Array,
    places: Array,
    grad_weights: Array,
    grad_flow: Array,
    grad_filters: Array,
    start: int,
) -> None:
    """Gradients of `_fold_kernel`; `grad_flow` and `grad_filters` start at 0."""
    rows, _, width = places.shape
    number = flow.dtype.type
    one = number(1)
    for y in range(start, start + rows):
        for x in range(width):
            if places[y - start, 0, x] < 0:
                continue
            place_x, place_y = number(x) + flow[0, y, x], number(y) + flow[1, y, x]
            across, down = place_x - number(int(place_x)), place_y - number(int(place_y))
            for tap in range(16):
                right, lower = tap % 4 >= 2, tap >= 8
                share_across = across if right else one - across
                share_down = down if lower else one - down
                slope = grad_weights[y - start, tap, x]
                grad_filters[tap, y, x] = slope * share_across * share_down
                slope *= filters[tap, y, x]
                grad_flow[0, y, x] += slope * share_down * (one if right else -one)
                grad_flow[1, y, x] += slope * share_across * (one if lower else -one)


def _empty_result(image: Tensor) -> Tensor:
    return torch.empty(
        image.shape, dtype=image.dtype, device=image.device, memory_format=layout_of(image)
    )


def _turned(image: Tensor) -> Tensor:
    return image.contiguous(memory_format=torch.channels_last)


def _scratch(flow: Array) -> tuple[Array, Array]:
    shape = (_ROWS, 16, flow.shape[-1])
    return np.empty(shape, np.int32), np.empty(shape, flow.dtype)


def _warp(image: Tensor, flow: Tensor, filters: Tensor) -> Tensor:
    """`image` (B, C, H, W) through `filters` (B, 16, H, W) at ``p + flow(p)``."""
    result = _empty_result(image)
    (f,) = arrays(flow)
    w = filters.detach().numpy()
    i, o = channels_last(_turned(image)), channels_last(result)
    i = i.reshape(len(i), -1, i.shape[-1])
    gather = _gather_bfloat16_kernel if image.dtype == torch.bfloat16 else _gather_kernel
    height = o.shape[1]

    def work(start: int, stop: int) -> None:
        places, weights = _scratch(f)
        direct = o.flags.c_contiguous
        found = np.empty((0 if direct else _ROWS, *o.shape[2:]), o.dtype)
        while start < stop:
            k, y = divmod(start, height)
            rows = min(_ROWS, stop - start, height - y)
            _fold_kernel(f[k], w[k], places, weights, y, y + rows)
            target = o[k, y : y + rows] if direct else found[:rows]
            gather(i[k], places[:rows], weights[:rows], target, y)
            if not direct:  # turned while it is in the cache
                o[k, y : y + rows] = target
            start += rows

    spread(work, len(f) * height, _LEAST_ROWS)
    return result


def _warp_gradient(
    image: Tensor, flow: Tensor, filters: Tensor, grad: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of `_warp` by image, flow and filters."""
    f, w = arrays(flow, filters)
    i, g = (channels_last(_turned(tensor.to(flow.dtype))) for tensor in (image, grad))
    gi, gf, gw = np.zeros_like(i), np.zeros_like(f), np.zeros_like(w)
    height, channels = g.shape[1], g.shape[3]

    def work(first: int, stop: int) -> None:
        places, weights = _scratch(f)
        slopes = np.empty_like(weights)
        for k in range(first, stop):
            pixels, sums = i[k].reshape(-1, channels), gi[k].reshape(-1, channels)
            for y in range(0, height, _ROWS):
                rows = min(_ROWS, height - y)
                p = places[:rows]
                _fold_kernel(f[k], w[k], places, weights, y, y + rows)
                _scatter_kernel(pixels, p, weights, g[k], sums, slopes, y)
                _unfold_kernel(f[k], w[k], p, slopes, gf[k], gw[k], y)

    spread(work, len(f))
    grad_image = _empty_result(image)
    grad_image.copy_(torch.from_numpy(gi).permute(0, 3, 1, 2))
    return grad_image, torch.from_numpy(gf), torch.from_numpy(gw)


warp_gradient = register(
    "adaptive_warp_gradient(Tensor image, Tensor flow, Tensor filters, Tensor grad)"
    " -> (Tensor, Tensor, Tensor)",
    cpu=_warp_gradient,
    fake=lambda image, flow, filters, grad: (_empty_result(image), *empty_like(flow, filters)),
)
warp = register(
    "adaptive_warp(Tensor image, Tensor flow, Tensor filters) -> Tensor",
    cpu=_warp,
    fake=lambda image, flow, filters: _empty_result(image),
    gradient=from_inputs(warp_gradient),
)
