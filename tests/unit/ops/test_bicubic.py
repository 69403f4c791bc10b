import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from dain.ops import backward_warp, bicubic_warp

BACKENDS = ["reference", "numba"]


def random_case(batch, channels, height, width, seed=0, dtype=torch.float32, reach=3.0):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, channels, height, width, generator=generator, dtype=dtype)
    flow = torch.randn(batch, 2, height, width, generator=generator, dtype=dtype) * reach
    return image, flow


def shifted(height, width, x, y):
    return torch.tensor([x, y], dtype=torch.float64).view(1, 2, 1, 1).expand(1, 2, height, width)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shift", [0.25, 0.5, 0.9])
def test_parabolas_are_exact(shift, backend):
    """What Keys chose a = -1/2 for; three pixels from the border, where windows are whole."""
    along = torch.arange(20.0, dtype=torch.float64)
    image = (0.3 * along**2 - 2 * along + 1).expand(1, 1, 9, 20).contiguous()
    found = bicubic_warp(image, shifted(9, 20, shift, 0), backend=backend)
    expected = 0.3 * (along + shift) ** 2 - 2 * (along + shift) + 1
    torch.testing.assert_close(found[0, 0, :, 3:-3], expected[3:-3].expand(9, 14))


@pytest.mark.parametrize("backend", BACKENDS)
def test_agrees_with_opencv_but_for_its_constant(backend):
    """OpenCV and PyTorch take a = -3/4: between both lies a multiple of one difference."""
    image, _ = random_case(1, 1, 12, 16, dtype=torch.float64)
    found = bicubic_warp(image, shifted(12, 16, 0.5, 0), backend=backend)[..., 3:-4]
    sharper = functional.conv2d(image, image.new_tensor([-3, 19, 19, -3]).view(1, 1, 1, 4) / 32)
    linear = functional.conv2d(image, image.new_tensor([1, 1]).view(1, 1, 1, 2) / 2)
    expected = (2 * sharper[..., 2:-2] + linear[..., 3:-3]) / 3
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_is_sharper_than_a_bilinear_lookup(backend):
    """There and back again by a third of a pixel."""
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 1, 40, 40, generator=generator, dtype=torch.float64)
    for _ in range(2):
        image = functional.avg_pool2d(image, 3, 1, 1)
    there, back = shifted(40, 40, 1 / 3, 1 / 3), shifted(40, 40, -1 / 3, -1 / 3)

    def lost(warp):
        again = warp(warp(image, there, backend=backend), back, backend=backend)
        return (again - image)[..., 4:-4, 4:-4].abs().mean()

    assert lost(bicubic_warp) < 0.5 * lost(backward_warp)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 12),
    seed=st.integers(0, 99),
    reach=st.sampled_from([0.0, 0.4, 3.0, 300.0]),
)
def test_backends_agree(height, width, seed, reach):
    image, flow = random_case(2, 3, height, width, seed, reach=reach)
    one = bicubic_warp(image, flow, backend="reference")
    two = bicubic_warp(image, flow, backend="numba")
    torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-5)


@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    seed=st.integers(0, 99),
    level=st.floats(0, 1),
)
def test_what_is_even_stays_even(height, width, seed, level):
    _, flow = random_case(1, 1, height, width, seed)
    image = torch.full((1, 2, height, width), level)
    torch.testing.assert_close(bicubic_warp(image, flow), image)


@pytest.mark.parametrize("backend", BACKENDS)
def test_overshoot_is_bounded(backend):
    """By an eighth of the range on each side for an edge, and so for each axis."""
    image = (torch.rand(1, 1, 30, 30, generator=torch.Generator().manual_seed(2)) > 0.5).double()
    _, flow = random_case(1, 1, 30, 30, dtype=torch.float64)
    found = bicubic_warp(image, flow, backend=backend)
    most = (1 + 2 / 8) ** 2  # sum of the weights' sizes, for both axes
    assert found.min() >= 0.5 - most / 2
    assert found.max() <= 0.5 + most / 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend):
    image, flow = random_case(2, 2, 5, 6, seed=3, dtype=torch.float64, reach=2.0)

    def call(image, flow):
        return bicubic_warp(image, flow, backend=backend)

    assert torch.autograd.gradcheck(call, (image.requires_grad_(), flow.requires_grad_()))


@pytest.mark.parametrize("backend", BACKENDS)
def test_zero_flow_is_the_image_to_the_bit(backend):
    image, flow = random_case(2, 3, 67, 5)
    assert torch.equal(bicubic_warp(image, torch.zeros_like(flow), backend=backend), image)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sign_and_units(backend):
    """A flow of (+2, +1) fetches the pixel two to the right and one down."""
    image = torch.arange(30.0).view(1, 1, 5, 6)
    flow = shifted(5, 6, 2, 1).float()
    found = bicubic_warp(image, flow, backend=backend)
    assert torch.equal(found[0, 0, :4, :4], image[0, 0, 1:, 2:])
    assert torch.equal(found[0, 0, :4, 5], image[0, 0, 1:, 5])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_flow_that_is_no_number_reads_inside(backend, value):
    image, flow = random_case(1, 1, 4, 5)
    flow[0, 0, 2, 2] = value
    assert torch.isfinite(bicubic_warp(image, flow, backend=backend)).all()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (1, 0, 4, 4), (1, 3, 0, 4), (1, 3, 4, 0)])
def test_nothing_gives_nothing(shape, layout):
    image = torch.zeros(shape).to(memory_format=layout)
    flow = torch.zeros(shape[0], 2, *shape[2:])
    assert bicubic_warp(image, flow, backend="numba").shape == shape


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="image must be"):
        bicubic_warp(torch.zeros(1, 3, 4, 4), torch.zeros(1, 2, 4, 5))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("by_image", [False, True])
def test_op_keeps_pytorch_rules(by_image, dtype):
    from dain.ops import bicubic_cpu

    image, flow = random_case(1, 2, 4, 5)
    flow = flow.to(torch.promote_types(dtype, torch.float32)).requires_grad_()
    image = image.to(dtype).requires_grad_(by_image)
    report = torch.library.opcheck(bicubic_cpu.warp, (image, flow))
    assert set(report.values()) == {"SUCCESS"}
