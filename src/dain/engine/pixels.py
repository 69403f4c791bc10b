"""Frames at the public edge to tensors and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dain.errors import FrameError

_FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}


def check_frame(frame: Any, name: str) -> npt.NDArray[Any]:
    """Return `frame` if it is one that can be interpolated.

    Raises:
        FrameError: it is no array, or its shape, type or range is not that of a frame.
    """
    if not isinstance(frame, np.ndarray):
        raise FrameError(f"{name} must be a numpy array, found {type(frame).__name__}")
    if frame.ndim != 3 or frame.shape[2] not in (3, 4) or 0 in frame.shape:
        raise FrameError(f"{name} must be (H, W, 3) RGB or (H, W, 4) RGBA, found {frame.shape}")
    if frame.dtype == np.float32:
        low, high = float(frame.min()), float(frame.max())
        if not (low >= 0 and high <= 1):
            raise FrameError(f"{name} in float32 must lie in [0, 1], found {low:g} to {high:g}")
    elif frame.dtype not in _FULL_SCALE:
        raise FrameError(f"{name} must be uint8, uint16 or float32, found {frame.dtype}")
    return frame


def to_tensor(frame: npt.NDArray[Any], device: torch.device) -> Tensor:
    """``(H, W, C)`` in its own scale to ``(1, C, H, W)`` float32 in [0, 1]."""
    scale = _FULL_SCALE.get(frame.dtype, 1.0)
    if frame.dtype == np.uint16:
        frame = frame.astype(np.float32)  # PyTorch moves uint16 but hardly computes with it
    tensor = torch.from_numpy(np.ascontiguousarray(frame)).to(device)
    tensor = tensor.permute(2, 0, 1)[None].to(torch.float32, memory_format=torch.contiguous_format)
    return tensor if scale == 1.0 else tensor / scale


def to_array(tensor: Tensor, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """``(1, C, H, W)`` in [0, 1] to ``(H, W, C)`` of `dtype`: clamped, and rounded if integer."""
    scale = _FULL_SCALE.get(dtype)
    picture = tensor[0].permute(1, 2, 0)
    if scale is None:
        return np.ascontiguousarray(picture.clamp(0, 1).cpu().numpy(), dtype=dtype)
    picture = (picture * scale).round_().clamp_(0, scale)
    if dtype == np.uint8:
        return picture.to(torch.uint8).contiguous().cpu().numpy()
    return np.ascontiguousarray(picture.cpu().numpy().astype(dtype))
