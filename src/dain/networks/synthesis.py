"""Frame synthesis: a residual on the blended warps, from everything that was warped.

Bao et al., CVPR 2019, section 3.3: a 7x7 convolution to 128 channels, three residual blocks and a
3x3 convolution.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dain.networks.layers import ResidualBlock
from dain.networks.spectral import SpectralConvolution


class SynthesisNetwork(nn.Module):
    """What the blended frame lacks.

    Attributes:
        channels: of the input: the blended frame and both warped frames (9), both projected
            flows (4), both frames' interpolation kernels (32), and both warped contexts with
            log depth (392).
        reach: how many pixels away a result can depend on its input.
    """

    channels = 9 + 4 + 32 + 2 * 196
    reach = 3 + 3 * 2 + 1

    def __init__(self) -> None:
        super().__init__()
        self.enter: nn.Conv2d | SpectralConvolution
        self.enter = nn.Conv2d(self.channels, 128, 7, padding=3)
        self.rectify = nn.ReLU(inplace=True)
        self.blocks = nn.Sequential(*(ResidualBlock(128) for _ in range(3)))
        self.leave = nn.Conv2d(128, 3, 3, padding=1)

    def forward(self, warped: Tensor) -> Tensor:
        """``(B, 437, H, W)`` to the residual ``(B, 3, H, W)``."""
        residual: Tensor = self.leave(self.blocks(self.rectify(self.enter(warped))))
        return residual

    def prepare(self, dtype: torch.dtype) -> None:
        """Convert the layers; the first is done by Fourier transform where that is faster."""
        if isinstance(self.enter, SpectralConvolution):
            self.enter = self.enter.direct
        self.to(dtype)
        if SpectralConvolution.pays(self.enter):
            self.enter = SpectralConvolution(self.enter)
