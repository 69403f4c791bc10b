"""Work that is cut into segments: what a writer makes of frames before it is put in place.

A segment is encoded on its own, kept in a file as `Record`s, and joined with the others at the
end. Segments do not know of each other, so it makes no difference which run made which.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from dain.media.frame import Frame


@dataclass(frozen=True)
class Record:
    """One piece of a segment: an encoded packet, a still, or a picture kept without loss.

    Attributes:
        head: what must be known of it, fit for JSON.
        parts: its contents.
    """

    head: Mapping[str, Any]
    parts: tuple[bytes, ...]


class SegmentEncoder(Protocol):
    """Turns the frames of one segment into records, in order."""

    def encode(self, frame: Frame) -> list[Record]:
        """Take the next frame; the records that are ready.

        Raises:
            EncodeError: it is not as announced, or the encoder refused it.
        """

    def flush(self) -> list[Record]:
        """The records that were held back; the encoder is done.

        Raises:
            EncodeError: the encoder gave up.
        """

    def close(self) -> None:
        """Release what is held; safe to call twice."""


class PictureKeeper:
    """Keeps frames as they are, for writers that must see the whole before they can encode."""

    def encode(self, frame: Frame) -> list[Record]:
        """The frame itself, packed without loss."""
        head = {
            "pts": frame.pts,
            "time_base": str(frame.time_base),
            "duration": frame.duration,
            "index": frame.index,
            "shape": list(frame.pixels.shape),
            "type": frame.pixels.dtype.name,
        }
        return [Record(head, (zlib.compress(frame.pixels.tobytes(), level=1),))]

    def flush(self) -> list[Record]:
        """Nothing is ever held back."""
        return []

    def close(self) -> None:
        """Nothing is held."""


def unpack_frame(record: Record) -> Frame:
    """The frame that a `PictureKeeper` packed."""
    head = record.head
    flat = np.frombuffer(zlib.decompress(record.parts[0]), head["type"])
    return Frame(
        pixels=flat.reshape(head["shape"]),
        pts=head["pts"],
        time_base=Fraction(head["time_base"]),
        duration=head["duration"],
        index=head["index"],
    )
