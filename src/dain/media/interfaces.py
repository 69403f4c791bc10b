"""The two interfaces: a source of frames and a sink of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from dain.media.frame import Damage, Frame, Timestamps, VideoInfo

if TYPE_CHECKING:
    from dain.media.segments import Record, SegmentEncoder


class FrameReader(ABC):
    """A source of frames in presentation order.

    `info` is known once the reader is open; `damage` is complete when the frames
    have been read to their end; `messages` are notes for the person who runs us.
    """

    info: VideoInfo
    damage: Damage
    messages: list[str]

    @abstractmethod
    def frames(self, from_pts: int | None = None) -> Iterator[Frame]:
        """Decode from the start, or from the last frame at or before `from_pts`.

        Frames come in strictly rising `pts`. May be called again to read again.

        Raises:
            MediaError: nothing could be decoded.
        """

    @abstractmethod
    def timestamps(self) -> Timestamps:
        """Presentation times of all frames, found without decoding them.

        A promise of the container: damaged frames may be missing from `frames`.
        """

    def damage_places(self) -> list[Any]:
        """What `damage` counts, place by place, fit for JSON; for a run that is resumed."""
        return []

    def know_damage(self, places: list[Any]) -> None:  # noqa: B027 - a reader may know of none
        """Count damage that an earlier run found; what is found again counts once."""

    @abstractmethod
    def close(self) -> None:
        """Release the file; safe to call twice."""

    def interrupt(self) -> None:  # noqa: B027 - files never keep one waiting
        """Let a read that waits for another program end soon; from any thread."""

    def __enter__(self) -> FrameReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class FrameWriter(ABC):
    """A sink of frames. Its output appears under its final name only when complete.

    Used as a context manager: leaving it normally calls `finish`, leaving it with an
    exception calls `abort`, which removes what was written.
    """

    messages: list[str]

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take the next frame; `pts` must rise.

        Raises:
            EncodeError: the encoder or the disk refused it.
        """

    def segment_encoder(self) -> SegmentEncoder:
        """An encoder for one segment, whose records `put` takes; also after `abort`."""
        from dain.media.segments import PictureKeeper

        return PictureKeeper()

    def put(self, record: Record) -> None:
        """Take the next record of a segment; instead of `write`, in the order of the frames.

        Raises:
            EncodeError: the encoder or the disk refused it.
        """
        from dain.media.segments import unpack_frame

        self.write(unpack_frame(record))

    @abstractmethod
    def finish(self) -> None:
        """Flush, close, and move the output to its final name.

        Raises:
            EncodeError: likewise.
        """

    @abstractmethod
    def abort(self) -> None:
        """Close and remove what was written; the final name is untouched. Safe to call twice."""

    def interrupt(self) -> None:  # noqa: B027 - files never keep one waiting
        """Let a write that waits for another program end soon; from any thread."""

    def __enter__(self) -> FrameWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abort()
            return
        try:
            self.finish()
        except BaseException:
            self.abort()
            raise
