import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dain.networks.spectral import SpectralConvolution


def both_ways(direct, picture):
    with torch.inference_mode():
        return SpectralConvolution(direct)(picture), direct(picture)


@given(
    st.integers(1, 70),
    st.integers(1, 90),
    st.sampled_from([1, 3, 5, 7, 11]),
    st.integers(1, 2),
    st.booleans(),
)
def test_equals_the_direct_convolution(height, width, size, batch, bias):
    torch.manual_seed(size)
    direct = nn.Conv2d(5, 4, size, padding=size // 2, bias=bias)
    found, expected = both_ways(direct, torch.randn(batch, 5, height, width))
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_large_pictures_are_done_band_by_band():
    direct = nn.Conv2d(2, 3, 7, padding=3)
    found, expected = both_ways(direct, torch.randn(1, 2, 300, 700))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_result_is_channels_last(layout):
    direct = nn.Conv2d(4, 6, 7, padding=3)
    found, _ = both_ways(direct, torch.randn(2, 4, 40, 50).contiguous(memory_format=layout))
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_it_pays_only_where_it_was_measured():
    direct = nn.Conv2d(2, 2, 7, padding=3)
    assert SpectralConvolution.pays(direct) == torch.backends.mkl.is_available()
    assert not SpectralConvolution.pays(direct.to(torch.bfloat16))
    assert not SpectralConvolution.pays(nn.Conv2d(2, 2, 7, padding=3, device="meta"))
