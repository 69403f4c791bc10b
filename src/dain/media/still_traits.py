"""What a still says of itself besides its pixels, by Pillow, which reads no pixels for it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from dain.media.frame import Pixels
from dain.media.orientation import UPRIGHT, Orientation
from dain.media.stills_codec import decode_raw

_EXIF_ORIENTATION = 0x0112
_TIFF_BITS = 258
_TIFF_EXTRA_SAMPLES, _MULTIPLIED = 338, 1
_GREY_MODES = ("1", "L", "LA", "I", "F")
# The eight values of EXIF, as the way from the stored picture to the upright one.
_ORIENTATIONS = {
    2: Orientation(False, True, False),
    3: Orientation(False, True, True),
    4: Orientation(False, False, True),
    5: Orientation(True, False, False),
    6: Orientation(True, True, False),
    7: Orientation(True, True, True),
    8: Orientation(True, False, True),
}


@dataclass(frozen=True)
class StillTraits:
    """What a still's header tells.

    Attributes:
        alpha: it has an alpha channel, or a colour that counts as transparent.
        grey: it has no colours.
        deep: it has 16 bits a component.
        multiplied: alpha is multiplied into its colours, as TIFF may have it.
        cmyk: its colours are those of print.
        orientation: how it is turned upright.
        profile: its ICC colour profile; empty if it has none.
    """

    alpha: bool = False
    grey: bool = False
    deep: bool = False
    multiplied: bool = False
    cmyk: bool = False
    orientation: Orientation = UPRIGHT
    profile: bytes = b""


def traits_of(data: bytes) -> StillTraits:
    """What the header of an encoded still tells; nothing special where it cannot be read."""
    from PIL import Image

    try:
        with _no_warnings(), Image.open(io.BytesIO(data)) as image:
            bands = image.getbands()
            return StillTraits(
                alpha=bands[-1] in ("A", "a") or "transparency" in image.info,
                grey=image.mode in _GREY_MODES or image.mode.startswith("I;16"),
                deep=_is_deep(image, data),
                multiplied=image.format == "TIFF"
                and image.tag_v2.get(_TIFF_EXTRA_SAMPLES) == (_MULTIPLIED,),
                cmyk=image.mode == "CMYK",
                orientation=_ORIENTATIONS.get(image.getexif().get(_EXIF_ORIENTATION, 1), UPRIGHT),
                profile=image.info.get("icc_profile") or b"",
            )
    # Pillow has no one error for damaged data.
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, Image.DecompressionBombError):
        return StillTraits()


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Without Pillow's remarks on damage: what cannot be decoded is reported by us."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\b")
        yield


def _is_deep(image: Any, data: bytes) -> bool:
    """Whether there are 16 bits a component, which Pillow shows for grey only."""
    if image.format == "PNG":
        return data[24:25] == b"\x10"  # in the header chunk, which comes first
    if image.format == "TIFF":
        return bool(max(image.tag_v2.get(_TIFF_BITS, (1,))) > 8)
    return False


def decode_alpha(data: bytes, traits: StillTraits) -> Pixels | None:
    """Decode a still that has alpha to ``(H, W, 4)`` RGBA, not multiplied, upright.

    8 bits are decoded by Pillow: OpenCV multiplies the colours of TIFFs by their alpha, and
    knows no alpha beside grey. 16 bits are decoded by OpenCV, for Pillow cannot.

    Returns:
        uint8 or uint16; None if it is damaged.
    """
    if traits.deep:
        found = _decode_deep(data, traits.orientation)
        return found if found is None or not traits.multiplied else _divided(found)
    from PIL import Image

    try:
        with _no_warnings(), Image.open(io.BytesIO(data)) as image:
            # TIFFs are turned upright as they are loaded.
            is_turned = image.format == "TIFF"
            pixels: Any = np.array(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError, IndexError, Image.DecompressionBombError):
        return None
    return pixels if is_turned else traits.orientation.upright(pixels)


def _decode_deep(data: bytes, turned: Orientation) -> Pixels | None:
    found = decode_raw(data, cv2.IMREAD_UNCHANGED)
    if found is None or found.ndim != 3 or found.dtype != np.uint16:
        return None
    if found.shape[2] == 3:  # a transparent colour: OpenCV makes it alpha in 8 bits only
        return turned.upright(cv2.cvtColor(found, cv2.COLOR_BGR2RGBA))
    is_turned = data[:2] in (b"II", b"MM")
    pixels: Any = cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA)
    return pixels if is_turned else turned.upright(pixels)


def _divided(pixels: Pixels) -> Pixels:
    """RGBA of 16 bits with alpha taken out of the colours, which Pillow does for 8."""
    alpha = np.maximum(pixels[..., 3:], 1).astype(np.float64)
    colours = np.minimum(np.rint(pixels[..., :3] * (65535 / alpha)), 65535)
    return np.concatenate([colours.astype(np.uint16), pixels[..., 3:]], axis=2)
