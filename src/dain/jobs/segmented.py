"""Frames into segments: each encoded on its own, sealed, and counted in the work folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dain.jobs.segment_files import SegmentFile
from dain.jobs.workfolder import Segment, WorkFolder
from dain.media import Frame, OutputSpec
from dain.media.segments import SegmentEncoder

Record = dict[str, Any]

# A segment starts with a keyframe, so short ones make large files; long ones lose more work when
# a run is cut off. 120 frames of 1280x720 take minutes on two cores, and frames of 4K more than
# that even when there are fewer of them.
_FRAMES = 120
_PIXELS = 120 * 1280 * 720
_FEWEST_FRAMES = 48
# The paper's network takes some hundred times as long for a frame.
_HEAVY_SHARE = 4


def segment_length(spec: OutputSpec, model: str) -> int:
    """Output frames in a segment; it depends on nothing that may differ from run to run."""
    fitting = min(_FRAMES, _PIXELS // (spec.width * spec.height))
    length = max(_FEWEST_FRAMES, fitting)
    return length // _HEAVY_SHARE if model == "dain" else length


@dataclass
class _Open:
    """The segment in hand."""

    name: str
    file: SegmentFile
    encoder: SegmentEncoder
    count: int = 0
    end: Fraction = Fraction(0)


@dataclass(frozen=True)
class _Stand:
    """Where a run stood."""

    source_frames: int
    findings: Record


class SegmentWriter:
    """Takes frames as a writer does, and keeps them as sealed segments.

    Args:
        folder: where they are kept.
        length: frames in a segment.
        new_encoder: makes the encoder of one segment.
        damage: places of the source that are known to be damaged.
    """

    def __init__(
        self,
        folder: WorkFolder,
        length: int,
        new_encoder: Callable[[], SegmentEncoder],
        damage: Callable[[], list[Any]],
    ) -> None:
        self._length = length
        self._folder = folder
        self._new_encoder = new_encoder
        self._damage = damage
        self._open: _Open | None = None
        # Where a run stood when a segment's last frame was made, by its index.
        self._stood: dict[int, _Stand] = {}

    def expect(self, index: int, source_frames: int, findings: Callable[[], Record]) -> None:
        """Note where the run stands as a frame is made; before `write` is given it."""
        if self.ends_with(index):
            self._stood[index] = _Stand(source_frames, findings())

    def ends_with(self, index: int) -> bool:
        """Whether a segment ends with the frame of this index."""
        return (index + 1) % self._length == 0

    def write(self, frame: Frame) -> None:
        """Take the next frame; the last of a segment seals it.

        Raises:
            EncodeError: the encoder or the disk refused.
        """
        if self._open is None:
            name, file = self._folder.new_segment()
            self._open = _Open(name, file, self._new_encoder())
        segment = self._open
        self._add(segment.encoder.encode(frame))
        segment.count += 1
        segment.end = frame.time + (frame.duration or 0) * frame.time_base
        if self.ends_with(frame.index):
            stood = self._stood.pop(frame.index)
            self._folder.keep(self._seal(stood.source_frames), self._damage(), stood.findings)

    def finish(self, result: dict[str, Any], findings: Record) -> None:
        """Seal what is in hand, and note the result of the whole run and all that was found.

        Raises:
            EncodeError: the encoder or the disk refused.
        """
        last = None if self._open is None else self._seal(result["frames_in"])
        self._folder.keep(last, self._damage(), findings, result)

    def _seal(self, source_frames: int) -> Segment:
        assert self._open is not None
        segment = self._open
        self._add(segment.encoder.flush())
        segment.encoder.close()
        with self._folder.disk_errors():
            digest = segment.file.seal()
        self._open = None
        return Segment(
            name=segment.name,
            count=segment.count,
            end=str(segment.end),
            source_frames=source_frames,
            size=segment.file.size,
            sha256=digest,
        )

    def close(self) -> None:
        """Let go of the segment in hand; safe to call twice."""
        segment, self._open = self._open, None
        if segment is not None:
            segment.encoder.close()
            with contextlib.suppress(OSError):
                segment.file.close()

    def _add(self, records: list[Any]) -> None:
        assert self._open is not None
        with self._folder.disk_errors():
            for record in records:
                self._open.file.add(record)
