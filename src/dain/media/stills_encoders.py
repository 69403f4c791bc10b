"""What makes the bytes of a still out of a frame."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from dain.media.frame import OutputSpec, Pixels
from dain.media.stills_codec import encode_still, to_depth

_EIGHT_BIT_FORMATS = ("jpeg", "webp")


class StillsEncoder(Protocol):
    """Makes one file's bytes of each frame."""

    def encode(self, pixels: Pixels) -> bytes:
        """The bytes of one still.

        Raises:
            ValueError: the format cannot hold these pixels.
        """


class PictureEncoder:
    """PNG, JPEG, TIFF and WebP of frames in integers.

    Args:
        image_format: which.
        messages: notes for the person who runs us are added here, each once.
    """

    def __init__(self, image_format: str, messages: list[str]) -> None:
        self._format = image_format
        self._messages = messages

    def encode(self, pixels: Pixels) -> bytes:
        """The bytes of one still; 16 bits are rounded where the format holds 8."""
        if pixels.dtype == np.uint16 and self._format in _EIGHT_BIT_FORMATS:
            pixels = to_depth(pixels, np.dtype(np.uint8))
            note = f"{self._format} holds 8 bits a component; 16 are rounded"
            if note not in self._messages:
                self._messages.append(note)
        return encode_still(pixels, self._format)


def encoder_for(image_format: str, spec: OutputSpec, messages: list[str]) -> StillsEncoder:
    """The encoder of a format; notes are added to `messages`, each once."""
    if image_format != "exr":
        return PictureEncoder(image_format, messages)
    from dain.media.exr_encoder import ExrEncoder

    return ExrEncoder(spec, messages)
