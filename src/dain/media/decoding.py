"""One pass of decoding: packets in, timed pictures in presentation order out."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

from av.container import InputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from dain.errors import MediaError
from dain.media.alpha_source import decoder_for
from dain.media.completeness import is_cut_short
from dain.media.containers import open_container, reason
from dain.media.damage import DamageLog
from dain.media.fields import FieldPairs
from dain.media.joining import joined_packets
from dain.media.probing import Probe
from dain.media.scan import Clock, VideoPacket, is_shown, packet_time, undelayed

# A last frame may lack its duration or be rounded; beyond this many, frames are missing.
_FRAMES_MISSING = Fraction(3, 2)
_CONTAINER_SLACK = Fraction(1, 10)  # seconds; other streams end where they please


class Suspect(Exception):  # noqa: N818 - a signal between two modules, not an error
    """Something looks damaged, and frame threads blur what it is."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded frame, not yet converted, and its time in the stream's time base."""

    native: VideoFrame
    pts: int
    duration: int | None


@dataclass
class Pass:
    """Decodes a stream once, from the start or from a point sought; use each but once.

    With frame threads FFmpeg reports an error some packets late, and may lose the frames
    that are under way at the end of the file. So the first sign of damage raises `Suspect`
    and the caller reads on without them, where every error belongs to its packet.

    Attributes:
        path: of the file.
        probe: what is known of it.
        log: where damage is noted.
        frame_threads: decode several frames at once.
        quiet_until: damage at or before this time is known already.
        target: time that is sought; on the way there times may be out of order without damage.
    """

    path: Path
    probe: Probe
    log: DamageLog
    frame_threads: bool
    quiet_until: int | None = None
    target: int | None = None
    _waiting: list[int] = field(default_factory=list, init=False)  # heap, for Clock.SORTED
    _corrupt: set[int] = field(default_factory=set, init=False)  # times of flagged packets
    _counted: int = field(default=0, init=False)  # for Clock.COUNTED
    _begun: int = field(default=0, init=False)  # frames sent to the decoder
    _fields: FieldPairs = field(init=False)
    _starts_on_keyframe: bool | None = field(default=None, init=False)
    _last_sent: int | None = field(default=None, init=False)
    _last: int | None = field(default=None, init=False)
    _end: int = field(default=0, init=False)
    _container_end: Fraction = field(default=Fraction(0), init=False)

    def pictures(self, seek_to: int | None = None) -> Iterator[Picture]:
        """Pictures in strictly rising time, from the keyframe at or before `seek_to`.

        Raises:
            Suspect: at the first sign of damage, if `frame_threads`.
            MediaError: the file cannot be opened any more.
            FFmpegError: it cannot be sought in.
        """
        with open_container(self.path) as container:
            streams = [s for s in container.streams.video if s.index == self.probe.stream_index]
            if not streams:
                raise MediaError(f"{self.path} has changed while it was read; start again")
            stream = streams[0]
            decoder = decoder_for(stream, self.probe.decoder)
            decoder.thread_type = "AUTO" if self.frame_threads else "NONE"
            if self.frame_threads:  # a trip wire, as here concealed errors may go unflagged
                decoder.options = {"err_detect": "explode"}
            if seek_to is not None:
                container.seek(seek_to, stream=stream)
            self._fields = FieldPairs(stream)
            natives = self._natives(container, stream, decoder)
            if self.probe.clock is Clock.SWAPPED:
                natives = _in_order(natives)
            for native in natives:
                picture = self._timed(native)
                if picture is not None:
                    yield picture
            self._check_end()

    def _natives(
        self, container: InputContainer, stream: VideoStream, decoder: VideoCodecContext
    ) -> Iterator[VideoFrame]:
        for packet in self._packets(container, stream):
            yield from self._decode(decoder, packet)

    def _packets(
        self, container: InputContainer, stream: VideoStream
    ) -> Iterator[VideoPacket | None]:
        """Packets of the stream, then None to flush the decoder."""
        whole_file = self.probe.promised_container_end is not None
        try:
            found = joined_packets(container, *(() if whole_file else (stream,)))
            for packet in undelayed(found, self.probe.delay):
                if whole_file and packet.pts is not None:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    self._container_end = max(self._container_end, end)
                if packet.stream_index == stream.index and packet.size:
                    yield cast("VideoPacket", packet)
        except (FFmpegError, OSError) as error:
            self._suspect()
            self.log.breaks_off(reason(error))
        yield None

    def _decode(self, decoder: VideoCodecContext, packet: VideoPacket | None) -> list[VideoFrame]:
        time = None if packet is None else self._note(packet)
        try:
            return decoder.decode(packet)
        except FFmpegError:
            self._damaged(time)
            self._counted += 1  # its frame will not come, but its time passes
            if time in self._waiting:
                self._waiting.remove(time)
                heapq.heapify(self._waiting)
            return []

    def _note(self, packet: VideoPacket) -> int | None:
        """Remember what a packet says of the frame to come; return its time."""
        time = packet_time(packet)
        if self._starts_on_keyframe is None:
            self._starts_on_keyframe = packet.is_keyframe
        begins_frame = is_shown(packet) and not self._fields.is_second(packet)
        self._begun += begins_frame
        if time is not None and begins_frame:
            self._last_sent = time if self._last_sent is None else max(self._last_sent, time)
            if self.probe.clock is Clock.SORTED:
                heapq.heappush(self._waiting, time)
        if packet.is_corrupt and time is not None:
            self._suspect()
            self._corrupt.add(time)
        return time

    def _timed(self, native: VideoFrame) -> Picture | None:
        """Give a frame its time; None if it is to be kept out."""
        pts, duration = self._time(native), native.duration or None
        if pts is None:
            return None
        if native.is_corrupt or pts in self._corrupt:
            self._damaged(pts)
            return None
        if self._last is not None and pts <= self._last:
            if self.target is None or self._last >= self.target:
                self.log.corrupt(("out of order", pts))
            return None
        if self.probe.outliers and self.probe.outliers.contain(pts, self._last):
            self.log.corrupt(("out of reach", pts))
            return None
        self._last, self._end = pts, pts + (duration or self.probe.step)
        return Picture(native, pts, duration)

    def _time(self, native: VideoFrame) -> int | None:
        """In the stream's time base; None before the first time that the container knows."""
        follow_up = None if self._last is None else self._end
        if self.probe.clock is Clock.COUNTED:
            self._counted += 1
            return (self._counted - 1) * self.probe.step
        if self.probe.clock is Clock.SORTED:
            return heapq.heappop(self._waiting) if self._waiting else follow_up
        if native.pts is not None:
            return native.pts
        return native.dts if native.dts is not None else follow_up

    def _damaged(self, time: int | None) -> None:
        if self._last is None and not self._starts_on_keyframe:
            return  # a recording cut out of the middle starts with frames nobody can decode
        self._suspect()
        if self.quiet_until is None or time is None or time > self.quiet_until:
            self.log.corrupt(time)

    def _suspect(self) -> None:
        if self.frame_threads:
            raise Suspect

    def _check_end(self) -> None:
        """Compare the end that was found with the one that was promised."""
        if self._last is None:
            return
        if self._last_sent is not None and self._last_sent > self._last:
            self._suspect()
        if self.probe.clock is Clock.COUNTED and self._begun > self._counted:
            self._suspect()
        tick, step = self.probe.info.time_base, self.probe.step
        missing = _FRAMES_MISSING * step
        promised = self.probe.promised_end
        if promised is not None and promised - self._end > missing:
            self._suspect()
            self.log.ends_early(self._end * tick, promised * tick)
        promised = self.probe.promised_container_end
        slack = missing * tick + _CONTAINER_SLACK
        if promised is not None and promised - self._container_end > slack:
            self._suspect()
            self.log.ends_early(self._end * tick, promised)
        if is_cut_short(self.path, self.probe.container_format):
            self._suspect()
            self.log.lacks_end()


def _in_order(natives: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """The same frames, with the times of two neighbours exchanged where the later comes first."""
    held: VideoFrame | None = None
    for native in natives:
        if held is not None:
            now, next_ = held.pts, native.pts
            if now is not None and next_ is not None and next_ < now:
                held.pts, native.pts = next_, now
            yield held
        held = native
    if held is not None:
        yield held
