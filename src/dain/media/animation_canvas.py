"""Painting the patches of an animated image one after another, as a browser does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import cv2
import numpy as np
import numpy.typing as npt

from dain.media.animation import (
    MOST_PIXELS,
    Animation,
    DamagedPatchError,
    Disposal,
    Patch,
)
from dain.media.damage import DamageLog
from dain.media.frame import Pixels, full_scale

_Region = tuple[slice, slice]


class Canvas:
    """The picture as it builds up.

    Attributes:
        pixels: ``(H, W, 4)`` RGBA, alpha not multiplied into the colours; uint8 or uint16.
            Transparent to begin with, and changed by every `paint`.
    """

    def __init__(self, animation: Animation) -> None:
        dtype = np.uint16 if animation.bit_depth == 16 else np.uint8
        shape = (animation.height, animation.width, 4)
        self.pixels = cast("Pixels", np.zeros(shape, dtype))
        self._disposal = Disposal.KEEP
        self._place: _Region = (slice(0), slice(0))
        self._before: Pixels | None = None

    def paint(self, patch: Patch, picture: Pixels | None) -> None:
        """End the patch before, and put this one in its place.

        Args:
            patch: where it goes; what lies outside the canvas is cut off.
            picture: ``(H, W, 4)`` of its size; None leaves what is there.
        """
        self._end_patch()
        rows = slice(patch.y, min(patch.y + patch.height, self.pixels.shape[0]))
        columns = slice(patch.x, min(patch.x + patch.width, self.pixels.shape[1]))
        self._place, self._disposal = (rows, columns), patch.disposal
        region = self.pixels[self._place]
        if patch.disposal is Disposal.RESTORE:
            self._before = region.copy()
        if picture is None or region.size == 0:
            return
        picture = picture[: region.shape[0], : region.shape[1]]
        if patch.over and patch.see_through:
            _lay_over(region, picture)
        else:
            region[...] = picture

    def _end_patch(self) -> None:
        if self._disposal is Disposal.CLEAR:
            self.pixels[self._place] = 0
        elif self._disposal is Disposal.RESTORE and self._before is not None:
            self.pixels[self._place] = self._before
        self._before = None


def pictures_of(
    path: Path, animation: Animation, log: DamageLog, start: int = 0
) -> Iterator[tuple[int, Pixels]]:
    """Decode and paint the patches from one on that depends on none before it.

    Args:
        path: of the file.
        animation: what it holds.
        log: is told of patches that cannot be decoded; their frames are left out.
        start: index of the first patch, see `independent_patch`.

    Yields:
        Index of the patch, and the canvas: ours, and changed by the next step.
    """
    canvas = Canvas(animation)
    with path.open("rb") as file:
        for index in range(start, len(animation.patches)):
            patch = animation.patches[index]
            picture = decode_patch(file, animation, patch)
            canvas.paint(patch, picture)
            if picture is None:
                log.corrupt(index)
            else:
                yield index, canvas.pixels


def independent_patch(animation: Animation, index: int) -> int:
    """The last patch at or before `index` that hides all that came before it.

    A patch that is laid over others counts only if it cannot be transparent.
    """
    for candidate in range(index, 0, -1):
        patch = animation.patches[candidate]
        covers = (patch.x, patch.y) == (0, 0) and (
            patch.width >= animation.width and patch.height >= animation.height
        )
        # What it restores is what came before it.
        if covers and not (patch.over and patch.see_through) and _keeps(patch):
            return candidate
    return 0


def decode_patch(file: BinaryIO, animation: Animation, patch: Patch) -> Pixels | None:
    """``(H, W, 4)`` RGBA of one patch, in the animation's depth; None if it is damaged."""
    if patch.width * patch.height > MOST_PIXELS:
        return None
    try:
        data = animation.still(file, patch)
    except (DamagedPatchError, OSError):
        return None
    decode = _decode_deep if animation.bit_depth == 16 else _decode
    pixels = decode(data)
    size = (patch.height, patch.width, 4)
    return pixels if pixels is not None and pixels.shape == size else None


def _keeps(patch: Patch) -> bool:
    return patch.disposal is not Disposal.RESTORE


def _decode(data: bytes) -> Pixels | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.array(image.convert("RGBA"))
    # Pillow has no one error for damaged data.
    except (OSError, SyntaxError, ValueError, IndexError, Image.DecompressionBombError):
        return None


def _decode_deep(data: bytes) -> Pixels | None:
    """By OpenCV: Pillow knows 16 bits in grey only."""
    try:
        found: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if found is None or found.dtype != np.uint16:
        return None
    if found.ndim == 2:
        found = cv2.cvtColor(found, cv2.COLOR_GRAY2BGR)
    code = cv2.COLOR_BGR2RGBA if found.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
    deep: npt.NDArray[np.uint16] = cv2.cvtColor(found, code)
    return deep


def _lay_over(below: Pixels, above: Pixels) -> None:
    """Lay one picture over another, which it changes."""
    top = full_scale(below)
    alpha = above[..., 3]
    hides = (alpha == top) | ((below[..., 3] == 0) & (alpha > 0))
    below[hides] = above[hides]
    mixed = (alpha > 0) & ~hides
    if not mixed.any():
        return
    upper, lower = above[mixed].astype(np.float64), below[mixed].astype(np.float64)
    cover = upper[:, 3:] / top
    rest = lower[:, 3:] / top * (1 - cover)
    whole = cover + rest
    colours = (upper[:, :3] * cover + lower[:, :3] * rest) / whole
    below[mixed] = np.rint(np.concatenate([colours, whole * top], axis=1)).astype(below.dtype)
