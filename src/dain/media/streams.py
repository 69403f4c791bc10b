"""The other streams of the source: copied packet for packet, transcoded, or named and dropped.

The source is demuxed a second time, beside the reader, and its packets are muxed up to the
time of the video written so far: memory does not grow with the length of the film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import av
from av.container import InputContainer, OutputContainer
from av.error import ArgumentError, FFmpegError, InvalidDataError
from av.format import Flags
from av.stream import Stream
from av.video.stream import VideoStream

from dain.errors import DamageError, MediaError
from dain.media.container_tables import Container
from dain.media.containers import best_video_stream, open_container
from dain.media.frame import OutputSpec
from dain.media.joining import Joiner, joined_packets
from dain.media.lost_tags import lost_tags
from dain.media.metadata import copy_chapters, copy_metadata
from dain.media.planning import named, plan_streams
from dain.media.plans import Plan
from dain.media.routes import AnyPacket, Route
from dain.media.stills_names import is_stills
from dain.media.time_guard import TimeGuard
from dain.media.window import Window

_MOST_ERRORS = 1000  # in a row, when demuxing: then the rest of the source is given up

_TAIL = Fraction(1, 2)  # seconds that audio may be longer than the pictures without a word


class StreamCopier:
    """Everything of the source but its main video, on its way into the output.

    Args:
        spec: names the source and the times.
        container: what the output is.
        extension: of the output, for messages.
        messages: notes for the person who runs us are added here.
    """

    def __init__(
        self, spec: OutputSpec, container: Container, extension: str, messages: list[str]
    ) -> None:
        self._spec = spec
        self._messages = messages
        self._holds_chapters = container.chapters
        self._source: InputContainer | None = None
        self._main: VideoStream | None = None
        self._plans: list[Plan] = []
        self._routes: dict[int, Route] = {}
        self._guards: dict[int, TimeGuard] = {}
        self._packets: Iterator[AnyPacket] = iter(())
        self._held: AnyPacket | None = None
        self._window = Window.of(
            spec,
            negative=container.negative_times,
            silence=container.untimed_audio,
        )
        self._refused = 0
        self._errors = 0
        if spec.source is None or not spec.source.is_file() or is_stills(spec.source):
            return
        try:
            self._source = open_container(spec.source)
            self._main = best_video_stream(self._source, spec.source)
        except MediaError as error:
            self.close()
            messages.append(f"no other streams were copied: {error}")
            return
        self._plan(container, extension)

    def _plan(self, container: Container, extension: str) -> None:
        assert self._source is not None
        others = [stream for stream in self._source.streams if stream is not self._main]
        if not container.chapters and self._source.chapters():
            self._messages.append(f"chapters left out: a {extension} file cannot hold them")
        self._plans = plan_streams(
            self._source, others, container, extension, self._window, self._messages
        )
        assert self._main is not None
        carried = [self._main, *(plan.source for plan in self._plans)]
        self._messages += lost_tags(carried, container.format, extension)
        self._begin_afresh()

    def _begin_afresh(self) -> None:
        """Open the source again: planning has read packets and used decoders."""
        assert self._source is not None
        assert self._spec.source is not None
        used, self._source = self._source, open_container(self._spec.source)
        self._main = best_video_stream(self._source, self._spec.source)
        for plan in self._plans:
            plan.source = self._source.streams[plan.source.index]
        used.close()  # last: closing invalidates its streams

    def attach(self, output: OutputContainer, video: VideoStream) -> None:
        """Add the output streams, metadata and chapters; before the header is written."""
        if self._source is None or self._main is None:
            return
        strict = not Flags(output.format.flags) & Flags.ts_nonstrict
        self._window = replace(self._window, strict=strict)
        copy_metadata(self._source, self._main, output, video)
        if self._holds_chapters:
            copy_chapters(self._source, output, self._window)
        for plan in self._plans:
            target = plan.add(output)
            route = plan.route(target, self._window)
            if route is not None:
                self._routes[plan.source.index] = route
                if plan.source.type == "audio":
                    self._guards[plan.source.index] = TimeGuard(self._last(self._source))
        self._packets = self._demux(self._source)

    def copy_until(self, time: Fraction | None, mux: Callable[[AnyPacket], None]) -> None:
        """Mux the packets up to an output time in seconds, or all that are left."""
        if not self._routes:
            return
        while (packet := self._next()) is not None:
            start = self._time(packet)
            if time is not None and start is not None and start > time:
                self._held = packet
                return
            self._forward(self._routes[packet.stream_index].convert(packet), mux)

    def finish(self, mux: Callable[[AnyPacket], None]) -> None:
        """Mux all that is left, and say what was damaged.

        Raises:
            DamageError: something was, and the output is to be strict about it.
        """
        self.copy_until(None, mux)
        for route in self._routes.values():
            self._forward(route.flush(), mux)
        bad = self._refused + self._errors
        bad += sum(route.bad for route in self._routes.values())
        bad += sum(guard.bad for guard in self._guards.values())
        if not bad:
            return
        found = f"{bad} damaged packet{'s' if bad > 1 else ''} of other streams"
        if self._spec.strict:
            raise DamageError(f"expected an undamaged input because of --strict, found: {found}")
        self._messages.append(f"{found} left out")

    def close(self) -> None:
        """Close the source; safe to call twice."""
        source, self._source = self._source, None
        self._packets, self._held = iter(()), None
        self._routes, self._guards, self._plans, self._main = {}, {}, [], None
        if source is not None:
            source.close()

    def _forward(self, packets: Iterator[AnyPacket], mux: Callable[[AnyPacket], None]) -> None:
        for packet in packets:
            try:
                mux(packet)
            except (InvalidDataError, ArgumentError):  # noqa: PERF203
                self._refused += 1

    def _time(self, packet: AnyPacket) -> Fraction | None:
        stamp = packet.pts if packet.dts is None else packet.dts
        return None if stamp is None else self._window.times(stamp * packet.time_base)

    def _next(self) -> AnyPacket | None:
        """The next packet that a route takes, or None at the end of what is copied."""
        if self._held is not None:
            packet, self._held = self._held, None
            return packet
        return next(self._packets, None)

    def _last(self, source: InputContainer) -> Fraction | None:
        """When the last picture ends, else the file as it says, in source time; None if unknown."""
        if self._window.last is not None:
            return self._window.last
        if not source.duration or source.duration < 0:
            return None
        return Fraction((source.start_time or 0) + source.duration, av.time_base)

    def _demux(self, source: InputContainer) -> Iterator[AnyPacket]:
        """Packets of the routes, until all streams have reached the end of what is copied."""
        going_on = set(self._routes)
        for packet in self._guarded(source):
            if packet.dts is not None and self._window.is_past(
                packet.dts * packet.time_base - _TAIL
            ):
                self._note_rest(source.streams[packet.stream_index])
                going_on.discard(packet.stream_index)
                if not going_on:
                    return
            yield packet

    def _note_rest(self, stream: Stream) -> None:
        """Say that audio goes on where there are no pictures to stretch it to."""
        if stream.type != "audio" or not self._window.ends_with_pictures:
            return
        note = f"{named(stream)} goes on after the last picture; that part is left out"
        if note not in self._messages:
            self._messages.append(note)

    def _guarded(self, source: InputContainer) -> Iterator[AnyPacket]:
        """Packets whose times can be believed."""
        for packet in self._readable(source):
            guard = self._guards.get(packet.stream_index)
            if guard is None:
                yield packet
            else:
                yield from guard.take(packet)
        for guard in self._guards.values():
            yield from guard.flush()

    def _readable(self, source: InputContainer) -> Iterator[AnyPacket]:
        """Packets of the routes; what cannot be read is counted and skipped."""
        wanted = [source.streams[index] for index in self._routes]
        failures = 0
        joiner = Joiner()  # one for all, also after an error
        while failures < _MOST_ERRORS:
            try:
                for packet in joined_packets(source, *wanted, joiner=joiner):
                    failures = 0
                    if packet.size == 0 and packet.dts is None:
                        continue  # PyAV's request to flush a decoder
                    if packet.is_corrupt:
                        self._errors += 1
                    else:
                        yield packet
                return
            except FFmpegError:
                failures += 1
                self._errors += 1
