"""Writing the videos of the corpus, each from a description that says all there is to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition
from benchmarks.media.writing_texts import UNMARKED, Text, add_data, add_texts
from tests.support.videos import (
    Audio,
    add_tone,
    display_matrix,
    pictures,
    tag_colour,
    to_frame,
    write_tone,
)

from dain.media.frame import Colour

Pictures = list["np.ndarray"]


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A stream that is silent but for a click when the picture flashes.

    Attributes:
        codec: encoder.
        sample_rate: a second.
        layout: of the channels.
        start: seconds on the file's clock.
        language: tag; none if empty.
        title: likewise.
        disposition: flags.
    """

    codec: str = "aac"
    sample_rate: int = 48000
    layout: str = "mono"
    start: Fraction = Fraction(0)
    language: str = ""
    title: str = ""
    disposition: Disposition = UNMARKED


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A small video with a flash in it, and what lies beside it.

    Attributes:
        suffix: of the file; names the container unless `container` does.
        container: FFmpeg's name of it.
        codec: encoder.
        pixel_format: of the frames.
        size: width and height as stored.
        rate: frames a second, on average.
        count: frames.
        pts: times in `time_base`; 0, 1, 2, ... by default.
        time_base: of `pts`; 1 / rate by default.
        colour: tags.
        ratio: width over height of one pixel.
        orientation: EXIF's, 1 to 8.
        alpha: transparency rises from left to right.
        fields: `tff` or `bff`: two pictures woven into each frame; `film`: 3:2 pulldown.
        flash: number of the white frame.
        options: of the encoder.
        muxer: options of the muxer.
        gop: frames from one keyframe to the next.
        sounds: audio streams.
        texts: subtitle streams.
        second: one more video stream.
        cover: a cover picture.
        font: an attached file.
        data: a stream of timed metadata.
        chapters: start and end in seconds, and title.
        metadata: of the file.
        title: of the video stream.
    """

    suffix: str = ".mp4"
    container: str | None = None
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    size: tuple[int, int] = (64, 48)
    rate: Fraction | int = 24
    count: int = 10
    pts: tuple[int, ...] | None = None
    time_base: Fraction | None = None
    colour: Colour = field(default_factory=Colour)
    ratio: Fraction | None = None
    orientation: int = 1
    alpha: bool = False
    fields: str = ""
    flash: int = 5
    options: Mapping[str, str] = field(default_factory=dict)
    muxer: Mapping[str, str] = field(default_factory=dict)
    gop: int | None = None
    sounds: tuple[Sound, ...] = ()
    texts: tuple[Text, ...] = ()
    second: bool = False
    cover: bool = False
    font: bool = False
    data: bool = False
    chapters: tuple[tuple[Fraction, Fraction, str], ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    title: str = ""

    @property
    def times(self) -> list[Fraction]:
        """When each frame is shown, in seconds."""
        tick = self.time_base or 1 / Fraction(self.rate)
        return [pts * tick for pts in self.pts or range(self.count)]


def images(clip: Clip) -> Pictures:
    """The clip's frames as RGB or RGBA arrays: drifting gradients, and white for the flash."""
    deep = av.VideoFormat(clip.pixel_format).components[0].bits > 8
    top = 65535 if deep else 255
    fields = {"tff": 2 * clip.count, "bff": 2 * clip.count, "film": clip.count * 4 // 5}
    made = [
        (picture * 0.6).astype(picture.dtype)
        for picture in pictures(fields.get(clip.fields, clip.count), *clip.size, deep=deep)
    ]
    if clip.fields == "film":
        made = [woven(made[a], made[b]) for a, b in film_fields(clip.count)]
    elif clip.fields:
        order = slice(None) if clip.fields == "tff" else slice(None, None, -1)
        pairs = (made[index : index + 2][order] for index in range(0, len(made), 2))
        made = [woven(upper, lower) for upper, lower in pairs]
    if 0 <= clip.flash < clip.count:
        made[clip.flash] = np.full_like(made[0], top)
    if clip.alpha:
        ramp = np.linspace(0, top, clip.size[0]).astype(made[0].dtype)
        alpha = np.broadcast_to(ramp[None, :, None], (*made[0].shape[:2], 1))
        made = [np.concatenate([picture, alpha], axis=-1) for picture in made]
    return made


def woven(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """A frame of the even lines of one picture and the odd ones of another."""
    frame = upper.copy()
    frame[1::2] = lower[1::2]
    return frame


def film_fields(count: int) -> list[tuple[int, int]]:
    """Of each video frame, the film frames in its even and in its odd lines (3:2 pulldown)."""
    cycle = [(0, 0), (1, 1), (1, 2), (2, 3), (3, 3)]
    return [
        (4 * (index // 5) + cycle[index % 5][0], 4 * (index // 5) + cycle[index % 5][1])
        for index in range(count)
    ]


def write_clip(path: Path, clip: Clip) -> Path:
    """Write a clip and return its path."""
    rate = Fraction(clip.rate)
    tick = clip.time_base or 1 / rate
    with av.open(
        str(path), "w", format=clip.container, container_options=dict(clip.muxer)
    ) as output:
        output.metadata.update(clip.metadata)
        stream = add_video(output, clip, tick)
        second = add_video(output, clip, tick) if clip.second else None
        click = clip.times[clip.flash] if clip.flash < clip.count else None
        tones = [_tone(sound, click) for sound in clip.sounds]
        tone_streams = [add_tone(output, tone) for tone in tones]
        for sound, target in zip(clip.sounds, tone_streams, strict=True):
            target.disposition = sound.disposition
            if sound.codec == "wmav2":
                target.bit_rate = 128_000
            if sound.codec == "vorbis":
                target.codec_context.options = {"strict": "experimental"}
        cover = _add_cover(output, path) if clip.cover else None
        if clip.font:
            output.add_attachment("font.ttf", "font/ttf", b"\0\1\0\0 a font")
        if clip.chapters:
            output.set_chapters([_chapter(*each) for each in enumerate(clip.chapters)])
        write_data = add_data(output) if clip.data else None
        write_texts = add_texts(output, clip.texts)
        output.start_encoding()
        if cover is not None:
            output.mux(cover)
        write_texts()
        if write_data is not None:
            write_data()
        for index, image in enumerate(images(clip)):
            for target in filter(None, (stream, second)):
                frame = encodable(image, clip)
                frame.pts = clip.pts[index] if clip.pts else index
                frame.time_base = tick
                output.mux(target.encode(frame))
        for target in filter(None, (stream, second)):
            output.mux(target.encode(None))
        for tone, target in zip(tones, tone_streams, strict=True):
            seconds = clip.times[-1] + 1 / rate - tone.start
            write_tone(output, target, tone, max(seconds, Fraction(1, 4)))
    return path


def add_video(output: OutputContainer, clip: Clip, tick: Fraction) -> av.VideoStream:
    """A video stream with all that the clip says of it."""
    stream = output.add_stream(clip.codec, rate=Fraction(clip.rate), options=dict(clip.options))
    stream.width, stream.height = clip.size
    stream.pix_fmt = clip.pixel_format
    stream.codec_context.time_base = tick
    if clip.gop is not None:
        stream.codec_context.gop_size = clip.gop
    if clip.ratio is not None:
        stream.codec_context.sample_aspect_ratio = clip.ratio
    tag_colour(stream.codec_context, clip.colour)
    if clip.orientation != 1:
        stream.set_display_matrix(display_matrix(clip.orientation))
    if clip.title:
        stream.metadata["title"] = clip.title
    return stream


def encodable(image: np.ndarray, clip: Clip) -> av.VideoFrame:
    """A picture as the clip's encoder takes it."""
    if image.shape[2] == 3:
        frame = to_frame(image, clip.pixel_format, clip.colour)
    else:
        packed = "rgba" if image.dtype == np.uint8 else "rgba64le"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=packed)
        frame = frame.reformat(format=clip.pixel_format)
    tag_colour(frame, clip.colour)
    return frame


def _tone(sound: Sound, click: Fraction | None) -> Audio:
    tags = {"language": sound.language, "title": sound.title}
    return Audio(
        codec=sound.codec,
        sample_rate=sound.sample_rate,
        layout=sound.layout,
        start=sound.start,
        frequency=1000.0,
        click=click,
        metadata={name: value for name, value in tags.items() if value},
    )


def _chapter(number: int, chapter: tuple[Fraction, Fraction, str]) -> dict[str, object]:
    start, end, title = chapter
    return {
        "id": number,
        "start": round(start * 1000),
        "end": round(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }


def _add_cover(output: OutputContainer, path: Path) -> av.Packet | None:
    """The cover as an attached file or as a stream of one picture, which is then returned."""
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width = encoder.height = 16
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    grey = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 99, np.uint8))
    packets = [*encoder.encode(grey.reformat(format="yuvj420p")), *encoder.encode(None)]
    jpeg = b"".join(bytes(packet) for packet in packets)
    if path.suffix == ".mkv":
        output.add_attachment("cover.jpg", "image/jpeg", jpeg)
        return None
    stream = output.add_stream("mjpeg", width=16, height=16)
    stream.pix_fmt, stream.disposition = "yuvj420p", Disposition.attached_pic
    stream.codec_context.time_base = Fraction(1, 25)
    packet = av.Packet(jpeg)
    packet.stream, packet.pts, packet.dts = stream, 0, 0
    return packet
