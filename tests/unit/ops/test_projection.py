import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dain.ops import project_flow
from dain.ops.projection import Projection

BACKENDS = ["reference", "numba"]


def random_case(batch, height, width, seed=0, dtype=torch.float32, reach=3.0):
    generator = torch.Generator().manual_seed(seed)
    flow = torch.randn(batch, 2, height, width, generator=generator, dtype=dtype) * reach
    weight = torch.rand(batch, 1, height, width, generator=generator, dtype=dtype) + 0.05
    return flow, weight


def plain_loops(flow, weight):
    """The layer as its authors describe it, pixel by pixel, in Python floats."""
    batch, _, height, width = flow.shape
    out = torch.zeros_like(flow)
    total = torch.zeros_like(weight)
    for b in range(batch):
        sums = {}
        for y in range(height):
            for x in range(width):
                u, v, w = (float(n) for n in (*flow[b, :, y, x], weight[b, 0, y, x]))
                if not (0 <= x + u <= width - 1 and 0 <= y + v <= height - 1):
                    continue
                left, top = math.floor(x + u), math.floor(y + v)
                for row in (top, min(top + 1, height - 1)):
                    for column in (left, min(left + 1, width - 1)):
                        a = sums.setdefault((row, column), [0.0, 0.0, 0.0])
                        a[0] -= w * u
                        a[1] -= w * v
                        a[2] += w
        for y in range(height):
            for x in range(width):
                if (y, x) in sums:
                    u, v, n = sums[y, x]
                    out[b, :, y, x] = torch.tensor([u / n, v / n])
                    total[b, 0, y, x] = n
                    continue
                found = []
                for dy, dx in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                    row, column = y + dy, x + dx
                    while 0 <= row < height and 0 <= column < width and (row, column) not in sums:
                        row, column = row + dy, column + dx
                    if (row, column) in sums:
                        u, v, n = sums[row, column]
                        found.append((u / n, v / n))
                if found:
                    out[b, :, y, x] = torch.tensor(found, dtype=out.dtype).mean(0)
    return out, total


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(1, 1, 1), (1, 1, 7), (2, 9, 1), (3, 13, 17), (1, 12, 10)])
def test_agrees_with_plain_loops(size, backend):
    flow, weight = random_case(*size, dtype=torch.float64)
    found = project_flow(flow, weight, backend=backend)
    out, total = plain_loops(flow, weight)
    torch.testing.assert_close(found.flow, out)
    torch.testing.assert_close(found.weight, total)


@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    seed=st.integers(0, 99),
    reach=st.sampled_from([0.0, 0.4, 3.0, 30.0]),
    fill=st.booleans(),
)
def test_backends_agree(height, width, seed, reach, fill):
    flow, weight = random_case(2, height, width, seed, reach=reach)
    one = project_flow(flow, weight, fill_holes=fill, backend="reference")
    two = project_flow(flow, weight, fill_holes=fill, backend="numba")
    torch.testing.assert_close(one.flow, two.flow, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(one.weight, two.weight, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("fill", [False, True])
def test_gradients(backend, fill):
    flow, weight = random_case(2, 5, 6, seed=3, dtype=torch.float64)
    # Keep targets away from whole numbers, where the choice of pixels jumps.
    flow = torch.where((flow - flow.round()).abs() < 0.05, flow + 0.1, flow)

    def both(flow, weight):
        return tuple(project_flow(flow, weight, fill_holes=fill, backend=backend))

    assert torch.autograd.gradcheck(both, (flow.requires_grad_(), weight.requires_grad_()))


@pytest.mark.parametrize("backend", BACKENDS)
def test_nearer_pixel_wins(backend):
    """Two pixels land on one place; the one with the greater inverse depth rules it."""
    flow = torch.zeros(1, 2, 1, 8)
    flow[0, 0, 0, 1] = 3.0  # 1 -> 4, near
    flow[0, 0, 0, 6] = -2.0  # 6 -> 4, far
    weight = torch.full((1, 1, 1, 8), 1e-4)
    weight[0, 0, 0, 1] = 1.0
    found = project_flow(flow, weight, backend=backend)
    assert found.flow[0, 0, 0, 4] == pytest.approx(-3.0, abs=1e-2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_arrives(backend):
    flow = torch.full((1, 2, 4, 5), 100.0)
    found = project_flow(flow, torch.ones(1, 1, 4, 5), backend=backend)
    assert isinstance(found, Projection)
    assert not found.flow.any()
    assert not found.weight.any()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_flow_that_is_no_number_goes_nowhere(backend, value):
    flow = torch.zeros(1, 2, 4, 5)
    flow[0, 0, 2, 2] = value
    found = project_flow(flow, torch.ones(1, 1, 4, 5), backend=backend)
    assert torch.isfinite(found.flow).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_layout_does_not_matter(backend):
    flow, weight = random_case(2, 6, 7)
    expected = project_flow(flow, weight, backend=backend).flow
    turned = flow.contiguous(memory_format=torch.channels_last)
    assert torch.equal(project_flow(turned, weight, backend=backend).flow, expected)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="flow must be"):
        project_flow(torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4))
    with pytest.raises(ValueError, match="weight must be"):
        project_flow(torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 4, 5))
    with pytest.raises(ValueError, match="backend must be"):
        project_flow(torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 4, 4), backend="cuda")
    half = torch.zeros(1, 2, 4, 4, dtype=torch.float16)
    with pytest.raises(ValueError, match="numba backend takes"):
        project_flow(half, half[:, :1], backend="numba")


def test_ops_keep_pytorch_rules():
    from dain.ops import projection_cpu

    flow, weight = random_case(1, 4, 5, dtype=torch.float64)
    mean, total = projection_cpu.splat(flow, weight)
    arguments = (flow.requires_grad_(), weight.requires_grad_())
    report = torch.library.opcheck(projection_cpu.splat, arguments)
    report |= torch.library.opcheck(projection_cpu.fill, (mean.detach().requires_grad_(), total))
    assert set(report.values()) == {"SUCCESS"}
