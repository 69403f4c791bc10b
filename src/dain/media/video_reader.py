"""Frames from a video file, through PyAV."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from weakref import WeakSet

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from dain.errors import MediaError
from dain.media.alpha_source import Transparency, decoded, find_transparency
from dain.media.colour import colour_of, to_rgb
from dain.media.containers import open_container, reason
from dain.media.damage import DamageLog
from dain.media.decoding import Pass, Picture, Suspect
from dain.media.deinterlacing import Deinterlacing, last_before
from dain.media.frame import Frame, Pixels, Timestamps
from dain.media.interfaces import FrameReader
from dain.media.joining import describe_jumps
from dain.media.probing import probe
from dain.media.scan import Clock, PacketTimes, scan
from dain.media.transparency import KEPT_BY, is_opaque, on_white
from dain.settings import ReadSettings

_LAID_ON_WHITE = f"transparency is laid on white; {KEPT_BY}"


class VideoReader(FrameReader):
    """Reads one video stream of a file: upright RGB frames with exact times.

    Every call of `frames` and the first of `timestamps` open the file anew, so several may
    be under way at once, each in a thread of its own.

    A source with room for transparency is decoded once more beforehand, up to the first frame
    that tells whether there is any.

    Args:
        path: of the video file.
        settings: whether frames keep their transparency, as ``(H, W, 4)`` RGBA, if there is
            any (else it is laid on white), and whether they are deinterlaced.

    Raises:
        MediaError: it is missing, unreadable, no video, or holds no decodable frame.
    """

    def __init__(self, path: Path, settings: ReadSettings | None = None) -> None:
        self._path = path
        self._keeps_alpha = settings is not None and settings.alpha
        self._probe = probe(path)
        self._log = DamageLog(path)
        self._times: PacketTimes | None = None
        self._open: WeakSet[Generator[Frame, None, None]] = WeakSet()
        self._closed = False
        self.damage = self._log.damage
        self.messages = list(self._probe.messages)
        found = self._find_transparency()
        # If it is not kept, what comes after the first frames is still to be seen.
        late = found is Transparency.NONE and not self._keeps_alpha
        self._uses_alpha = self._probe.has_alpha and (found is Transparency.SOME or late)
        info = replace(self._probe.info, alpha=self._uses_alpha and self._keeps_alpha)
        wish = (settings or ReadSettings()).deinterlace
        self._deinterlacing = Deinterlacing(
            wish, self._probe, self.messages, self._pictures, self._sample, self._packet_times
        )
        self.info = self._deinterlacing.info(info)

    def frames(self, from_pts: int | None = None) -> Iterator[Frame]:
        """Decode from the start, or from the last frame at or before `from_pts`.

        A frame's `index` is its position among those that `timestamps` lists where reading
        starts, and counts on from there; damaged frames that are left out are not counted.
        """
        self._check_open()
        frames = self._frames(from_pts)
        self._open.add(frames)
        return frames

    def timestamps(self) -> Timestamps:
        """Presentation times from the packets; read once, then remembered."""
        self._check_open()
        times = self._packet_times()
        return self._deinterlacing.timestamps(times, self.info.time_base)

    def damage_places(self) -> list[Any]:
        """What `damage` counts, place by place."""
        return self._log.places()

    def know_damage(self, places: list[Any]) -> None:
        """Count damage that an earlier run found; what is found again counts once."""
        self._log.know(places)

    def close(self) -> None:
        """Stop all reading; safe to call twice."""
        self._closed = True
        for frames in list(self._open):
            frames.close()

    def _find_transparency(self) -> Transparency:
        probe = self._probe
        if not probe.has_alpha:
            return Transparency.NONE
        natives = decoded(self._path, probe.stream_index, probe.decoder)
        found = find_transparency(natives, kept=self._keeps_alpha)
        natives.close()
        if found is Transparency.UNUSED:
            self._note("its alpha is 0 in every frame and taken to mean nothing")
        elif found is Transparency.SOME and not self._keeps_alpha:
            self._note(_LAID_ON_WHITE)
        return found

    def _check_open(self) -> None:
        if self._closed:
            raise MediaError(f"expected an open reader, found a closed one: {self._path}")

    def _packet_times(self) -> PacketTimes:
        if self._times is None:
            with open_container(self._path) as container:
                streams = [
                    s for s in container.streams.video if s.index == self._probe.stream_index
                ]
                if not streams:
                    raise MediaError(f"{self._path} has changed while it was read; start again")
                self._times = scan(
                    container,
                    streams[0],
                    self._probe.clock,
                    self._probe.step,
                    self._probe.delay,
                    self._probe.promised_end,
                    self._probe.outliers,
                )
            self._tell_jumps(self._times)
        return self._times

    def _tell_jumps(self, times: PacketTimes) -> None:
        begins = times.pts[0] * self.info.time_base if times.pts else Fraction(0)
        self.messages += describe_jumps(self._path.name, times.jumps, begins)

    def _frames(self, from_pts: int | None) -> Generator[Frame, None, None]:
        reformatter = VideoReformatter()
        index: int | None = None
        for picture in self._deinterlacing.pictures(from_pts):
            if index is None:
                listed = () if from_pts is None else self.timestamps().pts
                index = bisect_left(listed, picture.pts)
            yield Frame(
                pixels=self._pixels(picture.native, reformatter),
                pts=picture.pts,
                time_base=self.info.time_base,
                duration=picture.duration,
                index=index,
            )
            index += 1
        if index is None:
            raise MediaError(
                f"expected a video, found no frame that can be decoded in {self._path}"
            )

    def _pictures(self, from_pts: int | None) -> Iterator[Picture]:
        """Decode with frame threads until something looks damaged, then without."""
        last: int | None = None
        try:
            for picture in self._from(from_pts, frame_threads=True):
                yield picture
                last = picture.pts
        except Suspect:
            resume = from_pts if last is None else last
            for picture in self._from(resume, frame_threads=False, quiet_until=last):
                if last is None or picture.pts > last:
                    yield picture

    def _sample(self, from_pts: int | None) -> Iterator[Picture]:
        """Decode without taking note of damage."""
        return self._from(from_pts, frame_threads=False, log=DamageLog(self._path))

    def _from(
        self,
        from_pts: int | None,
        frame_threads: bool,
        quiet_until: int | None = None,
        log: DamageLog | None = None,
    ) -> Iterator[Picture]:
        """Pictures from the last one at or before `from_pts`, by seeking where that works."""
        target: int | None = None

        def decode(seek_to: int | None = None) -> Iterator[Picture]:
            run = Pass(
                self._path,
                self._probe,
                self._log if log is None else log,
                frame_threads,
                quiet_until,
                None if seek_to is None else target,
            )
            return run.pictures(seek_to)

        if from_pts is None:
            yield from decode()
            return
        times = self._packet_times()
        target = times.at_or_before(from_pts)
        if target is not None and self._probe.clock is Clock.PTS and times.seekable:
            for seek_to in times.seek_points(target):
                pictures = decode(seek_to)
                first = _reach(pictures, target, self._may_come_first(times, target))
                if first is not None:
                    yield first
                    yield from pictures
                    return
        yield from last_before(decode(), from_pts)

    def _may_come_first(self, times: PacketTimes, pts: int) -> bool:
        """Whether the first picture after a seek is to be believed to be the one at `pts`.

        In MPEG-PS a keyframe that begins within a packet gets the time of the picture after it.
        """
        is_exact = self._probe.container_format != "mpeg"
        return pts == times.pts[0] or (is_exact and times.is_keyframe(pts))

    def _pixels(self, native: VideoFrame, reformatter: VideoReformatter) -> Pixels:
        coded_size = self._probe.coded_size
        if (native.width, native.height) != coded_size:
            self._note(f"frames change size and are scaled to {coded_size[0]}x{coded_size[1]}")
        colour = colour_of(native, self.info.colour)
        try:
            pixels = to_rgb(native, colour, coded_size, reformatter, self._uses_alpha)
        except FFmpegError as error:
            raise MediaError(
                f"pixel format {native.format.name} of {self._path} cannot be converted "
                f"to RGB ({reason(error)})"
            ) from error
        if self._uses_alpha and not self._keeps_alpha:
            if not is_opaque(pixels):
                self._note(_LAID_ON_WHITE)
            pixels = on_white(pixels, colour)
        return self._probe.orientation.upright(pixels)

    def _note(self, text: str) -> None:
        """A message, once."""
        message = f"{self._path.name}: {text}"
        if message not in self.messages:
            self.messages.append(message)


def _reach(pictures: Iterator[Picture], target: int, may_be_first: bool) -> Picture | None:
    """Read up to the picture at `target`; None if it does not come."""
    try:
        for number, picture in enumerate(pictures):
            if picture.pts >= target:
                is_it = picture.pts == target and (number > 0 or may_be_first)
                return picture if is_it else None
    except FFmpegError:
        pass  # this container cannot seek there
    return None
