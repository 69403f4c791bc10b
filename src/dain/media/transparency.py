"""What becomes of transparency where it cannot stay."""

from __future__ import annotations

from typing import cast

import numpy as np

from dain.media.frame import Pixels, full_scale


def is_opaque(pixels: Pixels) -> bool:
    """Whether nothing shines through ``(H, W, 4)`` RGBA in integers."""
    return bool(np.all(pixels[..., 3] == full_scale(pixels)))


def on_white(pixels: Pixels) -> Pixels:
    """``(H, W, 3)`` of ``(H, W, 4)``, uint8 or uint16: laid on white."""
    if is_opaque(pixels):
        return cast("Pixels", np.ascontiguousarray(pixels[..., :3]))
    top = full_scale(pixels)
    cover = pixels[..., 3:].astype(np.float32) / top
    mixed = np.rint(pixels[..., :3] * cover + top * (1 - cover))
    return cast("Pixels", mixed.astype(pixels.dtype))
