"""Bicubic backward warping: a picture looked up where a flow points, and kept sharp there.

Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE TASSP 1981, with his
a = -1/2: exact for parabolas, and without kinks, so that its gradient by the flow is continuous.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dain.ops.dispatch import Backend, choose
from dain.ops.warping import check_shapes

TAPS = 4  # rows and columns of the window


def bicubic_warp(image: Tensor, flow: Tensor, *, backend: Backend = "auto") -> Tensor:
    """Look `image` up at ``p + flow(p)`` for every pixel ``p``, by cubic convolution.

    Convention: that of `backward_warp`: `flow` points from the result into `image`, channel 0
    is x to the right and channel 1 is y down, in pixels; pixel centres lie on whole numbers
    (``align_corners=True``); a place outside the picture, and a pixel of the window outside it,
    takes the nearest border pixel. Zero flow gives the image itself, to the bit. Beside strong
    edges the result may leave the range of the image, by at most an eighth of it to each side
    for each axis.

    Differentiable in both; a place outside has no gradient by flow.

    Args:
        image: ``(B, C, H, W)``, float.
        flow: ``(B, 2, H, W)``, of the image's type, or float32 under a 16-bit image.
        backend: ``auto``, ``reference`` (PyTorch, any device), ``numba`` (CPU; float32 or
            float64, or a bfloat16 image) or ``triton`` (CUDA).

    Returns:
        ``(B, C, H, W)`` in the image's type; sums are taken in float32 or better. The numba
        kernels keep the image's memory layout.

    Raises:
        ValueError: shapes do not fit, or the backend cannot run these tensors.
    """
    check_shapes(image, flow)
    warp: Callable[..., Tensor] = _warp
    choice = choose(backend, image, flow, storage=(torch.bfloat16,))
    if choice == "numba":
        from dain.ops import bicubic_cpu

        warp = bicubic_cpu.warp
    elif choice == "triton":
        from dain.ops import triton_bicubic

        warp = triton_bicubic.warp
    return warp(image, flow)


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    """Tap by tap, by gathering."""
    channels, height, width = image.shape[1:]
    accurate = torch.promote_types(flow.dtype, torch.float32)
    flow = flow.to(accurate)
    rows = torch.arange(height, device=flow.device, dtype=accurate).view(1, height, 1)
    columns = torch.arange(width, device=flow.device, dtype=accurate).view(1, 1, width)
    x, y = columns + flow[:, 0], rows + flow[:, 1]
    # A place that is no number counts as 0, as in the kernels.
    x = torch.where(x >= 0, x, 0.0).clamp(max=width - 1)
    y = torch.where(y >= 0, y, 0.0).clamp(max=height - 1)
    left, top = x.detach().floor(), y.detach().floor()
    across, down = _weights(x - left), _weights(y - top)
    flat = image.flatten(2)
    total = torch.zeros(image.shape, device=image.device, dtype=accurate)
    for j in range(TAPS):
        row = (top.long() + j - 1).clamp(0, height - 1)
        for i in range(TAPS):
            column = (left.long() + i - 1).clamp(0, width - 1)
            index = (row * width + column).flatten(1)[:, None].expand(-1, channels, -1)
            picked = flat.gather(2, index).view_as(image).to(accurate)
            total = torch.addcmul(total, picked, (down[j] * across[i])[:, None])
    return total.to(image.dtype)


def _weights(along: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Of the pixels at -1, 0, 1 and 2 for a place at `along`, in [0, 1)."""
    return (
        ((-0.5 * along + 1) * along - 0.5) * along,
        (1.5 * along - 2.5) * along * along + 1,
        ((-1.5 * along + 2) * along + 0.5) * along,
        (0.5 * along - 0.5) * along * along,
    )
