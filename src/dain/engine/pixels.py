"""Frames at the public edge to tensors and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from dain.errors import FrameError

_OPAQUE = 1 - 1e-3  # alpha above this hides all that is behind

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


def check_times(times: Sequence[Fraction | float]) -> list[Fraction | float]:
    """The times, each in (0, 1).

    Raises:
        FrameError: they are no such numbers.
    """
    listed = list(times) if isinstance(times, Iterable) else [times]
    for t in listed:
        if not isinstance(t, Real) or not 0 < t < 1:
            raise FrameError(f"times must lie between 0 and 1, both excluded, found {t!r}")
    return listed


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


def join_alpha(picture: Tensor, blended: Tensor, alpha: Tensor) -> Tensor:
    """RGBA from colours that alpha is multiplied into.

    Args:
        picture: ``(1, 3, H, W)``.
        blended: likewise, before the synthesis added to it.
        alpha: ``(1, 1, H, W)`` in [0, 1].

    What the synthesis adds to blended colours is meant for what is seen as it is: at the edge
    of a thing it knows nothing of alpha, and divided by it would glow.
    """
    colours = torch.where(alpha > _OPAQUE, picture, blended)
    return torch.cat([torch.where(alpha > 0, colours / alpha, 0.0), alpha], dim=1)
