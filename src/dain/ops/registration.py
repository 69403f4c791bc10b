"""Giving a function on CPU tensors to PyTorch as an op, with a shape rule and a gradient.

By `torch.library`'s plain calls rather than its `custom_op` decorator: the first call of an op
made by that imports the whole compiler, which costs over a second and 70 MB (torch 2.13).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Function = Callable[..., Any]


def register(
    schema: str,
    cpu: Function,
    fake: Function,
    gradient: tuple[Function, Function] | None = None,
    cuda: Function | None = None,
) -> Function:
    """Define the op ``dain::NAME`` and return it.

    Args:
        schema: ``NAME(Tensor a, ...) -> Tensor``, as `torch.library.define` takes it.
        cpu: computes it; must not return or change its arguments.
        fake: tensors of the same shapes and types as `cpu` returns, contents unset.
        gradient: ``save(ctx, inputs, output)`` and ``backward(ctx, *grads)``.
        cuda: the same on a CUDA device.
    """
    name, _, signature = schema.partition("(")
    qualified = f"dain::{name}"
    torch.library.define(qualified, f"({signature}")
    torch.library.impl(qualified, "cpu")(cpu)
    if cuda is not None:
        torch.library.impl(qualified, "cuda")(cuda)
    torch.library.register_fake(qualified)(fake)
    if gradient is not None:
        save, backward = gradient
        torch.library.register_autograd(qualified, backward, setup_context=save)
    op: Function = getattr(torch.ops.dain, name).default
    return op


def from_inputs(gradient: Function) -> tuple[Function, Function]:
    """`register`'s gradient for an op whose gradient needs its inputs and nothing else of it.

    Args:
        gradient: takes the inputs, all of them tensors, and a gradient by each output.
    """

    def save(ctx: Any, inputs: tuple[Tensor, ...], output: Any) -> None:
        ctx.save_for_backward(*inputs)

    def backward(ctx: Any, *grads: Tensor) -> Any:
        return gradient(*ctx.saved_tensors, *grads)

    return save, backward


def by_image_if_wanted(gradient: Function) -> tuple[Function, Function]:
    """`register`'s gradient for an op on an image and a flow; the image's only where it is wanted.

    Args:
        gradient: takes image, flow, the gradient by the output, and whether the image's is wanted.
    """

    def save(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor]:
        wanted = ctx.needs_input_grad[0]
        by_image, by_flow = gradient(*ctx.saved_tensors, grad, wanted)
        return by_image if wanted else None, by_flow

    return save, backward
