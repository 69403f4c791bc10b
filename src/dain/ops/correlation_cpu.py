"""Numba kernels of correlation, seen by PyTorch as an op with gradients.

They work on planes: the inner loops run along a row, so they vectorise without a sum across
channels. bfloat16 is widened to float32 beforehand, as feature maps are small. The gradients
have a kernel of their own, one channel a thread.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from dain.ops.compiling import Array, arrays, empty_like, kernel, spread
from dain.ops.layouts import layout_of
from dain.ops.registration import register

_LEAST_ROWS = 8  # a slice smaller than this is not worth a thread


@kernel
def _correlate_kernel(
    first: Array, second: Array, volume: Array, displacement: int, start: int, stop: int
) -> None:
    """Rows `start` to `stop` of one pair: planes (C, H, W); `volume` (H, W, (2d+1)^2)."""
    channels, height, width = first.shape
    side = 2 * displacement + 1
    sums = np.empty((side * side, width), first.dtype)
    scale = first.dtype.type(1) / first.dtype.type(channels)
    for y in range(start, stop):
        sums[:] = 0
        for dy in range(max(-displacement, -y), min(displacement, height - 1 - y) + 1):
            line = sums[(dy + displacement) * side : (dy + displacement + 1) * side]
            for channel in range(channels):
                one, other = first[channel, y], second[channel, y + dy]
                for dx in range(-displacement, displacement + 1):
                    left, right = max(0, -dx), min(width, width - dx)
                    here, there = one[left:right], other[left + dx : right + dx]
                    total = line[dx + displacement, left:right]
                    for x in range(right - left):
                        total[x] += here[x] * there[x]
        for x in range(width):
            for k in range(side * side):
                volume[y, x, k] = sums[k, x] * scale


@kernel
def _gradient_kernel(
    first: Array,
    second: Array,
    grad: Array,
    grad_first: Array,
    grad_second: Array,
    displacement: int,
) -> None:
    """One channel of one pair: planes (H, W), `grad` ((2d+1)^2, H, W); added to the outputs."""
    height, width = first.shape
    for y in range(height):
        for dy in range(max(-displacement, -y), min(displacement, height - 1 - y) + 1):
            for dx in range(-displacement, displacement + 1):
                left, right = max(0, -dx), min(width, width - dx)
                k = (dy + displacement) * (2 * displacement + 1) + dx + displacement
                slope = grad[k, y, left:right]
                here, there = first[y, left:right], second[y + dy, left + dx : right + dx]
                by_first, by_second = (
                    grad_first[y, left:right],
                    grad_second[y + dy, left + dx : right + dx],
                )
                for x in range(right - left):
                    by_first[x] += slope[x] * there[x]
                for x in range(right - left):
                    by_second[x] += slope[x] * here[x]


def _empty_volume(first: Tensor, displacement: int) -> Tensor:
    batch, _, height, width = first.shape
    return torch.empty(
        (batch, (2 * displacement + 1) ** 2, height, width),
        dtype=first.dtype,
        device=first.device,
        memory_format=layout_of(first),
    )


def _correlate(first: Tensor, second: Tensor, displacement: int) -> Tensor:
    """Mean over channels of ``first(p) * second(p + (dx, dy))``; both (B, C, H, W)."""
    if first.dtype == torch.bfloat16:
        return _correlate(first.float(), second.float(), displacement).bfloat16()
    volume = _empty_volume(first, displacement)
    one, other = arrays(first, second)
    v = volume.permute(0, 2, 3, 1).numpy()
    height = one.shape[2]

    def work(start: int, stop: int) -> None:
        for k in range(start // height, (stop - 1) // height + 1):
            top, bottom = max(start - k * height, 0), min(stop - k * height, height)
            _correlate_kernel(one[k], other[k], v[k], displacement, top, bottom)

    spread(work, len(one) * height, _LEAST_ROWS)
    return volume


def _correlate_gradient(
    first: Tensor, second: Tensor, grad: Tensor, displacement: int
) -> tuple[Tensor, Tensor]:
    """Gradients of `_correlate` by both inputs."""
    accurate = torch.promote_types(first.dtype, torch.float32)
    one, other, g = arrays(first.to(accurate), second.to(accurate), grad.to(accurate))
    g = g / one.shape[1]
    by_one, by_other = np.zeros_like(one), np.zeros_like(other)
    channels = one.shape[1]

    def work(start: int, stop: int) -> None:
        for index in range(start, stop):
            k, c = divmod(index, channels)
            _gradient_kernel(
                one[k, c], other[k, c], g[k], by_one[k, c], by_other[k, c], displacement
            )

    spread(work, len(one) * channels)
    return torch.from_numpy(by_one).to(first.dtype), torch.from_numpy(by_other).to(first.dtype)


def _save(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    first, second, ctx.displacement = inputs
    ctx.save_for_backward(first, second)


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
    by_first, by_second = correlate_gradient(*ctx.saved_tensors, grad, ctx.displacement)
    return by_first, by_second, None


correlate_gradient = register(
    "correlation_gradient(Tensor first, Tensor second, Tensor grad, int displacement)"
    " -> (Tensor, Tensor)",
    cpu=_correlate_gradient,
    fake=lambda first, second, grad, displacement: empty_like(first, second),
)
correlate = register(
    "correlation(Tensor first, Tensor second, int displacement) -> Tensor",
    cpu=_correlate,
    fake=lambda first, second, displacement: _empty_volume(first, displacement),
    gradient=(_save, _backward),
)
