"""A wide convolution by Fourier transform, where that is faster than the direct way.

Overlap-save: the picture is cut into overlapping blocks, each is transformed, multiplied by the
transformed weights at every frequency, and transformed back (Oppenheim and Schafer, "Discrete-Time
Signal Processing", section 8.7.3). The 7x7 convolution from 437 to 128 channels, two thirds of
the whole network's work, takes a fifteenth of the multiplications this way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLOCK = 32  # side of a transformed block: measured against 16, 24, 28 and 40
_BLOCKS = 64  # transformed at a time: bounds memory, and is enough for the matrix products


class SpectralConvolution(nn.Module):
    """Gives what an `nn.Conv2d` in float32 gives, but for rounding; for evaluation only.

    Attributes:
        direct: the convolution itself.
    """

    def __init__(self, direct: nn.Conv2d) -> None:
        """Transform the weights of a convolution.

        Args:
            direct: of stride 1, undilated, ungrouped, with an odd square kernel whose padding of
                zeros keeps the size.
        """
        super().__init__()
        self.direct = direct
        self._reach = direct.kernel_size[0] // 2
        # A convolution layer correlates: transforms convolve, hence the flip.
        spectrum = torch.fft.rfft2(direct.weight.detach().flip(2, 3), s=(_BLOCK, _BLOCK))
        # No buffer: it follows the weights, and is made anew where these are converted.
        self._spectrum = spectrum.permute(2, 3, 1, 0).flatten(0, 1).contiguous()

    @staticmethod
    def pays(direct: nn.Conv2d) -> bool:
        """Whether it is the faster way here: on CPUs for which torch has MKL's transforms."""
        weight = direct.weight
        is_plain = weight.dtype == torch.float32 and weight.device.type == "cpu"
        return is_plain and bool(torch.backends.mkl.is_available())  # type: ignore[no-untyped-call]

    def working_set(self, pixels: int) -> int:
        """Bytes that a picture takes beside input and output: a padded copy, and some blocks."""
        inputs, outputs = self.direct.in_channels, self.direct.out_channels
        return 4 * (inputs * pixels + (inputs + outputs) * 3 * _BLOCKS * _BLOCK**2)

    def forward(self, picture: Tensor) -> Tensor:
        """``(B, C, H, W)`` to ``(B, D, H, W)``, channels last."""
        made = [self._convolve(each) for each in picture.permute(0, 2, 3, 1)]
        return torch.stack(made).permute(0, 3, 1, 2)

    def _convolve(self, picture: Tensor) -> Tensor:
        """One picture ``(H, W, C)``."""
        height, width, _ = picture.shape
        step = _BLOCK - 2 * self._reach
        down, across = -(-height // step), -(-width // step)
        below, right = down * step - height, across * step - width
        padded = functional.pad(
            picture, (0, 0, self._reach, right + self._reach, self._reach, below + self._reach)
        )
        made = picture.new_empty(down * step, across * step, self.direct.out_channels)
        rows = max(1, _BLOCKS // across)
        for first in range(0, down, rows):
            last = min(first + rows, down)
            band = padded[first * step : last * step + 2 * self._reach]
            made[first * step : last * step] = self._convolve_band(band, last - first, across)
        made = made[:height, :width]
        return made if self.direct.bias is None else made.add_(self.direct.bias)

    def _convolve_band(self, band: Tensor, down: int, across: int) -> Tensor:
        """As many rows of blocks as are done at once: padded, to ``(rows, columns, D)``."""
        step = _BLOCK - 2 * self._reach
        row, column, _ = band.stride()
        blocks = band.as_strided(
            (down, across, _BLOCK, _BLOCK, band.shape[2]),
            (step * row, step * column, row, column, 1),
            band.storage_offset(),
        )
        transformed = torch.fft.rfft2(blocks, dim=(2, 3)).permute(2, 3, 0, 1, 4)
        products = torch.bmm(transformed.reshape(-1, down * across, band.shape[2]), self._spectrum)
        products = products.view(*transformed.shape[:4], -1).permute(2, 3, 0, 1, 4)
        made: Tensor = torch.fft.irfft2(products, s=(_BLOCK, _BLOCK), dim=(2, 3))
        # The first rows and columns of a block wrap around; the others are whole.
        valid = made[:, :, 2 * self._reach :, 2 * self._reach :]
        return valid.permute(0, 2, 1, 3, 4).reshape(down * step, across * step, -1)
