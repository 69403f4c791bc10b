"""Correlation of two feature maps over small displacements: PWC-Net's cost volume.

Sun et al., "PWC-Net", CVPR 2018, section 3, "Cost volume layer".
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dain.ops.dispatch import Backend, choose


def correlation(
    first: Tensor, second: Tensor, *, displacement: int = 4, backend: Backend = "auto"
) -> Tensor:
    """Compare every pixel of `first` with the pixels of `second` around the same place.

    Channel ``(dy + d) * (2d + 1) + (dx + d)``, for whole dx and dy from -d to d, holds the mean
    over channels of ``first(p) * second(p + (dx, dy))``; `second` is 0 outside its frame.

    Differentiable in both.

    Args:
        first: ``(B, C, H, W)``, float. In the channels-last memory format so is the result.
        second: the same shape, type and device.
        displacement: the d above, pixels; not negative.
        backend: ``auto``, ``reference`` (PyTorch, any device), ``numba`` (CPU; float32, float64
            or bfloat16) or ``triton`` (CUDA).

    Returns:
        ``(B, (2d + 1)^2, H, W)`` in the inputs' type; sums are taken in float32 or better.

    Raises:
        ValueError: shapes or types do not fit, or the backend cannot run these tensors.
    """
    if first.ndim != 4 or first.shape != second.shape or first.dtype != second.dtype:
        raise ValueError(
            "first and second must be (B, C, H, W) of one shape and type, found "
            f"{tuple(first.shape)} {first.dtype} and {tuple(second.shape)} {second.dtype}"
        )
    if displacement < 0:
        raise ValueError(f"displacement must not be negative, found {displacement}")
    if first.device != second.device:
        raise ValueError(
            f"first and second must be on one device, found {first.device} and {second.device}"
        )
    # One tensor speaks for both: they are alike.
    chosen = choose(backend, first, storage=(torch.bfloat16,))
    volume: Tensor
    if chosen == "triton":
        from dain.ops import triton_correlation

        volume = triton_correlation.correlate(first, second, displacement)
    elif chosen == "numba":
        from dain.ops import correlation_cpu

        volume = correlation_cpu.correlate(first, second, displacement)
    else:
        volume = _correlate(first, second, displacement)
    return volume


def _correlate(first: Tensor, second: Tensor, displacement: int) -> Tensor:
    height, width = first.shape[2:]
    accurate = torch.promote_types(first.dtype, torch.float32)
    one = first.to(accurate)
    padded = functional.pad(second.to(accurate), [displacement] * 4)
    reach = range(2 * displacement + 1)
    planes = [
        (one * padded[:, :, row : row + height, column : column + width]).mean(1)
        for row in reach
        for column in reach
    ]
    return torch.stack(planes, 1).to(first.dtype)
