import pytest
import torch

from dain.ops import correlation

BACKENDS = ["reference", "numba"]


def random_pair(*size, dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(*size, generator=generator).to(dtype) for _ in range(2)]


def plain_loops(first, second, displacement):
    """Channel by channel from the definition."""
    batch, _, height, width = first.shape
    side = 2 * displacement + 1
    out = torch.zeros(batch, side * side, height, width, dtype=first.dtype)
    for y in range(height):
        for x in range(width):
            for k in range(side * side):
                dy, dx = k // side - displacement, k % side - displacement
                if 0 <= y + dy < height and 0 <= x + dx < width:
                    product = first[:, :, y, x] * second[:, :, y + dy, x + dx]
                    out[:, k, y, x] = product.mean(1)
    return out


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("displacement", [0, 1, 4])
@pytest.mark.parametrize("size", [(1, 1, 1, 1), (2, 3, 5, 4), (1, 6, 1, 9), (3, 5, 9, 2)])
def test_agrees_with_plain_loops(size, displacement, backend):
    first, second = random_pair(*size, dtype=torch.float64)
    found = correlation(first, second, displacement=displacement, backend=backend)
    torch.testing.assert_close(found, plain_loops(first, second, displacement))


@pytest.mark.parametrize("backend", BACKENDS)
def test_channel_says_which_way(backend):
    """What lies two to the right and one up of its place in `first` lights channel (-1, +2)."""
    first, second = torch.zeros(2, 1, 1, 9, 9)
    first[0, 0, 4, 4] = 1
    second[0, 0, 3, 6] = 1
    found = correlation(first[None, 0], second[None, 0], backend=backend)
    assert found.nonzero().tolist() == [[0, (-1 + 4) * 9 + (2 + 4), 4, 4]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(backend):
    first, second = random_pair(2, 3, 4, 5, dtype=torch.float64)

    def call(first, second):
        return correlation(first, second, displacement=2, backend=backend)

    assert torch.autograd.gradcheck(call, (first.requires_grad_(), second.requires_grad_()))


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_of_bfloat16_keep_its_type(backend):
    first, second = (
        tensor.requires_grad_() for tensor in random_pair(1, 3, 4, 5, dtype=torch.bfloat16)
    )
    correlation(first, second, backend=backend).sum().backward()
    assert first.grad.dtype == second.grad.dtype == torch.bfloat16
    # Every product of two places within reach counts once, so 4x5 sees all of the other.
    total = second.detach().float().sum((2, 3), keepdim=True) / 3
    torch.testing.assert_close(first.grad.float(), total.expand_as(first), rtol=0.02, atol=0.02)


def test_threads_do_not_change_the_result():
    first, second = random_pair(2, 7, 33, 21)
    expected = correlation(first, second, backend="numba")
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(5)
        assert torch.equal(correlation(first, second, backend="numba"), expected)
        torch.set_num_threads(1)
        assert torch.equal(correlation(first, second, backend="numba"), expected)
    finally:
        torch.set_num_threads(threads)


def test_wrong_input_is_refused():
    image = torch.zeros(1, 3, 4, 4)
    with pytest.raises(ValueError, match="first and second must be"):
        correlation(image, image[:, :2])
    with pytest.raises(ValueError, match="of one shape and type"):
        correlation(image, image.double())
    with pytest.raises(ValueError, match="must not be negative"):
        correlation(image, image, displacement=-1)
    with pytest.raises(ValueError, match="on one device"):
        correlation(image, image.to("meta"))
    with pytest.raises(ValueError, match="numba backend takes"):
        correlation(image.half(), image.half(), backend="numba")


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_ops_keep_pytorch_rules(layout):
    from dain.ops import correlation_cpu

    first, second = (
        tensor.contiguous(memory_format=layout).requires_grad_()
        for tensor in random_pair(2, 3, 4, 5, dtype=torch.float64)
    )
    report = torch.library.opcheck(correlation_cpu.correlate, (first, second, 2))
    assert set(report.values()) == {"SUCCESS"}
    grad = torch.ones(2, 25, 4, 5, dtype=torch.float64)
    arguments = (first.detach(), second.detach(), grad, 2)
    report = torch.library.opcheck(correlation_cpu.correlate_gradient, arguments)
    assert set(report.values()) == {"SUCCESS"}


def test_compiled_code_sees_the_op():
    """`torch.compile` traces through it in one graph (eager backend: no C compiler needed)."""
    first, second = random_pair(1, 3, 6, 5)

    def double(first, second):
        return 2 * correlation(first, second, backend="numba")

    compiled = torch.compile(double, fullgraph=True, backend="eager")
    assert torch.equal(compiled(first, second), double(first, second))
