"""Little videos, made with PyAV where a test needs one."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from dain.media.frame import Colour

# Display matrices by EXIF orientation: how the stored picture is turned and mirrored to be seen.
ONE = 1 << 16
ORIENTATIONS: dict[int, tuple[int, int, int, int]] = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def display_matrix(orientation: int) -> list[int]:
    """FFmpeg's nine-number display matrix of an EXIF orientation, 1 to 8."""
    a, b, c, d = (ONE * value for value in ORIENTATIONS[orientation])
    return [a, b, 0, c, d, 0, 0, 0, 1 << 30]


@dataclass
class Audio:
    """A sine tone beside the video; `start` and `seconds` in seconds.

    With `click` it is silence, but for that tone during a twentieth of a second from then on.
    """

    codec: str = "aac"
    sample_rate: int = 48000
    layout: str = "mono"
    start: Fraction = Fraction(0)
    seconds: Fraction | None = None
    frequency: float = 440.0
    click: Fraction | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def pictures(count: int, width: int, height: int, deep: bool = False) -> list[np.ndarray]:
    """Distinct smooth RGB pictures, ``(height, width, 3)``: a gradient that drifts with time."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    made = []
    for index in range(count):
        shift = 0.37 * index
        channels = [
            0.5 + 0.4 * np.sin(2 * np.pi * x / max(width, 8) + shift),
            0.5 + 0.4 * np.sin(2 * np.pi * y / max(height, 8) - shift),
            np.full_like(x, 0.1 + 0.8 * ((index * 7) % 16) / 15),
        ]
        rgb = np.stack(channels, axis=-1)
        made.append(
            np.rint(rgb * 65535).astype(np.uint16) if deep else np.rint(rgb * 255).astype(np.uint8)
        )
    return made


def make_video(
    path: Path,
    *,
    count: int = 12,
    size: tuple[int, int] = (64, 48),
    rate: Fraction | int = 24,
    images: Sequence[np.ndarray] | None = None,
    frames: Sequence[av.VideoFrame] | None = None,
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    container: str | None = None,
    pixel_format: str | None = None,
    colour: Colour | None = None,
    sample_aspect_ratio: Fraction | None = None,
    rotation: Sequence[int] | None = None,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    keyframe_interval: int | None = None,
    audio: Audio | Sequence[Audio] = (),
    metadata: Mapping[str, str] | None = None,
    chapters: Sequence[tuple[Fraction, Fraction, str]] = (),
) -> Path:
    """Write a small video and return its path.

    Args:
        path: file to write; its suffix names the container unless `container` does.
        count: number of frames when neither `images` nor `frames` is given.
        size: width and height, then likewise.
        rate: frames per second.
        images: RGB arrays (uint8 or uint16) to encode instead of `pictures`.
        frames: PyAV frames to encode as they are, instead of `images`.
        pts: presentation times in `time_base`; 0, 1, 2, ... by default.
        time_base: of `pts`; 1 / rate by default.
        codec: encoder name.
        container: format name as FFmpeg knows it.
        pixel_format: what to encode; by default yuv420p, or the first frame's format.
        colour: tags; pixels from `images` are converted by its matrix and range.
        sample_aspect_ratio: width over height of one pixel.
        rotation: display matrix of nine numbers (see `display_matrix`).
        options: of the encoder.
        container_options: of the muxer.
        keyframe_interval: frames from one keyframe to the next.
        audio: one tone or several, each a stream of its own.
        metadata: of the container.
        chapters: start, end (seconds) and title of each.
    """
    colour = colour or Colour()
    if frames is None:
        images = images if images is not None else pictures(count, *size)
        frames = [to_frame(image, pixel_format or "yuv420p", colour) for image in images]
    rate = Fraction(rate)
    time_base = time_base or 1 / rate
    with av.open(
        str(path), "w", format=container, container_options=dict(container_options or {})
    ) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, options=dict(options or {}))
        stream.width, stream.height = frames[0].width, frames[0].height
        stream.pix_fmt = pixel_format or frames[0].format.name
        stream.codec_context.time_base = time_base
        if keyframe_interval is not None:
            stream.codec_context.gop_size = keyframe_interval
        if sample_aspect_ratio is not None:
            stream.codec_context.sample_aspect_ratio = sample_aspect_ratio
        tag_colour(stream.codec_context, colour)
        if rotation is not None:
            stream.set_display_matrix(rotation)
        tones = [audio] if isinstance(audio, Audio) else list(audio)
        tone_streams = [add_tone(output, tone) for tone in tones]
        if chapters:
            output.set_chapters([_chapter(number, *each) for number, each in enumerate(chapters)])
        for index, frame in enumerate(frames):
            frame.pts = pts[index] if pts is not None else index
            frame.time_base = time_base
            tag_colour(frame, colour)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        video_seconds = len(frames) / rate
        for tone, tone_stream in zip(tones, tone_streams, strict=True):
            write_tone(output, tone_stream, tone, tone.seconds or video_seconds)
    return path


def cutouts(count: int, width: int, height: int, deep: bool = False) -> list[np.ndarray]:
    """RGBA pictures, ``(height, width, 4)``: an orange disc with a soft edge that drifts; black
    where nothing is seen."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    made = []
    for index in range(count):
        distance = np.hypot(x - width / 4 - 3 * index, y - height / 2)
        cover = np.clip((height / 3 - distance) / 4 + 0.5, 0, 1)[..., None]
        colours = np.where(cover > 0, [0.9, 0.6, 0.2], 0.0)
        top, kind = (65535, np.uint16) if deep else (255, np.uint8)
        made.append(np.rint(np.dstack([colours, cover]) * top).astype(kind))
    return made


def to_frame(image: np.ndarray, pixel_format: str, colour: Colour) -> av.VideoFrame:
    """An RGB array as a PyAV frame of the pixel format, by the colour's matrix and range.

    Planar YUV is calculated here, apart from the code under test and from PyAV, whose
    version 17 takes BT.2020 for BT.601. Unspecified means BT.601 and limited range.
    """
    deep = image.dtype == np.uint16
    if not pixel_format.startswith("yuv") or image.shape[2] == 4:
        if image.shape[2] == 4:
            name = "rgba64le" if deep else "rgba"
        else:
            name = "rgb48le" if deep else "rgb24"
        source = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format=name)
        return source.reformat(format=pixel_format, interpolation="BICUBIC")
    full = colour.range == 2 or pixel_format.startswith("yuvj")
    bits = av.VideoFormat(pixel_format).components[0].bits
    step, top = 2 ** (bits - 8), 2**bits - 1
    k_red, k_blue = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}.get(colour.matrix, (0.299, 0.114))
    red, green, blue = np.moveaxis(image / np.iinfo(image.dtype).max, -1, 0)
    luma = k_red * red + (1 - k_red - k_blue) * green + k_blue * blue
    chroma = (blue - luma) / (2 * (1 - k_blue)), (red - luma) / (2 * (1 - k_red))
    codes = [luma * top if full else (16 + 219 * luma) * step]
    codes += [128 * step + part * (top if full else 224 * step) for part in chroma]
    frame = av.VideoFrame(
        image.shape[1], image.shape[0], "yuv444p" if bits == 8 else f"yuv444p{bits}le"
    )
    for plane, values in zip(frame.planes, codes, strict=True):
        rows = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)
        rows[:, : plane.width] = np.clip(np.rint(values), 0, top)
    value_range = 2 if full else 1
    return frame.reformat(
        format=pixel_format,
        src_color_range=value_range,
        dst_color_range=value_range,
        interpolation="BICUBIC",
    )


def patch_rotation_into_mp4(path: Path, matrix: Sequence[int]) -> None:
    """Overwrite the display matrix of the first track of an MP4 file in place."""
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4
    offset = start + (52 if data[start] == 1 else 40)
    data[offset : offset + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(bytes(data))


def tag_colour(target: object, colour: Colour) -> None:
    """Set the four colour tags of an encoder or a frame, where they say something."""
    names = ("color_primaries", "color_trc", "colorspace", "color_range")
    values = (colour.primaries, colour.transfer, colour.matrix, colour.range)
    unspecified = (2, 2, 2, 0)
    for name, value, unset in zip(names, values, unspecified, strict=True):
        if value != unset:
            setattr(target, name, value)


def _chapter(number: int, start: Fraction, end: Fraction, title: str) -> dict[str, object]:
    return {
        "id": number,
        "start": round(start * 1000),
        "end": round(end * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }


def add_tone(output: av.container.OutputContainer, tone: Audio) -> av.AudioStream:
    """The stream of a tone; before any packet is written."""
    stream = output.add_stream(tone.codec, rate=tone.sample_rate, layout=tone.layout)
    stream.metadata.update(tone.metadata)
    return stream


def write_tone(
    output: av.container.OutputContainer, stream: av.AudioStream, tone: Audio, seconds: Fraction
) -> None:
    """Encode and write a whole tone of so many seconds."""
    total = round(seconds * tone.sample_rate)
    start = round(tone.start * tone.sample_rate)
    channels = len(stream.layout.channels)
    step = stream.codec_context.frame_size or 1024
    resampler = av.AudioResampler(stream.format, stream.layout, tone.sample_rate)
    for first in range(0, total, step):
        time = np.arange(first, min(first + step, total)) / tone.sample_rate
        wave = (0.25 * np.sin(2 * np.pi * tone.frequency * time)).astype(np.float32)
        if tone.click is not None:
            since = time + float(tone.start - tone.click)
            wave *= (since >= 0) & (since < 0.05)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(np.tile(wave, (channels, 1))), format="fltp", layout=tone.layout
        )
        frame.sample_rate = tone.sample_rate
        frame.time_base = Fraction(1, tone.sample_rate)
        frame.pts = start + first
        for converted in resampler.resample(frame):
            output.mux(stream.encode(converted))
    output.mux(stream.encode(None))
