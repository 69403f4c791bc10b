import pytest
import torch

from dain.engine import devices
from dain.engine.devices import computes_in_bfloat16, resolve_precision
from dain.errors import OptionError

ALL = ("fp32", "bf16", "fp16")
CPU, CUDA = torch.device("cpu"), torch.device("cuda", 0)


@pytest.mark.parametrize(
    ("able", "device", "native", "found"),
    [
        (ALL, CPU, True, "bf16"),
        (ALL, CPU, False, "fp32"),
        (ALL, CUDA, False, "fp16"),
        (("fp32",), CPU, True, "fp32"),
        (("fp32", "bf16"), CUDA, True, "fp32"),
        (ALL, torch.device("mps"), True, "fp32"),
    ],
)
def test_auto_takes_what_is_fast_here(able, device, native, found, monkeypatch):
    monkeypatch.setattr(devices, "computes_in_bfloat16", lambda: native)
    assert resolve_precision("auto", able, device, "some") == found


@pytest.mark.parametrize("name", ALL)
def test_what_is_asked_for_is_taken(name):
    assert resolve_precision(name, ALL, CPU, "some") == name


def test_what_a_model_cannot_is_refused():
    with pytest.raises(OptionError, match="--precision fp16: model some runs in fp32; use"):
        resolve_precision("fp16", ("fp32",), CPU, "some")


@pytest.mark.parametrize(
    ("features", "native"),
    [
        ({"avx512f": True, "avx512bf16": False}, False),
        ({"avx512bf16": True}, True),
        ({"amx-bf16": True}, True),
        ({"neon": True, "bf16": True}, True),
        ({}, False),
    ],
)
def test_native_bfloat16_is_read_from_the_cpu(features, native, monkeypatch):
    import llvmlite.binding

    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: features)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    assert computes_in_bfloat16.__wrapped__() == native
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not computes_in_bfloat16.__wrapped__()
