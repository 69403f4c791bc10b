"""Ways in which one stream of the source gets into the output."""

from __future__ import annotations

from dataclasses import dataclass

from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from dain.media.audio_encoders import rate_for, set_up
from dain.media.audio_routes import AudioRoute
from dain.media.metadata import describe
from dain.media.routes import (
    AnyPacket,
    CopyRoute,
    PictureRoute,
    Route,
    SubtitleCopyRoute,
    SubtitleRoute,
)
from dain.media.window import Window

_COVER_TYPES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}


@dataclass
class Plan:
    """How one source stream gets into the output: this class copies it as it is.

    Attributes:
        source: the stream.
        sample: its first packet, if one was found soon.
    """

    source: Stream
    sample: AnyPacket | None

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        target = output.add_stream_from_template(self.source, opaque=True)
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """The way its packets go; None where there are none."""
        if self.source.type == "subtitle":
            return SubtitleCopyRoute(target, window)
        return CopyRoute(self.source, target, window)


class CoverPlan(Plan):
    """A cover picture stored as a stream of one packet."""

    def route(self, target: Stream, window: Window) -> Route | None:
        """The picture once, at time 0."""
        return PictureRoute(target)


class AttachmentPlan(Plan):
    """An attached file such as a font; complete with the header."""

    def route(self, target: Stream, window: Window) -> Route | None:
        """None: there are no packets."""
        return None


class AttachedCoverPlan(AttachmentPlan):
    """A cover picture stored as an attached file, complete with the header."""

    def add(self, output: OutputContainer) -> Stream:
        """Add the attached file.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        if self.sample is None:
            raise ValueError("the picture itself is missing")
        name, kind = _COVER_TYPES.get(self.source.codec.name, ("", ""))
        if not name:
            raise ValueError(f"a cover cannot be stored as {self.source.codec.name}")
        metadata = self.source.metadata
        return output.add_attachment(
            metadata.get("filename", name), metadata.get("mimetype", kind), bytes(self.sample)
        )


@dataclass
class AudioPlan(Plan):
    """Audio encoded anew by `encoder`, with the channels of `layout`."""

    source: AudioStream
    encoder: str
    layout: str

    @property
    def mixes(self) -> bool:
        """Whether there are fewer channels than in the source."""
        return AudioLayout(self.layout).nb_channels < self.source.codec_context.channels

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream with its encoder.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        target = output.add_stream(self.encoder, rate=rate_for(self.source, self.encoder))
        assert isinstance(target, AudioStream)
        set_up(self.source, target, self.encoder, self.layout)
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """Through decoder and encoder."""
        assert isinstance(target, AudioStream)
        return AudioRoute(self.source, target, window)


@dataclass
class SubtitlePlan(Plan):
    """Text subtitles written anew by `encoder`."""

    source: SubtitleStream
    encoder: str

    def add(self, output: OutputContainer) -> Stream:
        """Add the output stream with its encoder.

        Raises:
            ValueError: the container refuses it (or an av.FFmpegError).
        """
        target = output.add_stream(self.encoder)
        assert isinstance(target, SubtitleStream)
        self.source.codec_context.open(strict=False)  # the decoder makes the style header
        target.codec_context.subtitle_header = self.source.codec_context.subtitle_header
        describe(self.source, target)
        return target

    def route(self, target: Stream, window: Window) -> Route | None:
        """Through decoder and encoder."""
        assert isinstance(target, SubtitleStream)
        return SubtitleRoute(self.source, target, window)
