"""Whole frames from interlaced ones, by FFmpeg's bwdif; between decoding and conversion to RGB.

An interlaced frame holds two fields, each with every other line, taken one after the other. What
a whole frame gets depends on the frame before, itself and the one after, and on nothing else:
reading may begin anywhere if it begins one frame earlier. Frames that are not flagged as
interlaced pass untouched.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain

from av.error import FFmpegError

from dain.errors import MediaError
from dain.media.bwdif import deinterlace
from dain.media.containers import reason
from dain.media.decoding import Picture
from dain.media.frame import Timestamps, VideoInfo
from dain.media.probing import Probe
from dain.media.scan import PacketTimes
from dain.settings import Deinterlace


class Deinterlacing:
    """How the pictures of one reader are deinterlaced, and the times that they then have.

    Args:
        wish: what was asked for.
        probe: what is known of the source.
        messages: notes for the person who runs us are added here.
    """

    def __init__(self, wish: Deinterlace, probe: Probe, messages: list[str]) -> None:
        self._wish, self._path, self._step = wish, probe.info.path, probe.step
        self._messages = messages
        # Times must be known before frames are decoded, so the first one decides for all.
        self._doubles = wish == "bob" and probe.interlaced
        if probe.interlaced:
            self._note()
        elif wish == "bob":
            messages.append(
                f"{self._path.name}: its first frame is not flagged as interlaced; "
                "--deinterlace bob adds no frames"
            )

    def info(self, info: VideoInfo) -> VideoInfo:
        """The video as it is after deinterlacing."""
        if not self._doubles:
            return info
        return replace(
            info,
            time_base=info.time_base / 2,
            rates=tuple(2 * rate for rate in info.rates),
            frame_count=None if info.frame_count is None else 2 * info.frame_count,
        )

    def timestamps(self, times: PacketTimes, time_base: Fraction) -> Timestamps:
        """The times of the frames that come out.

        Args:
            times: of those that go in.
            time_base: of the frames that come out.
        """
        if not self._doubles:
            return Timestamps(times.pts, time_base, times.last_duration)
        listed = array("q")
        for pts in times.pts:
            listed.extend((2 * pts, self._second(times, pts)))
        return Timestamps(listed, time_base, times.last_duration)

    def pictures(
        self,
        read: Callable[[int | None], Iterator[Picture]],
        times: Callable[[], PacketTimes],
        from_pts: int | None,
    ) -> Iterator[Picture]:
        """Pictures from the last one at or before `from_pts`, deinterlaced.

        Args:
            read: gives the decoded pictures from the last one at or before a time.
            times: gives those of the stream; called only where they are needed.
            from_pts: on the clock of what comes out; None for the beginning.
        """
        if self._wish == "off":
            yield from self._watched(read(from_pts))
            return
        if from_pts is None:
            yield from self._whole(read(None), times)
            return
        begin = from_pts // 2 if self._doubles else from_pts
        source = read(begin)
        first = next(source, None)
        if first is None:
            return
        if first.native.interlaced_frame:  # what it becomes depends on the one before
            listed = times().pts
            before = listed[max(0, bisect_left(listed, first.pts) - 1)]
            source = read(min(before, begin))
        else:
            source = chain((first,), source)
        yield from last_before(self._whole(source, times), from_pts)

    def _whole(
        self, source: Iterator[Picture], times: Callable[[], PacketTimes]
    ) -> Iterator[Picture]:
        """The pictures, deinterlaced; the filter begins its work at the first interlaced one."""
        before: Picture | None = None
        for picture in source:
            if picture.native.interlaced_frame:
                self._note()
                yield from self._filtered(chain((picture,), source), before, times)
                return
            yield self._placed(picture)
            before = picture

    def _filtered(
        self,
        source: Iterator[Picture],
        before: Picture | None,
        times: Callable[[], PacketTimes],
    ) -> Iterator[Picture]:
        """The pictures of the filter; that of `before`, which came already, is left out."""
        fed = source if before is None else chain((before,), source)
        try:
            for made in deinterlace(fed, self._doubles):
                if before is None or made.picture.pts != before.pts:
                    yield self._placed(made.picture, times() if made.is_second else None)
        except FFmpegError as error:
            raise MediaError(
                f"frames of {self._path} cannot be deinterlaced ({reason(error)}); "
                "give --deinterlace off"
            ) from error

    def _placed(self, picture: Picture, second_of: PacketTimes | None = None) -> Picture:
        """On the clock of what comes out; at its second field's time if that is given."""
        if not self._doubles:
            return picture
        if second_of is not None:
            return replace(picture, pts=self._second(second_of, picture.pts))
        return replace(picture, pts=2 * picture.pts)

    def _second(self, times: PacketTimes, pts: int) -> int:
        """Time of a frame's second field: half-way to the next frame, in half ticks."""
        following = bisect_right(times.pts, pts)
        if following < len(times.pts):
            return pts + times.pts[following]
        return 2 * pts + max(1, times.last_duration or self._step)

    def _watched(self, source: Iterator[Picture]) -> Iterator[Picture]:
        for picture in source:
            if picture.native.interlaced_frame:
                self._note()
            yield picture

    def _note(self) -> None:
        name = self._path.name
        if self._wish == "off":
            message = f"{name}: interlaced; frames keep their two fields (--deinterlace off)"
        elif self._doubles:
            message = f"{name}: interlaced; each field is made a frame (--deinterlace bob)"
        else:
            message = (
                f"{name}: interlaced; deinterlaced, one frame for each (--deinterlace bob: one "
                "for each field; off: as they are)"
            )
        if message not in self._messages:
            self._messages.append(message)


def last_before(pictures: Iterator[Picture], pts: int) -> Iterator[Picture]:
    """Drop all pictures before the last one at or before `pts`."""
    held: Picture | None = None
    for picture in pictures:
        if picture.pts > pts:
            if held is not None:
                yield held
                held = None
            yield picture
        else:
            held = picture
    if held is not None:
        yield held
