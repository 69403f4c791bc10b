"""A picture for people to look at while a run goes on: a pair, and the frame made between.

The file is replaced as a whole, so that viewers that reload it never see half of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.errors import OutputError
from dain.media.output import check_file_output, write_output
from dain.media.stills_codec import encode_still
from dain.media.thumbnails import Picture, in_eight_bits, opaque

_FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
_WIDEST = 1280  # of the whole picture, in pixels
_NARROWEST = 200  # of one panel, so that its title can be read
_TITLE_HEIGHT = 22
_FONT, _FONT_SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.4


def check_preview(path: Path) -> None:
    """Refuse a name that no preview can have; touches nothing.

    Raises:
        OutputError: it names no PNG, JPEG or WebP, or its folder cannot be written.
    """
    if path.suffix.lower() not in _FORMATS:
        raise OutputError(f"expected --preview to name a .png, .jpg or .webp, found {path.name!r}")
    check_file_output(path, overwrite=True)


def write_preview(path: Path, panels: Sequence[tuple[str, npt.NDArray[Any]]]) -> None:
    """Write panels side by side, each under its title, at most 1280 pixels wide in all.

    Args:
        path: see `check_preview`; a file that is there is replaced.
        panels: title and pixels of each: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA, of one size;
            uint8, uint16, or float32 in [0, 1].

    Raises:
        OutputError: it cannot be written there.
        EncodeError: the disk refused.
    """
    whole = np.hstack([_panel(title, pixels, len(panels)) for title, pixels in panels])
    data = encode_still(whole, _FORMATS[path.suffix.lower()])
    write_output(path, data, overwrite=True)


def _panel(title: str, pixels: npt.NDArray[Any], count: int) -> Picture:
    height, width = pixels.shape[:2]
    shown = min(max(width, _NARROWEST), _WIDEST // count)
    size = (shown, max(1, round(height * shown / width)))
    way = cv2.INTER_AREA if shown < width else cv2.INTER_NEAREST
    picture = opaque(in_eight_bits(cv2.resize(pixels, size, interpolation=way)))
    strip = np.zeros((_TITLE_HEIGHT, shown, 3), np.uint8)
    cv2.putText(strip, title, (4, 15), _FONT, _FONT_SIZE, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([strip, picture])
