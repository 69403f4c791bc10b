"""Whole frames from interlaced ones; between decoding and conversion to RGB.

An interlaced frame holds two fields, each with every other line, taken one after the other. Those
of film are joined again, the others interpolated by FFmpeg's bwdif. What a whole frame gets
depends on a few frames before and after it, and on nothing else: reading may begin anywhere if
it begins so much earlier. Frames that are not flagged as interlaced pass untouched.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from itertools import chain, tee

from av.error import FFmpegError

from dain.errors import MediaError
from dain.media.bwdif import deinterlace
from dain.media.containers import reason
from dain.media.decoding import Picture
from dain.media.film import REACH, recovered
from dain.media.film_sample import Read, film_expected, is_woven_unflagged, may_be_woven
from dain.media.film_votes import Kind
from dain.media.frame import Timestamps, VideoInfo
from dain.media.probing import Probe
from dain.media.scan import PacketTimes
from dain.settings import Deinterlace

_TOLD = {
    Kind.VIDEO: "interlaced; deinterlaced, one frame for each (--deinterlace bob: one for each "
    "field; off: as they are)",
    Kind.PULLDOWN: "interlaced, and film in its fields (3:2 pulldown); its own frames are taken",
    Kind.SHIFTED: "interlaced, and film in its fields (2:2, each frame in two); its own frames are "
    "taken",
    Kind.WHOLE: "flagged as interlaced, but its frames are whole (film, 2:2); they are taken as "
    "they are",
}
_TOLD_UNFLAGGED = (
    "film in interlaced frames (3:2 pulldown), though they are not flagged; its own frames are "
    "taken (--deinterlace off: as they are)"
)


class Deinterlacing:
    """How the pictures of one reader are deinterlaced, and the times that they then have.

    Args:
        wish: what was asked for.
        probe: what is known of the source.
        messages: notes for the person who runs us are added here.
        read: gives the decoded pictures from the last one at or before a time.
        sample: does so, too, but takes no note of damage.
        times: gives those of the stream; called only where they are needed.
    """

    def __init__(
        self,
        wish: Deinterlace,
        probe: Probe,
        messages: list[str],
        read: Read,
        sample: Read,
        times: Callable[[], PacketTimes],
    ) -> None:
        self._wish, self._path, self._step = wish, probe.info.path, probe.step
        self._messages = messages
        self._read, self._sample, self._times = read, sample, times
        self._may_be_woven = wish == "auto" and not probe.interlaced and may_be_woven(probe.info)
        # Times must be known before frames are decoded, so the first one decides for all.
        self._doubles = wish == "bob" and probe.interlaced
        if probe.interlaced and wish != "auto":
            self._note(Kind.VIDEO)
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

    @cached_property
    def _flagged(self) -> bool:
        """Whether flags tell which frames are interlaced."""
        return not (self._may_be_woven and is_woven_unflagged(self._sample, self._times()))

    @cached_property
    def _expected(self) -> Kind | None:
        return film_expected(self._sample, self._times()) if self._flagged else None

    def _is_interlaced(self, picture: Picture) -> bool:
        return picture.native.interlaced_frame or not self._flagged

    def pictures(self, from_pts: int | None) -> Iterator[Picture]:
        """Pictures from the last one at or before `from_pts`, deinterlaced.

        Args:
            from_pts: on the clock of what comes out; None for the beginning.
        """
        if self._wish == "off":
            yield from self._watched(self._read(from_pts))
            return
        if from_pts is None:
            yield from self._whole(self._read(None), None)
            return
        begin = from_pts // 2 if self._doubles else from_pts
        source = self._read(begin)
        first = next(source, None)
        if first is None:
            return
        if self._is_interlaced(first):  # what it becomes depends on those before
            listed, reach = self._times().pts, 1 if self._doubles else REACH + 1
            before = listed[max(0, bisect_left(listed, first.pts) - reach)]
            source = self._read(min(before, begin))
        else:
            source = chain((first,), source)
        yield from last_before(self._whole(source, from_pts), from_pts)

    def _whole(self, source: Iterator[Picture], from_pts: int | None) -> Iterator[Picture]:
        """The pictures, deinterlaced; the work begins at the first interlaced one."""
        before: Picture | None = None
        for picture in source:
            if self._is_interlaced(picture):
                fed = chain((picture,) if before is None else (before, picture), source)
                yield from self._filtered(fed, before, from_pts)
                return
            yield self._placed(picture)
            before = picture

    def _filtered(
        self,
        fed: Iterator[Picture],
        before: Picture | None,
        from_pts: int | None,
    ) -> Iterator[Picture]:
        """What becomes of the pictures, without `before`, which came already."""
        try:
            made = self._fields(fed) if self._doubles else self._frames(fed, from_pts)
            for picture in made:
                if before is None or picture.pts > self._placed(before).pts:
                    yield picture
        except FFmpegError as error:
            raise MediaError(
                f"frames of {self._path} cannot be deinterlaced ({reason(error)}); "
                "give --deinterlace off"
            ) from error

    def _fields(self, fed: Iterator[Picture]) -> Iterator[Picture]:
        self._note(Kind.VIDEO)
        for made in deinterlace(fed, each_field=True):
            yield self._placed(made.picture, self._times() if made.is_second else None)

    def _frames(self, fed: Iterator[Picture], from_pts: int | None) -> Iterator[Picture]:
        kept, given = tee(fed)
        made = deinterlace(given, each_field=False, flagged=self._flagged)
        both = zip(kept, (each.picture for each in made), strict=True)
        for choice in recovered(both, self._place, self._expected, self._flagged):
            # Those that are read only for what follows are judged without all that they need.
            if choice.kind and (from_pts is None or choice.picture.pts >= from_pts):
                self._note(choice.kind)
            yield choice.picture

    def _place(self, pts: int) -> int:
        """Number of the frame that is listed at a time."""
        return bisect_left(self._times().pts, pts)

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
                self._note(Kind.VIDEO)
            yield picture

    def _note(self, kind: Kind) -> None:
        """Tell once what the interlaced frames hold and what is done with them."""
        if self._wish == "off":
            text = "interlaced; frames keep their two fields (--deinterlace off)"
        elif self._doubles:
            text = "interlaced; each field is made a frame (--deinterlace bob)"
        else:
            text = _TOLD[kind] if self._flagged else _TOLD_UNFLAGGED
        message = f"{self._path.name}: {text}"
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
