"""One still image: bytes to RGB pixels and back, by OpenCV.

Files are read and written by `pathlib`, for OpenCV cannot open every name on every system.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np

from dain.media.frame import Pixels
from dain.media.still_profiles import with_straight_alpha

_JPEG_QUALITY = 95
_WEBP_LOSSLESS = 101  # a quality above 100 means lossless

_ENCODERS: dict[str, tuple[str, list[int]]] = {
    "png": (".png", []),
    "jpeg": (
        ".jpg",
        [
            cv2.IMWRITE_JPEG_QUALITY,
            _JPEG_QUALITY,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ],
    ),
    "tiff": (".tiff", [cv2.IMWRITE_TIFF_COMPRESSION, cv2.IMWRITE_TIFF_COMPRESSION_LZW]),
    "webp": (".webp", [cv2.IMWRITE_WEBP_QUALITY, _WEBP_LOSSLESS]),
}

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_JPEG_SIGNATURE = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_JPEG_SCAN = 0xDA
# Start-of-frame markers: C0 to CF without the tables C4, C8 and CC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_WITH_ALPHA = cv2.COLOR_RGBA2BGRA

_log_lock = threading.Lock()


def decode_still(data: bytes) -> Pixels | None:
    """Decode an image to ``(H, W, 3)`` RGB, uint8 or uint16, upright by its EXIF tag.

    Grey and palette images become RGB, alpha is dropped.

    Returns:
        The pixels; None if the data is damaged, cut short or no image of these depths.
    """
    if not data or (data.startswith(_JPEG_SIGNATURE) and not _jpeg_is_whole(data)):
        return None
    pixels = decode_raw(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        return None
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))


def encode_still(pixels: Pixels, image_format: str) -> bytes:
    """Encode ``(H, W, 3)`` RGB or, but for JPEG, ``(H, W, 4)`` RGBA.

    PNG, TIFF and WebP are lossless; JPEG has quality 95 and full chroma. PNG and TIFF
    keep uint16; JPEG and WebP need uint8.

    Args:
        pixels: uint8 or uint16.
        image_format: ``png``, ``jpeg``, ``tiff`` or ``webp``.

    Raises:
        ValueError: the format cannot hold these pixels.
    """
    suffix, parameters = _ENCODERS[image_format]
    code = _WITH_ALPHA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    try:
        done, data = cv2.imencode(suffix, cv2.cvtColor(pixels, code), parameters)
    except cv2.error as error:
        raise ValueError(str(error).strip().splitlines()[0]) from error
    if not done:
        height, width = pixels.shape[:2]
        raise ValueError(f"{image_format} refused an image of {width}x{height} pixels")
    encoded = bytes(data)
    return with_straight_alpha(encoded) if suffix == ".tiff" and code == _WITH_ALPHA else encoded


def to_depth(pixels: Pixels, dtype: np.dtype[Any]) -> Pixels:
    """Change between uint8 and uint16, full scale to full scale, rounded."""
    if pixels.dtype == dtype:
        return pixels
    if dtype == np.uint16:
        wide: Pixels = np.multiply(pixels, np.uint16(257), dtype=np.uint16)
        return wide
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def stored_size(head: bytes) -> tuple[int, int] | None:
    """Width and height as a PNG's or JPEG's first bytes say, before any rotation.

    Returns:
        The size; None if these bytes do not tell.
    """
    if head.startswith(_PNG_SIGNATURE) and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return width, height
    for marker, position in _jpeg_segments(head):
        if marker in _JPEG_FRAMES and position + 9 <= len(head):
            height, width = struct.unpack(">HH", head[position + 5 : position + 9])
            return width, height
    return None


def _png_is_whole(data: bytes) -> bool:
    """Whether all that a PNG's picture is made of has its checksum; libpng prints if not."""
    position = len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 8 + length
        if end + 4 > len(data):
            return False
        body = memoryview(data)[position + 4 : end]
        is_needed = not body[0] & 0x20  # a lower-case letter marks what can be done without
        if is_needed and zlib.crc32(body) != struct.unpack_from(">I", data, end)[0]:
            return False
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position = end + 4
    return True


def _jpeg_is_whole(data: bytes) -> bool:
    """Whether a JPEG's end marker is there; older OpenCV paints the missing part grey."""
    for marker, position in _jpeg_segments(data):
        if marker == _JPEG_SCAN:
            # Only from here on: an embedded thumbnail has an end of its own before.
            return data.find(_JPEG_END, position) >= 0
    return False


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Markers of a JPEG up to the first scan, each with the position of its 0xFF."""
    position = 2 if data.startswith(_JPEG_SIGNATURE) else len(data)
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        yield marker, position
        if marker == _JPEG_SCAN:
            return
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")


def decode_raw(data: bytes, flags: int) -> Any:
    """What OpenCV makes of encoded data by its own flags: an array, or None."""
    if data.startswith(_PNG_SIGNATURE) and not _png_is_whole(data):
        return None
    try:
        with _quiet():
            return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep OpenCV's own log off the screen: what it would say is reported by us."""
    # The functions moved between OpenCV 4 and 5.
    logging: Any = getattr(cv2.utils, "logging", cv2)
    with _log_lock:
        level = logging.getLogLevel()
        logging.setLogLevel(0)
        try:
            yield
        finally:
            logging.setLogLevel(level)
