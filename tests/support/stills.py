"""Stills of every kind, made for tests without the writers that are tested."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR


def save_stills(path: Path, images: Sequence[np.ndarray]) -> Path:
    """Save pictures as a zip of PNGs or EXRs, or as a folder of EXRs, by the name."""
    exr = "exr" in path.name
    suffix = ".exr" if exr else ".png"
    stills = {
        f"shot/{number + 1}{suffix}": exr_of(linear(image)) if exr else png_of(image)
        for number, image in enumerate(images)
    }
    if path.suffix == ".zip":
        return save_zip(path, stills)
    for name, data in stills.items():
        (path.parent / Path(name).name).write_bytes(data)
    return path.parent


def save_zip(path: Path, files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    """Save files in a zip."""
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def png_of(pixels: np.ndarray) -> bytes:
    """A PNG of RGB or RGBA."""
    code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return cv2.imencode(".png", cv2.cvtColor(pixels, code))[1].tobytes()


def linear(image: np.ndarray) -> np.ndarray:
    """SRGB in integers to float32 light, after the standard's text."""
    values = image / float(np.iinfo(image.dtype).max)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def exr_of(
    pixels: np.ndarray,
    kind: Any = np.float32,
    extra: Mapping[str, Any] | None = None,
    **header: Any,
) -> bytes:
    """An EXR of ``(H, W, 3)`` or ``(H, W, 4)`` values, further channels and attributes."""
    names = "RGBA"[: pixels.shape[2]]
    planes = {name: np.ascontiguousarray(pixels[..., k], kind) for k, name in enumerate(names)}
    file = io.BytesIO()
    OpenEXR.File(header, {**planes, **(extra or {})}).write(file)
    return file.getvalue()


def read_exr(data: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Channels and header of an EXR, by the library itself."""
    file = OpenEXR.File(io.BytesIO(data), separate_channels=True)
    return {name: each.pixels for name, each in file.channels().items()}, dict(file.header())
