"""The Triton kernels on a real GPU."""

import os
import subprocess
import sys
import warnings

import pytest
import torch
from tests.support.kernels import OPS, SIZES, TYPES, as_tuple, check, gradients, inputs

from dain.ops import triton_support
from dain.ops.dispatch import choose

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def working_triton():
    if not triton_support.runs_on(torch.device("cuda")):
        pytest.skip("Triton does not run on this GPU")


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("size", [*SIZES, (3, 1100), (1100, 3), (270, 481)], ids=str)
@pytest.mark.parametrize("op", OPS)
def test_agrees_with_float64(op, size, dtype, last):
    arguments = inputs(op, *size, dtype, channels=37, device="cuda")
    if last:
        arguments = tuple(a.contiguous(memory_format=torch.channels_last) for a in arguments)
    assert choose("auto", *arguments) == "triton"
    check(op, arguments)


@pytest.mark.parametrize("op", ["backward_warp", "bicubic_warp", "adaptive_warp"])
def test_more_values_than_32_bits_count(op):
    """4K in 272 channels: the last pixels lie beyond 2^31 values."""
    height, width, channels = 2160, 3840, 272
    if torch.cuda.mem_get_info()[0] < 16 * 2**30:
        pytest.skip("needs 16 GB of free memory")
    image = torch.zeros(1, channels, height, width, dtype=torch.float16, device="cuda")
    if op == "adaptive_warp":
        image = image.contiguous(memory_format=torch.channels_last)
    image[:, :, -2:] = torch.randn(1, channels, 2, width, device="cuda").half()
    arguments = [image, torch.zeros(1, 2, height, width, dtype=torch.float16, device="cuda")]
    if op == "adaptive_warp":
        kernel = torch.zeros(1, 16, height, width, dtype=torch.float16, device="cuda")
        kernel[:, 5] = 1
        arguments.append(kernel)
    found = OPS[op](*arguments, backend="triton")
    assert all(torch.equal(found[:, k], image[:, k]) for k in range(channels))


@pytest.mark.parametrize("op", OPS)
def test_gradients_are_those_of_the_reference(op):
    arguments = inputs(op, 13, 17, torch.float32, device="cuda", odd_flows=False)
    found = gradients(OPS[op], arguments, backend="triton")
    expected = gradients(OPS[op], arguments, backend="reference")
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("op", OPS)
def test_compiled_whole(op):
    arguments = inputs(op, 13, 17, torch.float32, device="cuda", odd_flows=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's advice on precision
        compiled = torch.compile(OPS[op], fullgraph=True)
        found = as_tuple(compiled(*arguments))
    for one, two in zip(found, as_tuple(OPS[op](*arguments)), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("op", OPS)
def test_in_a_cuda_graph(op):
    arguments = inputs(op, 13, 17, torch.float16, device="cuda")
    expected = as_tuple(OPS[op](*arguments, backend="triton"))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        found = as_tuple(OPS[op](*arguments, backend="triton"))
    graph.replay()
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("op", OPS)
def test_on_a_device_that_is_not_the_current_one(op):
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    check(op, inputs(op, 13, 17, torch.float32, device="cuda:1"))


def test_without_a_compiler_the_reference_runs_and_one_message_says_so(tmp_path):
    """An empty PATH hides the compiler, an empty cache what it made before."""
    code = (
        "import torch\n"
        "from dain.ops import backward_warp, triton_support\n"
        "image = torch.rand(1, 3, 8, 8, device='cuda')\n"
        "for _ in range(3):\n"
        "    same = backward_warp(image, torch.zeros(1, 2, 8, 8, device='cuda'))\n"
        "    assert torch.equal(same, image)\n"
        "print(triton_support.runs_on(image.device))"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("CC", "CXX")}
    environment |= {"PATH": str(tmp_path), "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    # A version that needs no compiler runs and has nothing to say.
    assert run.stderr.count("Triton cannot run on this GPU") == (run.stdout.strip() == "False")
