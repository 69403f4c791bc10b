"""Layers of `dain-lite` that convolve and rectify in one go make what two steps make."""

import copy

import pytest
import torch

from dain.networks import DainLite
from dain.networks.lite_layers import FrameEncoder, fuse


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 2e-2)], ids=str
)
def test_fused_layers_equal_plain_ones(dtype, tolerance):
    torch.manual_seed(0)
    plain = FrameEncoder().to(dtype, memory_format=torch.channels_last)
    fused = copy.deepcopy(plain)
    fuse(fused)
    if not any(getattr(layer, "fused", False) for layer in fused.modules()):
        assert dtype != torch.float32, "any PyTorch with oneDNN takes this type"
        pytest.skip(f"this processor has no fused layers in {dtype}")
    frame = torch.rand(1, 3, 48, 64)
    with torch.inference_mode():
        for one, two in zip(plain(frame), fused(frame), strict=True):
            assert one.dtype == two.dtype == dtype
            scale = float(one.abs().max())
            torch.testing.assert_close(one, two, atol=tolerance * scale, rtol=0)


@pytest.mark.parametrize(
    ("dtype", "ask"),
    [
        (torch.bfloat16, "_is_mkldnn_bf16_supported"),
        (torch.float16, "_is_mkldnn_fp16_supported"),
    ],
    ids=str,
)
def test_nothing_is_fused_in_a_type_that_the_processor_lacks(dtype, ask, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, ask, lambda: False)
    network = FrameEncoder().to(dtype)
    fuse(network)
    assert not any(getattr(layer, "fused", False) for layer in network.modules())


def test_a_network_to_be_trained_is_not_fused():
    network = DainLite()
    assert not any(getattr(layer, "fused", False) for layer in network.modules())
    network.prepare("fp32")
    assert any(getattr(layer, "fused", False) for layer in network.modules())
