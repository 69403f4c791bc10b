"""Writing stills and animated images for the corpus."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from benchmarks.media.writing import Clip, images
from PIL import Image
from tests.support.animations import save_animation


@dataclass(frozen=True, kw_only=True)
class Stills:
    """A folder, pattern or zip of numbered stills, with a flash as the clips have.

    Attributes:
        suffix: names the format.
        count: stills.
        size: width and height.
        deep: 16 bits a component.
        alpha: transparency rises from left to right.
        missing: numbers that are left out.
        form: `folder`, `pattern` or `zip`.
    """

    suffix: str = ".png"
    count: int = 8
    size: tuple[int, int] = (64, 48)
    deep: bool = False
    alpha: bool = False
    missing: tuple[int, ...] = ()
    form: str = "folder"

    def pictures(self) -> list[np.ndarray]:
        """RGB or RGBA arrays, missing ones included."""
        pixel_format = "gbrp16le" if self.deep else "rgb24"
        clip = Clip(count=self.count, size=self.size, pixel_format=pixel_format, alpha=self.alpha)
        return images(clip)


def write_stills(folder: Path, stills: Stills) -> Path:
    """Write them and return what names them to the command line."""
    files = {
        f"shot_{number:03d}{stills.suffix}": encoded(picture, stills.suffix)
        for number, picture in enumerate(stills.pictures())
        if number not in stills.missing
    }
    if stills.form == "zip":
        with zipfile.ZipFile(folder / "source.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(f"shots/{name}", data)
        return folder / "source.zip"
    home = folder / "source"
    home.mkdir()
    for name, data in files.items():
        (home / name).write_bytes(data)
    return home if stills.form == "folder" else home / f"shot_%03d{stills.suffix}"


def encoded(picture: np.ndarray, suffix: str) -> bytes:
    """One still as a file of its kind."""
    if suffix == ".exr":
        return _exr(picture)
    if picture.dtype == np.uint16:
        code = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
        return cv2.imencode(suffix, cv2.cvtColor(picture, code))[1].tobytes()
    file = io.BytesIO()
    options: dict[str, object] = {".jpg": {"quality": 95}, ".webp": {"lossless": True}}.get(
        suffix, {}
    )
    kind = {".jpg": "JPEG", ".tif": "TIFF"}.get(suffix, suffix[1:].upper())
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def _exr(picture: np.ndarray) -> bytes:
    """Linear light, as floats; the pictures' values are taken for it."""
    light = picture[..., :3].astype(np.float32) / np.iinfo(picture.dtype).max
    encoder = av.CodecContext.create("exr", "w")
    encoder.width, encoder.height = picture.shape[1], picture.shape[0]
    encoder.pix_fmt, encoder.time_base = "gbrpf32le", Fraction(1, 24)
    frame = av.VideoFrame(picture.shape[1], picture.shape[0], "gbrpf32le")
    for plane, channel in zip(frame.planes, (1, 2, 0), strict=True):
        rows = np.frombuffer(plane, np.float32).reshape(plane.height, -1)
        rows[:, : plane.width] = light[..., channel]
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def write_animation(
    folder: Path, suffix: str, delay: float = 100, plays: int = 0, alpha: bool = False
) -> Path:
    """Eight frames by Pillow, each shown for `delay` milliseconds."""
    clip = Clip(count=8, size=(32, 24), pixel_format="rgb24", alpha=alpha)
    pictures = images(clip)
    if alpha and suffix == ".gif":
        for picture in pictures:
            picture[..., 3] = np.where(picture[..., 3] < 128, 0, 255)
    return save_animation(folder / f"source{suffix}", pictures, delay, plays)
