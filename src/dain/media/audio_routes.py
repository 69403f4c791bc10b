"""Audio that is decoded and encoded anew: what a container cannot hold, and slow motion."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import FFmpegError

from dain.media.audio_samples import SampleRun, Samples, to_frame
from dain.media.routes import AnyPacket, Placer
from dain.media.stretching import Stretcher, Wave
from dain.media.window import Window


class AudioRoute:
    """Decodes, cuts to the sample, stretches where the window says so, and encodes.

    Args:
        source: the stream that the packets come from.
        target: the output stream, with its encoder.
        window: times.
    """

    def __init__(self, source: AudioStream, target: AudioStream, window: Window) -> None:
        self.bad = 0
        self._source, self._target = source, target
        self._window = window
        self._placer = Placer(target, window)
        self._stretches = window.times.stretch != 1
        self._run = SampleRun(window, "fltp" if self._stretches else None)
        self._stretcher: Stretcher | None = None
        self._position: int | None = None  # of the next sample, after output time 0

    def convert(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Packets that the encoder gave up after this one."""
        for frame in self._decode(packet):
            yield from self._take(frame)

    def flush(self) -> Iterator[AnyPacket]:
        """What decoder, stretcher and encoder still held."""
        for frame in self._decode(None):
            yield from self._take(frame)
        if self._stretcher is not None:
            yield from self._encode(self._stretcher.finish())
        yield from self._placed(self._target.encode(None))

    def _decode(self, packet: AnyPacket | None) -> list[AudioFrame]:
        try:
            return self._source.codec_context.decode(packet)
        except FFmpegError:
            self.bad += 1
            return []

    def _take(self, frame: AudioFrame) -> Iterator[AnyPacket]:
        blocks = self._run.take(frame)
        while True:
            try:
                block = next(blocks, None)
            except (FFmpegError, ValueError):
                self.bad += 1
                return
            if block is None:
                return
            yield from self._encode(self._stretched(block) if self._stretches else block)

    def _stretched(self, block: Samples) -> Wave:
        if self._stretcher is None:
            stretch = self._window.times.stretch
            self._stretcher = Stretcher(self._run.rate, block.shape[0], stretch)
        return self._stretcher.take(cast("Wave", block))

    def _encode(self, block: Samples) -> Iterator[AnyPacket]:
        """Encode samples that follow the ones before."""
        if not block.shape[1]:
            return
        rate = self._run.rate
        if self._position is None:
            begin = self._window.times(Fraction(self._run.begin or 0, rate))
            self._position = max(0, round(begin * rate))
            if self._window.silence:
                yield from self._silence(self._position, block)
        frame = to_frame(block, self._run, self._position)
        self._position += block.shape[1]
        yield from self._placed(self._target.encode(frame))

    def _silence(self, count: int, like: Samples) -> Iterator[AnyPacket]:
        """Silence from output time 0 on."""
        for first in range(0, count, self._run.rate):
            length = min(count - first, self._run.rate)
            silence = np.zeros((like.shape[0], length), like.dtype)
            frame = to_frame(silence, self._run, first)
            yield from self._placed(self._target.encode(frame))

    def _placed(self, packets: list[AnyPacket]) -> Iterator[AnyPacket]:
        for packet in packets:
            if packet.pts is None:
                continue
            start = packet.pts * packet.time_base
            duration = (packet.duration or 0) * packet.time_base
            if not self._window.negative:
                if start + duration / 2 < 0:
                    continue  # an encoder's run-up, which would delay the whole file
                start = max(start, Fraction(0)) if self._window.silence else start
            yield self._placer.place(packet, start, start, duration)
