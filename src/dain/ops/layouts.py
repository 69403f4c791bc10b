"""The memory layout of a tensor, so that a result can be given the same."""

from __future__ import annotations

import torch
from torch import Tensor


def layout_of(tensor: Tensor) -> torch.memory_format:
    """Channels last where the channels of a pixel of ``(B, C, H, W)`` lie side by side.

    A part of such a tensor counts, too, dense or not.
    """
    last = tensor.stride(1) == 1 and not tensor.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format
