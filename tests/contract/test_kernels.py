"""What every op must do on every backend, beside one float64 reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from dain.ops import adaptive_warp, backward_warp, correlation, project_flow
from dain.ops.triton_support import runs_on

Inputs = tuple[Tensor, ...]

SIZES = [(1, 1), (1, 7), (13, 17), (64, 96)]
SLOWLY_INTERPRETED = 1000  # pixels of one picture
BROKEN = [0.0, 1e4, -1e4, math.inf, -math.inf, math.nan]
NEEDS_INTERPRETER = pytest.mark.skipif(
    not runs_on(torch.device("cpu")), reason="needs Triton's interpreter (TRITON_INTERPRET=1)"
)
ON_CPU = ["reference", "numba"]
BACKENDS = [*ON_CPU, pytest.param("triton", marks=NEEDS_INTERPRETER)]


@dataclass(frozen=True)
class Op:
    """An op, and random input that fits it: the flow apart, as the tests vary it."""

    run: Callable[..., Tensor]
    others: Callable[[torch.Generator, int, int, int], Inputs]
    uses_flow: bool = True
    takes_bfloat16: bool = False

    def inputs(self, flow: Tensor, seed: int) -> list[Tensor]:
        """All arguments, in the order of `run`, in the type of `flow`."""
        batch, _, height, width = flow.shape
        generator = torch.Generator().manual_seed(seed)
        first, *rest = self.others(generator, batch, height, width)
        arguments = [first, flow, *rest] if self.uses_flow else [first, *rest]
        return [argument.to(flow.dtype) for argument in arguments]


def projected(weight: Tensor, flow: Tensor, backend: str) -> Tensor:
    return torch.cat(project_flow(flow, weight, backend=backend), 1)


def uniform(*channels: int) -> Callable[[torch.Generator, int, int, int], Inputs]:
    """Random tensors in [0.05, 1) with so many channels each."""

    def make(generator: torch.Generator, batch: int, height: int, width: int) -> Inputs:
        sizes = [(batch, count, height, width) for count in channels]
        return tuple(torch.rand(*size, generator=generator) * 0.95 + 0.05 for size in sizes)

    return make


OPS = {
    "project_flow": Op(projected, uniform(1)),
    "backward_warp": Op(
        lambda image, flow, backend: backward_warp(image, flow, backend=backend), uniform(5)
    ),
    "adaptive_warp": Op(
        lambda image, flow, kernel, backend: adaptive_warp(image, flow, kernel, backend=backend),
        uniform(5, 16),
        takes_bfloat16=True,
    ),
    "correlation": Op(
        lambda first, second, backend: correlation(first, second, backend=backend),
        uniform(6, 6),
        uses_flow=False,
        takes_bfloat16=True,
    ),
}
EVERY_OP = pytest.mark.parametrize("op", OPS.values(), ids=OPS)
EVERY_BACKEND = pytest.mark.parametrize("backend", BACKENDS)


def random_flow(batch: int, height: int, width: int, seed: int, reach: float) -> Tensor:
    """Flow whose targets are exact in float32, a 64th of a pixel fine: no last bit decides."""
    generator = torch.Generator().manual_seed(1000 + seed)
    return (torch.randn(batch, 2, height, width, generator=generator) * reach * 64).round() / 64


def truth(op: Op, inputs: list[Tensor]) -> Tensor:
    return op.run(*(tensor.double() for tensor in inputs), backend="reference")


def check(op: Op, inputs: list[Tensor], backend: str, tolerance: float = 2e-5) -> Tensor:
    """Run the op and hold its result against float64's on the same numbers."""
    found = op.run(*inputs, backend=backend)
    expected = truth(op, inputs)
    assert found.dtype == inputs[0].dtype
    torch.testing.assert_close(found.double(), expected, rtol=tolerance, atol=tolerance)
    return found


@EVERY_OP
@EVERY_BACKEND
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_agrees_with_float64(size, batch, backend, op):
    if backend == "triton" and math.prod(size) > SLOWLY_INTERPRETED:
        pytest.skip("Triton's interpreter takes a minute for this size")
    check(op, op.inputs(random_flow(batch, *size, seed=1, reach=3.0), seed=2), backend)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.uses_flow])
@EVERY_BACKEND
@settings(max_examples=15)
@given(
    batch=st.integers(1, 3),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 999),
    reach=st.sampled_from([0.0, 0.4, 2.0, 30.0]),
    broken=st.lists(st.sampled_from(BROKEN), max_size=4),
)
def test_any_flow(backend, name, batch, height, width, seed, reach, broken):
    """Still, small, far outside, infinite or no number at all."""
    flow = random_flow(batch, height, width, seed, reach)
    for index, value in enumerate(broken):
        flow.view(-1)[seed * (index + 1) % flow.numel()] = value
    found = check(OPS[name], OPS[name].inputs(flow, seed), backend)
    assert torch.isfinite(found).all()


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def strided(tensor: Tensor) -> Tensor:
    """Every other row and column of a larger tensor, which holds no numbers between."""
    batch, channels, height, width = tensor.shape
    larger = torch.full((batch, channels + 1, 2 * height, 2 * width), math.nan, dtype=tensor.dtype)
    view = larger[:, 1:, ::2, 1::2]
    view.copy_(tensor)
    return view


def expanded(tensor: Tensor) -> Tensor:
    return tensor[:1].expand_as(tensor)


def sliced_channels_last(tensor: Tensor) -> Tensor:
    return channels_last(torch.cat([tensor, tensor], 1))[:, : tensor.shape[1]]


@EVERY_OP
@EVERY_BACKEND
@pytest.mark.parametrize("layout", [channels_last, strided, expanded, sliced_channels_last])
def test_layout_does_not_matter(layout, backend, op):
    inputs = op.inputs(random_flow(2, 13, 17, seed=3, reach=3.0), seed=4)
    laid_out = [layout(tensor) for tensor in inputs]
    before = [tensor.clone() for tensor in laid_out]
    check(op, laid_out, backend)
    for tensor, copy in zip(laid_out, before, strict=True):
        assert torch.equal(tensor, copy), "an op must not change its arguments"


@EVERY_OP
@pytest.mark.parametrize("backend", ON_CPU)
def test_float64_is_kept(backend, op):
    inputs = op.inputs(random_flow(2, 9, 8, seed=5, reach=2.0).double(), seed=6)
    check(op, inputs, backend, tolerance=1e-12)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.takes_bfloat16])
@EVERY_BACKEND
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
def test_bfloat16_is_storage_alone(layout, backend, name):
    """Sums are float32's: only the result is rounded, by at most half of bfloat16's last bit.

    Triton's interpreter cuts it off instead, unlike a GPU.
    """
    op = OPS[name]
    inputs = op.inputs(random_flow(2, 13, 17, seed=7, reach=3.0), seed=8)
    stored = inputs[:1] if op.uses_flow else inputs
    halves = [layout(tensor.bfloat16()) for tensor in stored] + inputs[len(stored) :]
    found = op.run(*halves, backend=backend)
    assert found.dtype == torch.bfloat16
    expected = truth(op, halves)
    allowed = 2**-7 if backend == "triton" else 2**-8
    assert ((found.double() - expected).abs() <= expected.abs() * allowed + 1e-5).all()


@EVERY_OP
@EVERY_BACKEND
def test_gradients_agree_with_float64(backend, op):
    flow = random_flow(2, 6, 7, seed=9, reach=1.5) + 1 / 256  # off whole numbers
    inputs = op.inputs(flow, seed=10)
    found = gradients(op, inputs, backend)
    expected = gradients(op, [tensor.double() for tensor in inputs], "reference")
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one.double(), two, rtol=1e-4, atol=1e-4)


def gradients(op: Op, inputs: list[Tensor], backend: str) -> Inputs:
    leaves = [tensor.clone().requires_grad_() for tensor in inputs]
    result = op.run(*leaves, backend=backend)
    weights = torch.linspace(-1, 1, result.numel(), dtype=result.dtype).view(result.shape)
    return torch.autograd.grad((result * weights).sum(), leaves)


@EVERY_OP
@EVERY_BACKEND
def test_compiled_in_one_graph(backend, op):
    """`torch.compile` traces through every op (eager backend: no C compiler needed)."""
    inputs = op.inputs(random_flow(1, 6, 7, seed=11, reach=2.0), seed=12)

    def run(*inputs):
        return op.run(*inputs, backend=backend)

    torch.compiler.reset()
    compiled = torch.compile(run, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(*inputs), run(*inputs))
