"""The Triton kernels through Triton's interpreter, on the CPU.

`test_triton.py` runs this file in a process of its own, in which TRITON_INTERPRET is set before
anything imports Triton; by itself it is not collected.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.support.kernels import OPS, SIZES, TYPES, as_tuple, check, gradients, inputs

from dain.ops import (
    backward_warp,
    bicubic_warp,
    project_flow,
    triton_adaptive_warping,
    triton_bicubic,
    triton_correlation,
    triton_projection,
    triton_support,
    triton_warping,
)
from dain.ops.dispatch import choose

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def few(op):
    """Fewer displacements: the interpreter walks their loop in Python."""
    return {"displacement": 1} if op == "correlation" else {}


def channels_last(*tensors):
    return tuple(tensor.contiguous(memory_format=torch.channels_last) for tensor in tensors)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("op", OPS)
def test_agrees_with_float64(op, size, dtype):
    options = {} if size == (13, 17) else few(op)
    check(op, inputs(op, *size, dtype, batch=1 + (size == (1, 7)), channels=3), **options)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize(("size", "channels"), [((1, 1), 1), ((13, 17), 37), ((9, 30), 3)], ids=str)
@pytest.mark.parametrize("op", OPS)
def test_channels_last(op, size, channels, dtype):
    """Over 32 channels: two passes of a block, the second partly empty."""
    arguments = inputs(op, *size, dtype, channels=channels, batch=1)
    check(op, channels_last(*arguments), **few(op))


@pytest.mark.parametrize("op", OPS)
def test_any_strides(op):
    arguments = inputs(op, 6, 7, torch.float32)
    turned = tuple(a.transpose(2, 3).contiguous().transpose(2, 3) for a in arguments)
    apart = tuple(torch.stack([a, a], dim=4)[..., 0] for a in arguments)
    assert not any(a.is_contiguous() for a in (*turned, *apart))
    expected = as_tuple(OPS[op](*arguments, backend="triton", **few(op)))
    for other in (turned, apart):
        found = as_tuple(OPS[op](*other, backend="triton", **few(op)))
        assert all(map(torch.equal, found, expected))


@pytest.mark.parametrize("op", ["backward_warp", "bicubic_warp", "adaptive_warp"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_an_image_in_16_bits_under_a_flow_in_32(op, dtype):
    image, *others = inputs(op, 13, 17, torch.float32)
    check(op, (image.to(dtype), *others))


@pytest.mark.parametrize("op", OPS)
def test_gradients_are_those_of_the_reference(op):
    arguments = inputs(op, 6, 7, torch.float32, odd_flows=False)
    found = gradients(OPS[op], arguments, backend="triton", **few(op))
    expected = gradients(OPS[op], arguments, backend="reference", **few(op))
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("op", OPS)
def test_compiled_whole(op):
    arguments = inputs(op, 6, 7, torch.float32, odd_flows=False)
    compiled = torch.compile(OPS[op], backend="aot_eager", fullgraph=True)
    found = gradients(compiled, arguments, backend="triton", **few(op))
    expected = gradients(OPS[op], arguments, backend="triton", **few(op))
    assert all(map(torch.equal, found, expected))


@pytest.mark.parametrize("size", [(3, 40), (40, 3), (5, 8), (2, 17), (17, 1)], ids=str)
def test_holes_over_the_edge_of_a_block(size, monkeypatch):
    """Lines of several blocks of which only the ends, the middle or nothing is filled."""
    monkeypatch.setattr(triton_projection, "_ALONG_ROWS", {"LINES": 4, "STEPS": 8})
    monkeypatch.setattr(triton_projection, "_ALONG_COLUMNS", {"LINES": 8, "STEPS": 8})
    height, width = size
    for places in ([0], [height * width - 1], [0, height * width - 1], [height * width // 2], []):
        weight = torch.zeros(1, 1, height, width)
        weight.view(-1)[places] = torch.arange(1.0, len(places) + 1)
        flow = torch.zeros(1, 2, height, width)
        flow[:, 0] = weight[:, 0] / 4
        found = project_flow(flow, weight, backend="triton").flow
        expected = project_flow(flow, weight, backend="reference").flow
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("case", ["a", "c"])
@pytest.mark.parametrize(
    ("op", "file", "layer", "names"),
    [
        ("project_flow", "projection", "projection", ("flow", "weight")),
        ("adaptive_warp", "layers", "warping", ("image", "flow", "kernel")),
        ("correlation", "layers", "correlation", ("first", "second")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_matches_the_paper(op, file, layer, names, case):
    with np.load(FIXTURES / f"{file}.npz") as arrays:
        *arguments, expected = (
            torch.from_numpy(arrays[f"{layer}_{case}_{name}"]) for name in (*names, "out")
        )
    found = as_tuple(OPS[op](*arguments, backend="triton"))[0]
    assert (found - expected).abs().max() <= 1e-5


def test_zero_flow_is_the_image_to_the_bit():
    image = torch.randn(1, 3, 13, 17)
    for layout in (image, *channels_last(image)):
        assert torch.equal(
            backward_warp(layout, torch.zeros(1, 2, 13, 17), backend="triton"), image
        )
        assert torch.equal(bicubic_warp(layout, torch.zeros(1, 2, 13, 17), backend="triton"), image)


def test_the_trial_kernel_is_right():
    assert triton_support._trial(torch.device("cpu"))
    assert triton_support.runs_on(torch.device("cpu"))


def test_auto_never_takes_the_interpreter():
    for dtype in TYPES:
        assert choose("auto", torch.zeros(1, dtype=dtype)) != "triton"


def test_reproducible_sums_are_pytorchs(monkeypatch):
    """The splat's atomics add in no fixed order."""

    def splat(*_):
        pytest.fail("the Triton splat ran")

    monkeypatch.setattr(triton_projection, "splat", splat)
    flow, weight = inputs("project_flow", 6, 7, torch.float32)
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        project_flow(flow, weight, backend="triton")
    finally:
        torch.use_deterministic_algorithms(before)


def test_ops_keep_pytorch_rules():
    calls = [
        (triton_warping.warp, inputs("backward_warp", 4, 5, torch.float32)),
        (triton_warping.warp, channels_last(*inputs("backward_warp", 4, 5, torch.float32))),
        (triton_bicubic.warp, inputs("bicubic_warp", 4, 5, torch.float32)),
        (triton_adaptive_warping.warp, inputs("adaptive_warp", 4, 5, torch.float32)),
        (triton_correlation.correlate, (*inputs("correlation", 4, 5, torch.float32), 1)),
        (triton_projection.splat, inputs("project_flow", 4, 5, torch.float32)),
        (triton_projection.fill, inputs("project_flow", 4, 5, torch.float32, odd_flows=False)),
    ]
    for op, arguments in calls:
        tracked = [a.requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments]
        report = torch.library.opcheck(op, tuple(tracked))
        assert set(report.values()) == {"SUCCESS"}


@pytest.mark.parametrize("op", OPS)
def test_an_empty_batch(op):
    nothing = (a[:0] for a in inputs(op, 4, 5, torch.float32))
    assert all(len(result) == 0 for result in as_tuple(OPS[op](*nothing, backend="triton")))
