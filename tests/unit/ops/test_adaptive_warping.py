import math

import pytest
import torch

from dain.ops import adaptive_warp, backward_warp

BACKENDS = ["reference", "numba"]
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def random_case(batch, channels, height, width, seed=0, dtype=torch.float32, reach=3.0):
    generator = torch.Generator().manual_seed(seed)
    image = torch.rand(batch, channels, height, width, generator=generator, dtype=dtype)
    flow = torch.randn(batch, 2, height, width, generator=generator, dtype=dtype) * reach
    kernel = torch.rand(batch, 16, height, width, generator=generator, dtype=dtype)
    return image, flow, kernel


def plain_loops(image, flow, kernel):
    """The layer as its authors describe it, pixel by pixel, in Python floats."""
    height, width = image.shape[2:]
    out = image.clone()
    for b in range(image.shape[0]):
        for y in range(height):
            for x in range(width):
                u, v = flow[b, :, y, x].tolist()
                inside = 0 <= x + u <= width - 1 and 0 <= y + v <= height - 1
                if not (inside and abs(u) < width / 2 and abs(v) < height / 2):
                    continue
                left, top = math.floor(x + u), math.floor(y + v)
                across, down = x + u - left, y + v - top
                total = torch.zeros(image.shape[1], dtype=image.dtype)
                for j in range(4):
                    row = min(max(top - 1 + j, 0), height - 1)
                    for i in range(4):
                        column = min(max(left - 1 + i, 0), width - 1)
                        share = (down if j >= 2 else 1 - down) * (across if i >= 2 else 1 - across)
                        total += image[b, :, row, column] * kernel[b, 4 * j + i, y, x] * share
                out[b, :, y, x] = total
    return out


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(1, 1, 1, 1), (1, 2, 1, 7), (3, 5, 9, 6), (2, 37, 3, 4)])
def test_agrees_with_plain_loops(size, backend, layout):
    image, flow, kernel = random_case(*size, dtype=torch.float64)
    expected = plain_loops(image, flow, kernel)
    found = adaptive_warp(image.contiguous(memory_format=layout), flow, kernel, backend=backend)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_ones_in_the_middle_are_a_bilinear_lookup(backend):
    image, flow, kernel = random_case(1, 3, 12, 12, reach=1.0)
    kernel = torch.zeros_like(kernel)
    kernel[:, [5, 6, 9, 10]] = 1
    y, x = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    target = torch.stack([x, y]) + flow
    inside = ((target >= 0) & (target <= 11)).all(1, keepdim=True)
    found = adaptive_warp(image, flow, kernel, backend=backend)
    expected = torch.where(inside, backward_warp(image, flow), image)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_half_the_frame_is_too_far(backend):
    """A flow of exactly half the width copies the pixel; a hair less looks."""
    image = torch.arange(8.0).view(1, 1, 1, 8)
    kernel = torch.ones(1, 16, 1, 8)
    flow = torch.zeros(1, 2, 1, 8)
    flow[0, 0, 0, 2] = 4.0
    flow[0, 0, 0, 3] = 3.75
    found = adaptive_warp(image, flow, kernel, backend=backend).flatten()
    assert found[2] == 2
    # Columns 5 and 6 by a quarter, 7 and 7 (clamped) by three; rows -1 and 0 are the one row.
    assert found[3] == 2 * ((5 + 6) * 0.25 + (7 + 7) * 0.75)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e30, -1e30])
def test_a_flow_that_leads_nowhere_copies_the_pixel(backend, value, layout):
    image, flow, kernel = random_case(1, 3, 4, 5, reach=0.0)
    image = image.contiguous(memory_format=layout)
    flow[0, 0, 2, 2] = value
    image.requires_grad_()
    flow.requires_grad_()
    found = adaptive_warp(image, flow, kernel, backend=backend)
    assert torch.equal(found[:, :, 2, 2], image[:, :, 2, 2])
    assert torch.isfinite(found).all()
    found[:, :, 2, 2].sum().backward()
    assert image.grad.sum() == 3
    assert not flow.grad.any()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend, layout):
    image, flow, kernel = random_case(2, 2, 4, 5, seed=3, dtype=torch.float64, reach=1.2)
    # The window jumps at whole numbers: keep away from them.
    flow = torch.where((flow - flow.round()).abs() < 0.05, flow + 0.1, flow)
    image = image.contiguous(memory_format=layout)

    def call(image, flow, kernel):
        return adaptive_warp(image, flow, kernel, backend=backend)

    inputs = tuple(tensor.requires_grad_() for tensor in (image, flow, kernel))
    assert torch.autograd.gradcheck(call, inputs)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradients_under_bfloat16(layout):
    image, flow, kernel = random_case(2, 9, 7, 6)
    image = image.bfloat16().contiguous(memory_format=layout)
    found = []
    for backend in BACKENDS:
        inputs = [tensor.clone().requires_grad_() for tensor in (image, flow, kernel)]
        adaptive_warp(*inputs, backend=backend).float().square().sum().backward()
        found.append([tensor.grad for tensor in inputs])
    for one, two in zip(*found, strict=True):
        assert one.dtype == two.dtype
        torch.testing.assert_close(one.float(), two.float(), rtol=0.02, atol=0.02)


def test_bfloat16_is_rounded_as_pytorch_rounds():
    """Every bit pattern of bfloat16 halfway and beside, not-numbers and infinities."""
    bits = torch.arange(-(2**15), 2**15, dtype=torch.int32).to(torch.int16)
    image = bits.view(torch.bfloat16).view(1, 64, 32, 32)
    image = image.contiguous(memory_format=torch.channels_last)
    flow = torch.zeros(1, 2, 32, 32)
    kernel = torch.zeros(1, 16, 32, 32)
    kernel[:, 5] = torch.linspace(0.9, 1.1, 1024).view(1, 32, 32)
    found = adaptive_warp(image, flow, kernel, backend="numba")
    expected = adaptive_warp(image, flow, kernel, backend="reference")
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_is_kept(layout):
    image, flow, kernel = random_case(2, 5, 6, 7)
    image = image.contiguous(memory_format=layout)
    found = adaptive_warp(image, flow, kernel, backend="numba")
    assert found.is_contiguous(memory_format=layout)


def test_threads_do_not_change_the_result():
    inputs = random_case(2, 7, 53, 21)
    expected = adaptive_warp(*inputs, backend="numba")
    threads = torch.get_num_threads()
    try:
        for count in (1, 3, 6):
            torch.set_num_threads(count)
            assert torch.equal(adaptive_warp(*inputs, backend="numba"), expected)
    finally:
        torch.set_num_threads(threads)


def test_wrong_input_is_refused():
    image, flow, kernel = random_case(1, 3, 4, 5)
    with pytest.raises(ValueError, match="image must be"):
        adaptive_warp(image, flow[..., 1:], kernel)
    with pytest.raises(ValueError, match="kernel"):
        adaptive_warp(image, flow, kernel[:, :9])
    with pytest.raises(ValueError, match="image must be"):
        adaptive_warp(image[0], flow, kernel)
    with pytest.raises(ValueError, match="numba backend takes"):
        adaptive_warp(image.half(), flow, kernel, backend="numba")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_ops_keep_pytorch_rules(layout, dtype):
    from dain.ops import adaptive_warping_cpu

    exact = torch.float64 if dtype == torch.float64 else torch.float32
    image, flow, kernel = random_case(2, 3, 4, 5, dtype=exact)
    image = image.to(dtype).contiguous(memory_format=layout)
    inputs = tuple(tensor.requires_grad_() for tensor in (image, flow, kernel))
    report = torch.library.opcheck(
        adaptive_warping_cpu.warp, inputs, rtol=0.02 if exact != dtype else None,
        atol=0.02 if exact != dtype else None,
    )  # fmt: skip
    assert set(report.values()) == {"SUCCESS"}
    detached = tuple(tensor.detach() for tensor in (*inputs, torch.ones_like(image)))
    report = torch.library.opcheck(adaptive_warping_cpu.warp_gradient, detached)
    assert set(report.values()) == {"SUCCESS"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_compiled_code_sees_the_op(layout):
    """`torch.compile` traces through it in one graph (eager backend: no C compiler needed)."""
    image, flow, kernel = random_case(1, 2, 9, 8)
    image = image.contiguous(memory_format=layout)

    def double(image, flow, kernel):
        return 2 * adaptive_warp(image, flow, kernel, backend="numba")

    compiled = torch.compile(double, fullgraph=True, backend="eager")
    assert torch.equal(compiled(image, flow, kernel), double(image, flow, kernel))
