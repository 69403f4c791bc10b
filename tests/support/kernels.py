"""Cases on which a kernel and its PyTorch form must agree, whatever the device."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dain.ops import backward_warp, bicubic_warp, project_flow
from dain.ops.adaptive_warping import adaptive_warp
from dain.ops.correlation import correlation

OPS: dict[str, Callable[..., Any]] = {
    "backward_warp": backward_warp,
    "bicubic_warp": bicubic_warp,
    "adaptive_warp": adaptive_warp,
    "correlation": correlation,
    "project_flow": project_flow,
}
SIZES = [(1, 1), (1, 7), (13, 17), (33, 70)]
TYPES = [torch.float32, torch.float16, torch.bfloat16]
# Of the largest value: float32 sums in another order; the others round once, at the end,
# and an image that was projected is besides filled from rounded neighbours.
TOLERANCES = {torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 8e-3}


def inputs(
    op: str,
    height: int,
    width: int,
    dtype: torch.dtype,
    *,
    batch: int = 2,
    channels: int = 5,
    device: str = "cpu",
    odd_flows: bool = True,
) -> tuple[Tensor, ...]:
    """Random arguments of an op, the same on every device.

    Flows are whole eighths of up to 15 pixels, which every type holds: rounding must not decide
    which pixel a target is. With `odd_flows` some are no number, infinite or far outside.
    """
    generator = torch.Generator().manual_seed(height * width)

    def pictures(count: int) -> Tensor:
        return torch.randn(batch, count, height, width, generator=generator).to(device, dtype)

    flow = torch.randn(batch, 2, height, width, generator=generator) * min(height + width, 24)
    flow = (flow.round() / 8).clamp(-15, 15)
    if odd_flows:
        for k, value in enumerate((math.nan, math.inf, -math.inf, 3e4, -3e4)):
            flow[:, k % 2, k % height, (3 * k) % width] = value
    flow = flow.to(device, dtype)
    if op in ("backward_warp", "bicubic_warp"):
        return pictures(channels), flow
    if op == "adaptive_warp":
        return pictures(channels), flow, pictures(16)
    if op == "correlation":
        return pictures(channels), pictures(channels)
    return flow, pictures(1).abs() + 0.125


def as_tuple(result: Any) -> tuple[Tensor, ...]:
    """The tensors of an op's result."""
    return (result,) if isinstance(result, Tensor) else tuple(result)


def check(op: str, arguments: tuple[Tensor, ...], backend: str = "triton", **options: Any) -> None:
    """Compare a backend with the PyTorch form in float64, on the CPU."""
    found = as_tuple(OPS[op](*arguments, backend=backend, **options))
    exact = tuple(argument.detach().cpu().double() for argument in arguments)
    expected = as_tuple(OPS[op](*exact, backend="reference", **options))
    for one, two in zip(found, expected, strict=True):
        assert one.dtype == arguments[0].dtype
        assert one.shape == two.shape
        difference = (one.detach().cpu().double() - two).abs().max()
        assert difference <= TOLERANCES[one.dtype] * max(two.abs().max(), 1)


def gradients(
    call: Callable[..., Any], arguments: tuple[Tensor, ...], **options: Any
) -> list[Tensor]:
    """Gradients by all arguments, of the results times fixed random numbers."""
    arguments = tuple(argument.detach().clone().requires_grad_() for argument in arguments)
    results = as_tuple(call(*arguments, **options))
    generator = torch.Generator().manual_seed(0)
    factors = [torch.randn(result.shape, generator=generator).to(result) for result in results]
    return list(torch.autograd.grad(results, arguments, factors))
