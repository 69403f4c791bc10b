"""Sequences of EXR stills, and frames out of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dain.errors import MediaError
from dain.media.exr import MOST_PIXELS, ExrPicture, read_exr
from dain.media.exr_header import Window, read_head
from dain.media.frame import Pixels
from dain.media.scene_light import Floats, developed
from dain.media.stills_pictures import StillsFormat, check_sizes
from dain.media.stills_sources import StillsSource
from dain.settings import ReadSettings

_HEAD_BYTES = 65536  # windows stand before any preview picture, which sorts behind them
_REC_709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)


@dataclass(frozen=True)
class ExrSequence:
    """What the stills of a sequence share.

    Attributes:
        first: name of the first one that can be decoded.
        picture: which is in it.
        stored: the smallest window that holds the stored pixels of all.
        shown: the window of the picture, the same in all.
    """

    first: str
    picture: ExrPicture
    stored: Window
    shown: Window


def describe_sequence(path: Path, source: StillsSource) -> ExrSequence:
    """Read all headers and the first still.

    Raises:
        MediaError: none can be decoded, or their display windows differ in size.
    """
    names = [name for _, name in source.stills]
    heads = {name: read_head(source.read(name, _HEAD_BYTES)) for name in names}

    def shown_size(name: str) -> tuple[int, int] | None:
        head = heads[name]
        return None if head is None else (head.display.width, head.display.height)

    check_sizes(names, shown_size)
    known = [head for head in heads.values() if head is not None]
    for name in names:
        picture = read_exr(source.read(name))
        if picture is None:
            continue
        stored = known[0].data
        for head in known[1:]:
            stored = stored.joined(head.data)
        if stored.width * stored.height > MOST_PIXELS:
            raise MediaError(
                f"expected at most {MOST_PIXELS} pixels a still, found data windows at {path} "
                f"that span {stored.width}x{stored.height}"
            )
        return ExrSequence(name, picture, stored, known[0].display)
    raise MediaError(
        f"expected EXR images at {path}, found none that can be decoded; deep images and those "
        "without RGB or luminance are not read"
    )


class ExrDecoder:
    """EXR stills as frames of one window: scene-linear float32, or developed to 16-bit sRGB.

    Args:
        path: of the stills as the user named it, for messages.
        source: where they lie.
        settings: whether frames stay scene-linear; then they span all data windows of the
            sequence, and alpha stays. Else they are what the display window shows, and alpha
            stays if asked.

    Raises:
        MediaError: see `describe_sequence`.
    """

    def __init__(self, path: Path, source: StillsSource, settings: ReadSettings) -> None:
        self._source = source
        self._linear = settings.scene_linear
        self._sequence = found = describe_sequence(path, source)
        self._window = found.stored if self._linear else found.shown
        self._alpha = found.picture.alpha and (self._linear or settings.alpha)
        self._noted: set[str] = set()
        self.messages: list[str] = []
        self._note_what_is_left()
        deep = any(plane.dtype == np.float32 for plane in found.picture.planes)
        self.format = StillsFormat(
            width=self._window.width,
            height=self._window.height,
            bit_depth=32 if deep and self._linear else 16,
            codec="exr",
            pixel_format="gbrapf32le" if found.picture.alpha else "gbrpf32le",
            alpha=self._alpha,
            sample_aspect_ratio=_pixel_aspect(found.picture.header),
            rate=_rate(found.picture.header),
        )

    def decode(self, name: str) -> Pixels | None:
        """One still in the sequence's window; None if it is damaged."""
        picture = read_exr(self._source.read(name))
        if picture is None:
            return None
        if picture.names != self._sequence.picture.names:
            self._note(
                "names",
                f"{name} has the channels {', '.join(picture.names)} and {self._sequence.first} "
                f"has {', '.join(self._sequence.picture.names)}; all are read as the latter",
            )
        pixels = self._placed(picture)
        if not np.isfinite(pixels).all():
            self._note(
                "finite",
                f"{name} holds values that are no finite numbers; new frames are made as if they "
                "were 0, or the largest there is",
            )
        if self._linear:
            return pixels
        if pixels.shape[2] == 4 and not self._alpha and (pixels[..., 3] < 1).any():
            self._note("alpha", f"{name} is transparent in places; transparency is laid on white")
        if (pixels[..., :3] > 1).any() or (pixels[..., :3] < 0).any():
            self._note(
                "clipped",
                f"{name} holds light that a display cannot show; it is clipped to sRGB, an .exr "
                "keeps it",
            )
        return developed(pixels, self._alpha)

    def _placed(self, picture: ExrPicture) -> Floats:
        """The picture on the window, black and transparent where nothing is stored."""
        has_alpha = self._sequence.picture.alpha
        height, width = self._window.height, self._window.width
        canvas = np.zeros((height, width, 4 if has_alpha else 3), np.float32)
        low = picture.header["dataWindow"][0]
        left, top = int(low[0]) - self._window.left, int(low[1]) - self._window.top
        rows, columns = picture.planes[0].shape
        inside = canvas[
            max(top, 0) : max(top + rows, 0),
            max(left, 0) : max(left + columns, 0),
        ]
        part = (
            slice(max(-top, 0), max(height - top, 0)),
            slice(max(-left, 0), max(width - left, 0)),
        )
        count = len(picture.names) - picture.alpha
        for channel in range(3):
            inside[..., channel] = picture.planes[channel if count == 3 else 0][part]
        if has_alpha:
            inside[..., 3] = picture.planes[-1][part] if picture.alpha else 1.0
        return canvas

    def _note_what_is_left(self) -> None:
        found = self._sequence
        header = found.picture.header
        if found.picture.others:
            self.messages.append(
                f"{found.first}: the channels {', '.join(found.picture.others)} are left behind; "
                f"only {', '.join(found.picture.names)} are read"
            )
        primaries = header.get("chromaticities")
        if (
            primaries is not None
            and not self._linear
            and not np.allclose(np.array(primaries, float), _REC_709, atol=1e-3)
        ):
            self.messages.append(
                f"{found.first} has other primaries than sRGB; its colours are taken as they are"
            )

    def _note(self, kind: str, message: str) -> None:
        """Say something once a sequence."""
        if kind not in self._noted:
            self._noted.add(kind)
            self.messages.append(message)


def _pixel_aspect(header: Mapping[str, Any]) -> Fraction:
    """Width over height of a pixel; 1 where it is unset or makes no sense."""
    ratio = float(header.get("pixelAspectRatio", 1.0))
    return Fraction(ratio).limit_denominator(1000) if 0.01 < ratio < 100 else Fraction(1)


def _rate(header: Mapping[str, Any]) -> Fraction | None:
    """Frames a second; None where it is unset or makes no sense."""
    rate = header.get("framesPerSecond")
    return rate if isinstance(rate, Fraction) and 0 < rate <= 1000 else None
