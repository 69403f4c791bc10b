"""Adaptive warping: a picture looked up where a flow points, through a filter of each pixel's own.

Bao et al., CVPR 2019, section 3.2; the layer is from Bao et al., "MEMC-Net", section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dain.ops.dispatch import Backend, choose

TAPS = 4  # rows and columns of the window


def adaptive_warp(
    image: Tensor, flow: Tensor, kernel: Tensor, *, backend: Backend = "auto"
) -> Tensor:
    """Look `image` up at ``p + flow(p)`` through a 4x4 filter given for every pixel ``p``.

    Convention: `flow` points from the result into `image`, channel 0 is x to the right and
    channel 1 is y down, in pixels; pixel centres lie on whole numbers
    (``align_corners=True``). With the target ``(X, Y)`` and its whole part ``(L, T)``, the
    window is rows ``T-1`` to ``T+2`` and columns ``L-1`` to ``L+2``, clamped to the picture;
    kernel channel ``4j + i`` weighs row j and column i of it. The window's four quadrants are
    besides weighted bilinearly: the left columns by ``1 - (X - L)`` and the right ones by
    ``X - L``, rows alike. A kernel of ones in the middle four is a bilinear lookup.

    Where the target lies outside ``[0, W-1] x [0, H-1]``, or the flow is not shorter than half
    the width and half the height, or is no number, the result is the pixel itself.

    Differentiable in all three; a pixel copied has a gradient by image alone, and the choice of
    the window carries none.

    Args:
        image: ``(B, C, H, W)``, float. In the channels-last memory format so is the result.
        flow: ``(B, 2, H, W)``, of the image's type, or float32 under a 16-bit image.
        kernel: ``(B, 16, H, W)``, of the flow's type.
        backend: ``auto``, ``reference`` (PyTorch, any device), ``numba`` (CPU; float32,
            float64, or a bfloat16 image under float32) or ``triton`` (CUDA).

    Returns:
        ``(B, C, H, W)`` in the image's type; sums are taken in float32 or better.

    Raises:
        ValueError: shapes do not fit, or the backend cannot run these tensors.
    """
    if (
        image.ndim != 4
        or flow.shape != (image.shape[0], 2, *image.shape[2:])
        or kernel.shape != (image.shape[0], TAPS * TAPS, *image.shape[2:])
    ):
        raise ValueError(
            "image must be (B, C, H, W), flow (B, 2, H, W) and kernel (B, 16, H, W) of the same "
            f"size, found {tuple(image.shape)}, {tuple(flow.shape)} and {tuple(kernel.shape)}"
        )
    chosen = choose(backend, image, flow, kernel, storage=(torch.bfloat16,))
    warped: Tensor
    if chosen == "triton":
        from dain.ops import triton_adaptive_warping

        warped = triton_adaptive_warping.warp(image, flow, kernel)
    elif chosen == "numba":
        from dain.ops import adaptive_warping_cpu

        warped = adaptive_warping_cpu.warp(image, flow, kernel)
    else:
        warped = _warp(image, flow, kernel)
    return warped


def _warp(image: Tensor, flow: Tensor, kernel: Tensor) -> Tensor:
    """Tap by tap, all channels of a pixel picked up together."""
    batch, channels, height, width = image.shape
    accurate = torch.promote_types(torch.promote_types(image.dtype, flow.dtype), torch.float32)
    u, v = flow.to(accurate).unbind(1)
    pictures = torch.arange(batch, device=flow.device).view(batch, 1, 1) * (height * width)
    rows = torch.arange(height, device=flow.device, dtype=accurate).view(1, height, 1)
    columns = torch.arange(width, device=flow.device, dtype=accurate).view(1, 1, width)
    x, y = columns + u, rows + v
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    inside = inside & (u.abs() < width / 2) & (v.abs() < height / 2)
    # A target outside (or not a number) is parked on pixel 0; the image replaces it at the end.
    x, y = torch.where(inside, x, 0.0), torch.where(inside, y, 0.0)
    left, top = x.detach().floor(), y.detach().floor()
    across, down = x - left, y - top
    pixels = image.permute(0, 2, 3, 1).reshape(-1, channels)
    total = torch.zeros(pixels.shape, device=image.device, dtype=accurate)
    for j in range(TAPS):
        row = (top.long() + j - 1).clamp(0, height - 1)
        share_down = down if j >= TAPS // 2 else 1 - down
        for i in range(TAPS):
            column = (left.long() + i - 1).clamp(0, width - 1)
            share = share_down * (across if i >= TAPS // 2 else 1 - across)
            weight = (kernel[:, TAPS * j + i] * share).reshape(-1, 1)
            picked = pixels.index_select(0, (pictures + row * width + column).reshape(-1))
            total = torch.addcmul(total, picked.to(accurate), weight)
    warped = total.to(image.dtype).view(batch, height, width, channels).permute(0, 3, 1, 2)
    return torch.where(inside[:, None], warped, image)
