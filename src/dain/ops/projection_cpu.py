"""Numba kernels of depth-aware flow projection, seen by PyTorch as ops with gradients.

The sums run in a fixed order, so the result does not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from dain.ops.compiling import Array, arrays, empty_like, kernel, spread, zeros_like
from dain.ops.registration import register


@kernel
def _splat_kernel(flow: Array, weight: Array, mean: Array, total: Array) -> None:
    """One image: `flow` and `mean` (2, H, W), `weight` and `total` (H, W); outputs start at 0."""
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            u, v = flow[0, y, x], flow[1, y, x]
            target_x, target_y = x + u, y + v
            if 0 <= target_x <= width - 1 and 0 <= target_y <= height - 1:
                left, top = math.floor(target_x), math.floor(target_y)
                right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
                w = weight[y, x]
                for row in (top, bottom):
                    for column in (left, right):
                        mean[0, row, column] -= w * u
                        mean[1, row, column] -= w * v
                        total[row, column] += w
    for y in range(height):
        for x in range(width):
            if total[y, x] > 0:
                mean[0, y, x] /= total[y, x]
                mean[1, y, x] /= total[y, x]
            else:
                mean[0, y, x] = 0
                mean[1, y, x] = 0


@kernel
def _splat_gradient_kernel(
    flow: Array,
    weight: Array,
    mean: Array,
    total: Array,
    grad_mean: Array,
    grad_total: Array,
    grad_flow: Array,
    grad_weight: Array,
) -> None:
    """Gradient of one image; by weight it is the true one, where the published one slips a sign."""
    height, width = weight.shape
    for y in range(height):
        for x in range(width):
            u, v = flow[0, y, x], flow[1, y, x]
            target_x, target_y = x + u, y + v
            if 0 <= target_x <= width - 1 and 0 <= target_y <= height - 1:
                left, top = math.floor(target_x), math.floor(target_y)
                right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
                w = weight[y, x]
                for row in (top, bottom):
                    for column in (left, right):
                        grad_weight[y, x] += grad_total[row, column]
                        if total[row, column] > 0:
                            gu = grad_mean[0, row, column] / total[row, column]
                            gv = grad_mean[1, row, column] / total[row, column]
                            grad_flow[0, y, x] -= w * gu
                            grad_flow[1, y, x] -= w * gv
                            grad_weight[y, x] -= gu * (u + mean[0, row, column])
                            grad_weight[y, x] -= gv * (v + mean[1, row, column])


@kernel
def _nearest_kernel(total: Array, nearest: Array) -> None:
    """Flat index of the nearest filled pixel to the left, right, above and below, or -1.

    `total` (H, W), `nearest` (4, H, W), set to -1 beforehand.
    """
    height, width = total.shape
    for y in range(height):
        for x in range(width):
            if total[y, x] > 0:
                nearest[0, y, x] = nearest[2, y, x] = y * width + x
            else:
                if x > 0:
                    nearest[0, y, x] = nearest[0, y, x - 1]
                if y > 0:
                    nearest[2, y, x] = nearest[2, y - 1, x]
    for y in range(height - 1, -1, -1):
        for x in range(width - 1, -1, -1):
            if total[y, x] > 0:
                nearest[1, y, x] = nearest[3, y, x] = y * width + x
            else:
                if x < width - 1:
                    nearest[1, y, x] = nearest[1, y, x + 1]
                if y < height - 1:
                    nearest[3, y, x] = nearest[3, y + 1, x]


@kernel
def _fill_kernel(nearest: Array, source: Array, target: Array, transposed: bool) -> None:
    """Mean of the nearest filled pixels, or (transposed) its gradient scattered back to them.

    `nearest` (4, N), `source` and `target` (2, N), `target` starts at 0.
    """
    for place in range(nearest.shape[1]):
        if nearest[0, place] == place:  # filled: it keeps its value
            target[0, place] += source[0, place]
            target[1, place] += source[1, place]
            continue
        count = 0
        for side in range(4):
            count += nearest[side, place] >= 0
        for side in range(4):
            neighbour = nearest[side, place]
            if neighbour >= 0:
                for channel in range(2):
                    if transposed:
                        target[channel, neighbour] += source[channel, place] / count
                    else:
                        target[channel, place] += source[channel, neighbour] / count


def _splat(flow: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted mean of the negated flows that reach each pixel, and the summed weights."""
    mean, total = zeros_like(flow), zeros_like(weight)
    f, w, m, n = arrays(flow, weight, mean, total)

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            _splat_kernel(f[k], w[k, 0], m[k], n[k, 0])

    spread(work, len(f))
    return mean, total


def _splat_gradient(
    flow: Tensor,
    weight: Tensor,
    mean: Tensor,
    total: Tensor,
    grad_mean: Tensor,
    grad_total: Tensor,
) -> tuple[Tensor, Tensor]:
    """Gradients of `_splat` by flow and by weight."""
    grad_flow = zeros_like(flow)
    grad_weight = zeros_like(weight)
    f, w, m, n, gm, gn, gf, gw = arrays(
        flow, weight, mean, total, grad_mean, grad_total, grad_flow, grad_weight
    )

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            _splat_gradient_kernel(f[k], w[k, 0], m[k], n[k, 0], gm[k], gn[k, 0], gf[k], gw[k, 0])

    spread(work, len(f))
    return grad_flow, grad_weight


def _fill(mean: Tensor, total: Tensor) -> Tensor:
    """Give each hole the mean of its nearest filled neighbours in four directions."""
    return _filled(mean, total, transposed=False)


def _fill_gradient(grad: Tensor, total: Tensor) -> Tensor:
    """Gradient of `_fill` by the means."""
    return _filled(grad, total, transposed=True)


def _filled(source: Tensor, total: Tensor, transposed: bool) -> Tensor:
    target = zeros_like(source)
    s, n, t = arrays(source.flatten(2), total, target.flatten(2))

    def work(start: int, stop: int) -> None:
        for k in range(start, stop):
            nearest = np.full((4, *n[k, 0].shape), -1, np.int32)
            _nearest_kernel(n[k, 0], nearest)
            _fill_kernel(nearest.reshape(4, -1), s[k], t[k], transposed)

    spread(work, len(s))
    return target


def _save_splat(ctx: Any, inputs: tuple[Tensor, ...], output: tuple[Tensor, ...]) -> None:
    ctx.save_for_backward(*inputs, *output)


def _splat_backward(ctx: Any, grad_mean: Tensor, grad_total: Tensor) -> tuple[Tensor, ...]:
    flow, weight, mean, total = ctx.saved_tensors
    gradients: tuple[Tensor, Tensor] = splat_gradient(
        flow, weight, mean, total, grad_mean, grad_total
    )
    return gradients


def _save_fill(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    ctx.save_for_backward(inputs[1])


def _fill_backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
    return fill_gradient(grad, ctx.saved_tensors[0]), None


splat_gradient = register(
    "splat_flow_gradient(Tensor flow, Tensor weight, Tensor mean, Tensor total,"
    " Tensor grad_mean, Tensor grad_total) -> (Tensor, Tensor)",
    cpu=_splat_gradient,
    fake=lambda flow, weight, mean, total, grad_mean, grad_total: empty_like(flow, weight),
)
splat = register(
    "splat_flow(Tensor flow, Tensor weight) -> (Tensor, Tensor)",
    cpu=_splat,
    fake=lambda flow, weight: empty_like(flow, weight),
    gradient=(_save_splat, _splat_backward),
)
fill_gradient = register(
    "fill_holes_gradient(Tensor grad, Tensor total) -> Tensor",
    cpu=_fill_gradient,
    fake=lambda grad, total: empty_like(grad)[0],
)
fill = register(
    "fill_holes(Tensor mean, Tensor total) -> Tensor",
    cpu=_fill,
    fake=lambda mean, total: empty_like(mean)[0],
    gradient=(_save_fill, _fill_backward),
)
