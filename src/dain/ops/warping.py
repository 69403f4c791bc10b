"""Backward warping: a picture looked up where a flow points."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from dain.ops.dispatch import Backend, choose


def backward_warp(image: Tensor, flow: Tensor, *, backend: Backend = "auto") -> Tensor:
    """Look `image` up at ``p + flow(p)`` for every pixel ``p``.

    Convention: `flow` points from the result into `image`, channel 0 is x to the right and
    channel 1 is y down, in pixels; pixel centres lie on whole numbers
    (``align_corners=True``). Bilinear between pixels; a place outside the picture takes its
    nearest border pixel. Zero flow gives the image itself, to the bit.

    Differentiable in both; a place outside has no gradient by flow.

    Args:
        image: ``(B, C, H, W)``, float.
        flow: ``(B, 2, H, W)``, of the image's type, or float32 under a 16-bit image.
        backend: ``auto``, ``reference`` (PyTorch, any device), ``numba`` (CPU; float32 or
            float64, or a bfloat16 image) or ``triton`` (CUDA).

    Returns:
        ``(B, C, H, W)`` in the image's type; places and means are computed in float32 or better.
        The numba kernels keep the image's memory layout.

    Raises:
        ValueError: shapes do not fit, or the backend cannot run these tensors.
    """
    check_shapes(image, flow)
    warp: Callable[..., Tensor] = _warp
    choice = choose(backend, image, flow, storage=(torch.bfloat16,))
    if choice == "numba":
        from dain.ops import warping_cpu

        warp = warping_cpu.warp
    elif choice == "triton":
        from dain.ops import triton_warping

        warp = triton_warping.warp
    return warp(image, flow)


def check_shapes(image: Tensor, flow: Tensor) -> None:
    """Refuse a picture and a flow that do not fit.

    Raises:
        ValueError: they are not ``(B, C, H, W)`` and ``(B, 2, H, W)``.
    """
    if image.ndim != 4 or flow.shape != (image.shape[0], 2, *image.shape[2:]):
        raise ValueError(
            "image must be (B, C, H, W) and flow (B, 2, H, W) of the same size, "
            f"found {tuple(image.shape)} and {tuple(flow.shape)}"
        )


def _warp(image: Tensor, flow: Tensor) -> Tensor:
    """By gathering the four neighbours: `grid_sample` loses digits to its unit coordinates."""
    batch, channels, height, width = image.shape
    flow = flow.to(torch.promote_types(flow.dtype, torch.float32))
    rows = torch.arange(height, device=flow.device, dtype=flow.dtype).view(1, height, 1)
    columns = torch.arange(width, device=flow.device, dtype=flow.dtype).view(1, 1, width)
    x, y = columns + flow[:, 0], rows + flow[:, 1]
    # A place that is no number counts as 0, as in the kernels.
    x = torch.where(x >= 0, x, 0.0).clamp(max=width - 1)
    y = torch.where(y >= 0, y, 0.0).clamp(max=height - 1)
    left, top = x.detach().floor(), y.detach().floor()
    along, down = (x - left)[:, None], (y - top)[:, None]
    flat = image.flatten(2)

    def at(row: Tensor, column: Tensor) -> Tensor:
        index = row.long().clamp(max=height - 1) * width + column.long().clamp(max=width - 1)
        picked = flat.gather(2, index.flatten(1)[:, None].expand(-1, channels, -1))
        return picked.view(batch, channels, height, width)

    upper = at(top, left) * (1 - along) + at(top, left + 1) * along
    lower = at(top + 1, left) * (1 - along) + at(top + 1, left + 1) * along
    return (upper * (1 - down) + lower * down).to(image.dtype)
