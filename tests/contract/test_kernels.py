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

from dain.ops import adaptive_warp, backward_warp, bicubic_warp, correlation, project_flow
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
        lambda image, flow, backend: backward_warp(image, flow, backend=backend),
        uniform(5),
        takes_bfloat16=True,
    ),
    "bicubic_warp": Op(
        lambda image, flow, backend: bicubic_warp(image, flow, backend=backend),
        uniform(5),
        takes_bfloat16=True,
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


@pytest.mark.parametrize("name", ["backward_warp", "bicubic_warp", "adaptive_warp"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last, sliced_channels_last])
def test_numba_results_lie_as_their_image_does(layout, dtype, name):
    image, *others = OPS[name].inputs(random_flow(2, 13, 17, seed=3, reach=3.0), seed=4)
    found = OPS[name].run(layout(image.to(dtype)), *others, backend="numba")
    last = layout is not Tensor.contiguous
    assert found.is_contiguous(
        memory_format=torch.channels_last if last else torch.contiguous_format
    )


@EVERY_OP
@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
def test_float64_is_kept(layout, backend, op):
    inputs = op.inputs(random_flow(2, 9, 8, seed=5, reach=2.0).double(), seed=6)
    check(op, [layout(tensor) for tensor in inputs], backend, tolerance=1e-12)


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


@pytest.mark.parametrize("channels", [1, 5, 24])
@pytest.mark.parametrize("size", [*SIZES, (40, 33)], ids=str)
def test_backward_warp_is_the_same_to_the_bit_in_both_layouts(size, channels):
    """In slices of rows of several pictures, too."""
    flow = random_flow(3, *size, seed=20, reach=4.0)
    image = torch.rand(3, channels, *size, generator=torch.Generator().manual_seed(21))
    expected = backward_warp(image, flow, backend="numba")
    found = backward_warp(channels_last(image), flow, backend="numba")
    assert torch.equal(found, expected)


@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
def test_backward_warp_of_any_bfloat16(layout):
    """Without flow the image comes back to the bit; what is no number stays so."""
    values = torch.arange(-(2**15), 2**15).to(torch.int16).view(torch.bfloat16)
    small = torch.where(values.abs() < 1e38, values, torch.ones_like(values))
    image = layout(small.view(1, 4, 128, 128))
    still = torch.zeros(1, 2, 128, 128)
    found = backward_warp(image, still, backend="numba")
    assert torch.equal(found, image)
    image[0, 1, 60, 60] = math.nan
    broken = backward_warp(image, still + 0.5, backend="numba").isnan()
    assert broken[0, 1, 59:61, 59:61].all()
    assert broken.sum() == 4


@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
def test_bfloat16_rounds_to_nearest_and_ties_to_even(layout, backend):
    """Means of neighbouring values, as PyTorch rounds them."""
    bits = torch.randint(0x3E00, 0x4100, (1, 3, 32, 32), generator=torch.Generator().manual_seed(1))
    image = layout(bits.to(torch.int16).view(torch.bfloat16))
    flow = torch.zeros(1, 2, 32, 32)
    flow[:, 0, :, :-1] = 0.5
    exact = image.float().clone()
    exact[..., :-1] = (exact[..., :-1] + exact[..., 1:]) / 2
    assert torch.equal(backward_warp(image, flow, backend=backend), exact.bfloat16())


@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("wanted", [(True, True), (True, False), (False, True)], ids=str)
def test_backward_warp_gives_the_gradients_that_are_wanted(wanted, dtype, layout, backend):
    exact = torch.float64 if dtype == torch.float64 else torch.float32
    flow = random_flow(2, 6, 7, seed=9, reach=1.5).to(exact) + 1 / 256
    image = torch.rand(2, 5, 6, 7, generator=torch.Generator().manual_seed(5)).to(dtype)

    def found(image, flow, backend):
        leaves = [
            t.detach().requires_grad_(want) for t, want in zip((image, flow), wanted, strict=True)
        ]
        result = backward_warp(*leaves, backend=backend)
        weights = torch.linspace(-1, 1, result.numel(), dtype=torch.float64).view(result.shape)
        (result * weights.to(result.dtype)).sum().backward()
        return [leaf.grad for leaf in leaves]

    got = found(layout(image), flow, backend)
    truth = found(image.double(), flow.double(), "reference")
    tolerance = 2e-2 if dtype == torch.bfloat16 else 1e-5
    for one, two, leaf, want in zip(got, truth, (image, flow), wanted, strict=True):
        assert (one is None) == (not want)
        if want:
            assert one.dtype == leaf.dtype
            torch.testing.assert_close(one.double(), two, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("by_image", [False, True])
def test_backward_warp_keeps_pytorch_rules(by_image, dtype, layout):
    from dain.ops import warping_cpu

    exact = torch.float64 if dtype == torch.float64 else torch.float32
    flow = random_flow(1, 4, 5, seed=3, reach=1.0).to(exact).requires_grad_()
    image = layout(torch.rand(1, 2, 4, 5).to(dtype)).requires_grad_(by_image)
    report = torch.library.opcheck(warping_cpu.warp, (image, flow))
    assert set(report.values()) == {"SUCCESS"}


@EVERY_OP
@EVERY_BACKEND
@pytest.mark.parametrize("layout", [Tensor.contiguous, channels_last])
def test_gradients_agree_with_float64(layout, backend, op):
    flow = random_flow(2, 6, 7, seed=9, reach=1.5) + 1 / 256  # off whole numbers
    inputs = [layout(tensor) for tensor in op.inputs(flow, seed=10)]
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
