import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from dain.ops import backward_warp, resize_flow

BACKENDS = ["reference", "numba"]


def random_case(batch, channels, height, width, seed=0, dtype=torch.float32, reach=3.0):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, channels, height, width, generator=generator, dtype=dtype)
    flow = torch.randn(batch, 2, height, width, generator=generator, dtype=dtype) * reach
    return image, flow


def by_grid_sample(image, flow):
    """PyTorch's own sampler, in the convention of docs/conventions.md."""
    height, width = image.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, dtype=flow.dtype), torch.arange(width, dtype=flow.dtype), indexing="ij"
    )
    grid = torch.stack(
        [(x + flow[:, 0]) / (width - 1) * 2 - 1, (y + flow[:, 1]) / (height - 1) * 2 - 1], dim=3
    )
    return functional.grid_sample(
        image, grid, mode="bilinear", padding_mode="border", align_corners=True
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(2, 3, 13, 17), (1, 1, 2, 70), (3, 5, 70, 2)])
def test_agrees_with_grid_sample(size, backend):
    image, flow = random_case(*size, dtype=torch.float64)
    found = backward_warp(image, flow, backend=backend)
    torch.testing.assert_close(found, by_grid_sample(image, flow))


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 12),
    seed=st.integers(0, 99),
    reach=st.sampled_from([0.0, 0.4, 3.0, 300.0]),
)
def test_backends_agree(height, width, seed, reach):
    image, flow = random_case(2, 3, height, width, seed, reach=reach)
    one = backward_warp(image, flow, backend="reference")
    two = backward_warp(image, flow, backend="numba")
    torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend):
    image, flow = random_case(2, 2, 5, 6, seed=3, dtype=torch.float64, reach=2.0)
    # Bilinear lookup has kinks at whole numbers: keep away from them.
    flow = torch.where((flow - flow.round()).abs() < 0.05, flow + 0.1, flow)

    def call(image, flow):
        return backward_warp(image, flow, backend=backend)

    assert torch.autograd.gradcheck(call, (image.requires_grad_(), flow.requires_grad_()))


@pytest.mark.parametrize("backend", BACKENDS)
def test_zero_flow_is_the_image_to_the_bit(backend):
    image, flow = random_case(2, 3, 67, 5)
    assert torch.equal(backward_warp(image, torch.zeros_like(flow), backend=backend), image)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sign_and_units(backend):
    """A flow of (+2, +1) fetches the pixel two to the right and one down."""
    image = torch.arange(30.0).view(1, 1, 5, 6)
    flow = torch.tensor([2.0, 1.0]).view(1, 2, 1, 1).expand(1, 2, 5, 6)
    found = backward_warp(image, flow, backend=backend)
    assert torch.equal(found[0, 0, :4, :4], image[0, 0, 1:, 2:])
    assert torch.equal(found[0, 0, :4, 5], image[0, 0, 1:, 5])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_flow_that_is_no_number_reads_inside(backend, value):
    image, flow = random_case(1, 1, 4, 5)
    flow[0, 0, 2, 2] = value
    found = backward_warp(image, flow, backend=backend)
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (1, 0, 4, 4), (1, 3, 0, 4), (1, 3, 4, 0)])
def test_nothing_gives_nothing(shape, layout):
    image = torch.zeros(shape).to(memory_format=layout)
    flow = torch.zeros(shape[0], 2, *shape[2:])
    assert backward_warp(image, flow, backend="numba").shape == shape


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="image must be"):
        backward_warp(torch.zeros(1, 3, 4, 4), torch.zeros(1, 2, 4, 5))


def test_op_keeps_pytorch_rules():
    from dain.ops import warping_cpu

    image, flow = random_case(1, 2, 4, 5, dtype=torch.float64)
    report = torch.library.opcheck(
        warping_cpu.warp, (image.requires_grad_(), flow.requires_grad_())
    )
    assert set(report.values()) == {"SUCCESS"}


def test_resized_flow_scales_its_vectors():
    flow = torch.stack([torch.full((1, 4, 6), 3.0), torch.full((1, 4, 6), 5.0)], dim=1)
    found = resize_flow(flow, 8, 18)
    assert found.shape == (1, 2, 8, 18)
    torch.testing.assert_close(found[:, 0], torch.full((1, 8, 18), 9.0))
    torch.testing.assert_close(found[:, 1], torch.full((1, 8, 18), 10.0))
    assert resize_flow(flow, 4, 6) is flow


def test_compiled_code_sees_the_op():
    """`torch.compile` traces through it in one graph (eager backend: no C compiler needed)."""
    image, flow = random_case(1, 2, 9, 8)

    def double(image, flow):
        return 2 * backward_warp(image, flow, backend="numba")

    compiled = torch.compile(double, fullgraph=True, backend="eager")
    assert torch.equal(compiled(image, flow), double(image, flow))
