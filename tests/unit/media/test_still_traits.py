"""Stills of every kind that cameras and programs write: the right values, none refused."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from dain.media.still_traits import traits_of
from dain.media.stills_pictures import decode_picture

Y, X = np.mgrid[0:12, 0:20]
GREY = (X * 12).astype(np.uint8)
RGB = np.stack([X * 12, Y * 20, (X + Y) * 8], axis=-1).astype(np.uint8)
COVER = np.where(X < 10, 255, np.where(Y < 6, 100, 0)).astype(np.uint8)
RGBA = np.dstack([RGB, COVER])
DEEP = RGBA.astype(np.uint16) * 257


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def deep_encoded(suffix: str, pixels: np.ndarray) -> bytes:
    return cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA))[1].tobytes()


def grey_with_alpha_in_16_bits() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = np.dstack([DEEP[..., 0], DEEP[..., 3]]).astype(">u2")
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 20, 12, 16, 4, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


BITS = Image.fromarray(GREY).convert("1")
PALETTE = Image.fromarray(RGB).quantize(16)
CASES = {
    "bits.png": (encoded(BITS, "PNG"), np.dstack([np.array(BITS.convert("L"))] * 3)),
    "bits.tiff": (encoded(BITS, "TIFF"), np.dstack([np.array(BITS.convert("L"))] * 3)),
    "fax.tiff": (
        encoded(BITS, "TIFF", compression="group4"),
        np.dstack([np.array(BITS.convert("L"))] * 3),
    ),
    "palette.png": (encoded(PALETTE, "PNG"), np.array(PALETTE.convert("RGB"))),
    "palette.tiff": (encoded(PALETTE, "TIFF"), np.array(PALETTE.convert("RGB"))),
    "grey.tiff": (encoded(Image.fromarray(GREY), "TIFF"), np.dstack([GREY] * 3)),
    "deep-grey.png": (
        encoded(Image.fromarray(DEEP[..., 0].copy()), "PNG"),
        np.dstack([DEEP[..., 0]] * 3),
    ),
    "rgba.png": (encoded(Image.fromarray(RGBA), "PNG"), RGBA),
    "rgba.tiff": (encoded(Image.fromarray(RGBA), "TIFF"), RGBA),
    "rgba.webp": (encoded(Image.fromarray(RGBA), "WEBP", lossless=True, exact=True), RGBA),
    "grey-alpha.png": (
        encoded(Image.fromarray(np.dstack([GREY, COVER])), "PNG"),
        np.dstack([GREY] * 3 + [COVER]),
    ),
    "grey-alpha.tiff": (
        encoded(Image.fromarray(np.dstack([GREY, COVER])), "TIFF"),
        np.dstack([GREY] * 3 + [COVER]),
    ),
    "colour-key.png": (
        encoded(Image.fromarray(GREY), "PNG", transparency=0),
        np.dstack([GREY] * 3 + [np.where(GREY == 0, 0, 255).astype(np.uint8)]),
    ),
    "deep.png": (deep_encoded(".png", DEEP), DEEP),
    "deep.tiff": (deep_encoded(".tiff", DEEP), DEEP),
    "deep-grey-alpha.png": (
        grey_with_alpha_in_16_bits(),
        np.dstack([DEEP[..., 0]] * 3 + [DEEP[..., 3]]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_are_exact(name: str) -> None:
    data, expected = CASES[name]
    pixels = decode_picture(data)
    assert pixels is not None
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels, expected)
    assert traits_of(data).alpha == (expected.shape[2] == 4)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_colours_of_print_become_rgb(kind: str) -> None:
    printed = Image.fromarray(RGB).convert("CMYK")
    data = encoded(printed, kind, **({"quality": 97} if kind == "JPEG" else {}))
    pixels = decode_picture(data)
    assert pixels is not None
    assert np.abs(pixels.astype(int) - np.array(printed.convert("RGB"))).max() <= 8
    assert traits_of(data).cmyk


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparent_stills_are_turned_upright(kind: str, orientation: int) -> None:
    notes = Image.Exif()
    notes[0x0112] = orientation
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(RGBA), kind, exif=notes, **options)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.array(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(decode_picture(data), expected)


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_deep_transparent_stills_are_turned_upright(orientation: int) -> None:
    notes = Image.Exif()
    notes[0x0112] = orientation
    block = notes.tobytes().removeprefix(b"Exif\0\0")
    chunk = b"eXIf" + block
    whole = deep_encoded(".png", DEEP)
    end = whole.index(b"IDAT") - 4
    data = whole[:end] + struct.pack(">I", len(block)) + chunk
    data += struct.pack(">I", zlib.crc32(chunk)) + whole[end:]
    turns = {1: 0, 3: 2, 6: 3}[orientation]
    np.testing.assert_array_equal(decode_picture(data), np.rot90(DEEP, turns))


@pytest.mark.parametrize("name", ["rgba.png", "rgba.tiff", "rgba.webp", "deep.png", "deep.tiff"])
def test_damage_is_no_picture(name: str) -> None:
    data, _ = CASES[name]
    assert decode_picture(data[: len(data) // 2]) is None
