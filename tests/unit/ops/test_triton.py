"""Triton where no GPU is: its interpreter, its compiler, and what happens without it."""

import importlib.metadata
import importlib.util
import logging
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from dain.ops import triton_support
from dain.ops.dispatch import choose

ROOT = Path(__file__).resolve().parents[3]
CASES = str(Path(__file__).with_name("triton_cases.py"))
CONTRACT = str(ROOT / "tests" / "contract" / "test_kernels.py")


def since(version):
    """Only with a Triton that is new enough, where there is one at all."""
    if importlib.util.find_spec("triton") is None:
        return pytest.mark.skip(reason="no Triton here: it is made for Linux alone")
    found = tuple(map(int, importlib.metadata.version("triton").split(".")[:2]))
    return pytest.mark.skipif(found < version, reason=f"needs Triton {version}, found {found}")


@since((3, 7))  # earlier interpreters do not take NumPy 2.4
@pytest.mark.parametrize("chosen", [[CASES], [CONTRACT, "-k", "triton"]], ids=["own", "contract"])
def test_kernels_through_the_interpreter(chosen):
    """In a process of its own: Triton reads the variable as it is imported, for good."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "--no-cov", "-p", "no:cacheprovider"]
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    run = subprocess.run(
        [*command, *chosen], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def variants():
    """Kernels with the types of their pointers and their constants, as the ops call them."""
    size = {"height": "i32", "width": "i32"}
    wide = {"PIXELS": 32, "DEPTH": 32, "CHANNELS": 196}
    plain = {"PIXELS": 256, "DEPTH": 1, "CHANNELS": 3}
    for half in ("*fp16", "*bf16"):
        image = {"image": half, "flow": "*fp32", "out": half, **size}
        pair = {"first": half, "second": half, "out": half, **size}
        yield "warping", "_warp_kernel", image, {"CHANNELS_LAST": True, **wide}
        yield "warping", "_warp_kernel", image, {"CHANNELS_LAST": False, **plain}
        yield "adaptive_warping", "_warp_kernel", {**image, "kernel": half}, wide
        yield (
            "correlation",
            "_correlate_kernel",
            pair,
            {"CHANNELS_LAST": True, "DISPLACEMENT": 4, **wide},
        )
    pixels = {"PIXELS": 256}
    flow = {"flow": "*fp32", "weight": "*fp32", "sums": "*fp32", **size}
    yield "projection", "_splat_kernel", flow, pixels
    for rows in (True, False):
        lines = {"LINES": 4, "STEPS": 512} if rows else {"LINES": 32, "STEPS": 64}
        for backwards in (True, False):
            total = {"total": "*fp32", "nearest": "*i32", **size}
            constants = {"ROWS": rows, "BACKWARDS": backwards, **lines}
            yield "projection", "_nearest_kernel", total, constants
    mean = {"mean": "*fp32", "total": "*fp32", "nearest": "*i32", "out": "*fp32", **size}
    yield "projection", "_fill_kernel", mean, pixels


@since((3, 3))  # earlier compilers are called differently
@pytest.mark.skipif("TRITON_INTERPRET" in os.environ, reason="kernels are interpreted")
@pytest.mark.parametrize(("module", "name", "types", "constants"), list(variants()))
@pytest.mark.parametrize("one_pixel", [False, True])
def test_kernels_compile_for_a_gpu(
    module, name, types, constants, one_pixel, tmp_path, monkeypatch
):
    """To machine code of an H100, with no GPU at hand; the interpreter takes what this refuses.

    Triton makes a constant of an argument that is 1.
    """
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    kernel = getattr(importlib.import_module(f"dain.ops.triton_{module}"), name)
    if one_pixel:
        constants = {**constants, "height": 1, "width": 1}
    signature = {
        argument: "constexpr" if argument in constants else types[argument]
        for argument in kernel.arg_names
    }
    places = {(kernel.arg_names.index(argument),): value for argument, value in constants.items()}
    compiled = triton.compile(
        ASTSource(kernel, signature, places),
        target=GPUTarget("cuda", 90, 32),
        options={"enable_fp_fusion": True},
    )
    assert compiled.asm["cubin"]


def test_ops_on_the_cpu_leave_triton_alone():
    code = (
        "import sys, torch, dain.ops\n"
        "dain.ops.backward_warp(torch.zeros(1, 1, 2, 2), torch.zeros(1, 2, 2, 2))\n"
        "dain.ops.project_flow(torch.zeros(1, 2, 2, 2).half(), torch.ones(1, 1, 2, 2).half())\n"
        "assert 'triton' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def gpu(monkeypatch):
    """A machine with a GPU on which no kernel was tried yet; the trial succeeds."""
    monkeypatch.setattr(triton_support, "_faults", {})
    monkeypatch.setattr(triton_support, "_told", False)
    monkeypatch.setattr(triton_support, "_installed", lambda: True)
    monkeypatch.setattr(triton_support, "_trial", lambda device: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "an old card")
    return monkeypatch


def on_gpu(dtype=torch.float32, index=0):
    """What the dispatch looks at of a tensor."""
    return SimpleNamespace(dtype=dtype, device=torch.device("cuda", index))


def test_a_gpu_on_which_the_trial_succeeds(gpu, caplog):
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert choose("auto", on_gpu(dtype)) == "triton"
    assert choose("auto", on_gpu(torch.float64)) == "reference"
    assert not caplog.records


def no_compiler(device):
    raise RuntimeError("Failed to find C compiler.\nPlease specify via CC")


def wrong(device):
    return False


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("_trial", no_compiler, "Failed to find C compiler. Please specify via CC"),
        ("_trial", wrong, "wrong result"),
        ("_installed", lambda: False, "not installed"),
    ],
)
def test_without_triton_the_reference_runs_and_one_message_says_so(
    attribute, value, reason, gpu, caplog
):
    tried = []
    gpu.setattr(triton_support, attribute, lambda *a: tried.append(a) or value(*a))
    assert choose("auto", on_gpu(torch.float64)) == "reference"
    assert not caplog.records, "Triton was not wanted"
    for _ in range(3):
        assert choose("auto", on_gpu()) == "reference"
    assert len(tried) == 1, "the answer is kept"
    assert choose("auto", on_gpu(index=1)) == "reference"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("dain", logging.WARNING)
    assert reason in record.getMessage()
    assert "C compiler (gcc or clang" in record.getMessage()
    assert "\n" not in record.getMessage()
    with pytest.raises(ValueError, match="the triton backend takes"):
        choose("triton", on_gpu())


def test_an_old_gpu_takes_the_reference(gpu, caplog):
    gpu.setattr(torch.cuda, "get_device_capability", lambda index: (6, 1))
    assert choose("auto", on_gpu()) == "reference"
    assert "an old card is older than compute capability 7.0" in caplog.text


def test_no_memory_says_nothing_about_triton(gpu):
    def full(device):
        raise torch.OutOfMemoryError

    gpu.setattr(triton_support, "_trial", full)
    with pytest.raises(torch.OutOfMemoryError):
        choose("auto", on_gpu())
    gpu.setattr(triton_support, "_trial", lambda device: True)
    assert choose("auto", on_gpu()) == "triton"


def test_other_devices_have_no_triton():
    assert not triton_support.runs_on(torch.device("mps"))
    if "TRITON_INTERPRET" not in os.environ:
        assert not triton_support.runs_on(torch.device("cpu"))
