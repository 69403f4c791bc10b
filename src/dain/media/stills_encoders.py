"""What makes the bytes of a still out of a frame."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from dain.media.frame import OutputSpec, Pixels
from dain.media.still_profiles import is_of_rgb, with_profile
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
        profile: ICC profile that each still gets; empty for none.
        messages: notes for the person who runs us are added here, each once.
    """

    def __init__(self, image_format: str, profile: bytes, messages: list[str]) -> None:
        self._format = image_format
        self._profile = profile if is_of_rgb(profile) else b""
        self._messages = messages

    def encode(self, pixels: Pixels) -> bytes:
        """The bytes of one still; 16 bits are rounded where the format holds 8."""
        if pixels.dtype == np.uint16 and self._format in _EIGHT_BIT_FORMATS:
            pixels = to_depth(pixels, np.dtype(np.uint8))
            self._note(f"{self._format} holds 8 bits a component; 16 are rounded")
        still = encode_still(pixels, self._format)
        if not self._profile:
            return still
        profiled = with_profile(still, self._format, self._profile)
        if profiled is None:
            self._note(
                f"the stills' colour profile is left behind in {self._format}; png, tiff and "
                "jpg keep it"
            )
        return profiled or still

    def _note(self, message: str) -> None:
        if message not in self._messages:
            self._messages.append(message)


def encoder_for(image_format: str, spec: OutputSpec, messages: list[str]) -> StillsEncoder:
    """The encoder of a format; notes are added to `messages`, each once."""
    if image_format != "exr":
        return PictureEncoder(image_format, spec.profile, messages)
    from dain.media.exr_encoder import ExrEncoder

    return ExrEncoder(spec, messages)
