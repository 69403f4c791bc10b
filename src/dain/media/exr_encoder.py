"""EXR files out of frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from dain.media.exr import Plane, write_exr
from dain.media.exr_stills import ExrSequence, describe_sequence
from dain.media.frame import OutputSpec, Pixels
from dain.media.scene_light import Floats, scene_linear
from dain.media.stills_names import format_of, is_stills
from dain.media.stills_sources import open_source

_LARGEST_HALF = 65504.0
_LOSSY = ("B44", "B44A", "DWAA", "DWAB", "PXR24", "LJ2K")
# What is true of one file only, or is written by us.
_OWN_ATTRIBUTES = frozenset(
    {
        "channels",
        "dataWindow",
        "type",
        "tiles",
        "chunkCount",
        "version",
        "name",
        "view",
        "multiView",
    }
)
_MOMENTARY_ATTRIBUTES = ("timeCode", "keyCode", "preview", "imageCounter", "hash")


class ExrEncoder:
    """EXR files of scene-linear frames, or of frames in integers, which become linear light.

    Attributes, windows, channel names and types, and compression are those of the source, if
    that is a sequence of EXR stills; else half (for 8 bits) or float, ZIP.

    Args:
        spec: of the frames; names the source.
        messages: notes for the person who runs us are added here, each once.
    """

    def __init__(self, spec: OutputSpec, messages: list[str]) -> None:
        self._messages = messages
        self._sequence = _source_sequence(spec)
        self._names: tuple[str, ...] = ("R", "G", "B", "A") if spec.alpha else ("R", "G", "B")
        kind = np.float16 if spec.bit_depth <= 8 else np.float32
        self._types: dict[str, Any] = dict.fromkeys(self._names, kind)
        if self._sequence is not None:
            picture = self._sequence.picture
            self._names = tuple(name.rpartition(".")[2] for name in picture.names)
            kinds = (plane.dtype for plane in picture.planes)
            self._types = dict(zip(self._names, kinds, strict=True))
        self._header = self._make_header(spec)

    def encode(self, pixels: Pixels) -> bytes:
        """The bytes of one still."""
        if pixels.dtype != np.float32:
            self._note("an .exr holds linear light; frames are turned from sRGB into it")
            pixels = scene_linear(pixels)
        return write_exr(self._header, self._planes(cast("Floats", pixels)))

    def _note(self, message: str) -> None:
        if message not in self._messages:
            self._messages.append(message)

    def _planes(self, pixels: Floats) -> Mapping[str, Plane]:
        planes: dict[str, Plane] = {}
        for index, name in enumerate(self._names):
            is_alpha = index == len(self._names) - 1 and len(self._names) in (2, 4)
            plane = pixels[..., 3 if is_alpha else index]
            if self._types[name] == np.float16:
                large = np.isfinite(plane) & (np.abs(plane) > _LARGEST_HALF)
                if large.any():
                    plane = np.where(large, np.copysign(_LARGEST_HALF, plane), plane)
            planes[name] = plane.astype(self._types[name])
        return planes

    def _make_header(self, spec: OutputSpec) -> dict[str, Any]:
        header: dict[str, Any] = {}
        if self._sequence is not None:
            header = self._kept_attributes(self._sequence)
            low = (self._sequence.stored.left, self._sequence.stored.top)
            high = (self._sequence.stored.right, self._sequence.stored.bottom)
            header["dataWindow"] = (np.array(low, np.int32), np.array(high, np.int32))
        header["pixelAspectRatio"] = float(spec.sample_aspect_ratio)
        header["framesPerSecond"] = spec.rate.limit_denominator(1 << 20)
        return header

    def _kept_attributes(self, sequence: ExrSequence) -> dict[str, Any]:
        found = sequence.picture.header
        for name in _MOMENTARY_ATTRIBUTES:
            if name in found:
                self._note(
                    f"the attribute {name} of the stills is left out: it is true of one frame only"
                )
        compression = str(getattr(found["compression"], "name", "")).removesuffix("_COMPRESSION")
        if compression in _LOSSY:
            self._note(
                f"the stills are compressed with loss ({compression}), and so are the new ones"
            )
        left = _OWN_ATTRIBUTES.union(_MOMENTARY_ATTRIBUTES)
        kept = {name: value for name, value in found.items() if name not in left}
        refused = [name for name, value in kept.items() if not _can_write(name, value)]
        if refused:
            self._note(f"the attributes {', '.join(refused)} of the stills are left out")
        return {name: value for name, value in kept.items() if name not in refused}


def _source_sequence(spec: OutputSpec) -> ExrSequence | None:
    """The source's sequence, if it is one of EXR stills of this size."""
    if spec.source is None or not is_stills(spec.source):
        return None
    source = open_source(spec.source)
    try:
        if format_of(source.stills[0][1]) != "exr":
            return None
        found = describe_sequence(spec.source, source)
    finally:
        source.close()
    same = (found.stored.width, found.stored.height) == (spec.width, spec.height)
    return found if same and found.picture.alpha == spec.alpha else None


def _can_write(name: str, value: object) -> bool:
    """Whether the library writes an attribute that it has read: some types it only reads."""
    try:
        write_exr({name: value}, {"Y": np.zeros((1, 1), np.float16)})
    except (ValueError, TypeError):
        return False
    return True
