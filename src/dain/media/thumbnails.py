"""Small pictures for people to look at, of frames of any kind."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


def in_eight_bits(pixels: npt.NDArray[Any]) -> Picture:
    """uint8, uint16, or float32 in [0, 1], as uint8."""
    if pixels.dtype == np.uint8:
        return pixels
    top = 65535 if pixels.dtype == np.uint16 else 1
    clipped = np.clip(np.nan_to_num(pixels.astype(np.float32) / top), 0, 1)
    return np.rint(clipped * 255).astype(np.uint8)


def opaque(picture: Picture) -> Picture:
    """Transparent parts show white behind."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    return np.rint(picture[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def reduced(picture: npt.NDArray[Any], largest: int) -> npt.NDArray[Any]:
    """The picture with no side above `largest`, by the means over its pixels' areas."""
    height, width = picture.shape[:2]
    scale = largest / max(width, height)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), picture.dtype)


def heat(levels: Picture) -> Picture:
    """``(H, W)`` as ``(H, W, 3)`` RGB from black over red to bright yellow."""
    coloured = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), np.uint8)


def jpeg(picture: Picture, quality: int) -> bytes:
    """``(H, W, 3)`` RGB as a JPEG file; full chroma: a tint is among what one looks for."""
    options = [
        *(cv2.IMWRITE_JPEG_QUALITY, quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    ]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return data.tobytes()
