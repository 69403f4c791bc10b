"""What a file holds, read with PyAV or Pillow alone: one fault of ours must not hide another."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.sidedata.sidedata import Type
from av.stream import Disposition
from PIL import Image, ImageSequence

from dain.media.frame import Colour

ANIMATIONS = (".gif", ".apng", ".webp")
STILLS = (".png", ".jpg", ".tif", ".tiff", ".webp", ".exr")
_PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails
_BRIGHT, _LOUD = 0.9, 0.25


@dataclass
class StreamFacts:
    """A stream beside the main video.

    Attributes:
        index: in the file.
        kind: video, audio, subtitle, data, attachment, or `cover`.
        codec: its name.
        language: tag; `und` counts as none.
        title: tag.
        disposition: flags.
        packets: digest of each packet; those that end at or before time 0 are left out, for
            they only prime a decoder.
        size: bytes in all.
        click: seconds at which audio becomes loud.
    """

    index: int
    kind: str
    codec: str
    language: str
    title: str
    disposition: Disposition
    packets: list[str] = field(default_factory=list)
    size: int = 0
    click: Fraction | None = None


@dataclass
class Facts:
    """What a file holds; times in seconds on its own clock.

    Attributes:
        times: of every frame shown.
        tick: seconds of the video stream's clock.
        duration: of the video stream, where the file says it.
        frames: RGBA, 8 bits.
        codec: of the video.
        pixel_format: likewise.
        depth: bits a component.
        colour: tags of the video.
        ratio: width over height of a pixel.
        light: mastering display and light levels, as stored with frame or stream.
        streams: the others.
        chapters: start, end, title.
        metadata: of the file.
        plays: loop count of an animated image.
    """

    times: list[Fraction]
    tick: Fraction
    duration: Fraction | None
    frames: list[np.ndarray]
    codec: str
    pixel_format: str
    depth: int
    colour: Colour = field(default_factory=Colour)
    ratio: Fraction = Fraction(1)
    light: dict[str, bytes] = field(default_factory=dict)
    streams: list[StreamFacts] = field(default_factory=list)
    chapters: list[tuple[float, float, str]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    plays: int | None = None

    @property
    def flash(self) -> Fraction:
        """When the white frame is shown."""
        means = [float(frame[..., :3].mean()) for frame in self.frames]
        bright = next(k for k, mean in enumerate(means) if mean > _BRIGHT * max(means))
        return self.times[bright]


def facts(path: Path) -> Facts:
    """Read a video, an animated image, or stills in a folder, zip or pattern."""
    if path.is_dir() or path.suffix == ".zip" or "%" in path.name:
        return _stills_facts(path)
    if path.suffix in ANIMATIONS:
        return _animation_facts(path)
    return _video_facts(path)


def _video_facts(path: Path) -> Facts:
    with av.open(str(path)) as container:
        main = next(s for s in container.streams.video if not s.disposition & _PICTURES)
        decoder = _alpha_decoder(main)
        decoded, decoding_times = [], []
        for packet in container.demux(main):
            decoding_times += [packet.dts] if packet.size else []
            if decoder is None:
                decoded += packet.decode()
            elif packet.size:
                for frame in decoder.decode(packet):
                    frame.pts = packet.pts
                    decoded.append(frame)
        tick = main.time_base
        first = decoded[0]
        context = main.codec_context
        tags = [
            int(ours) if int(ours) != unset else int(theirs)
            for ours, theirs, unset in (
                (first.color_primaries, context.color_primaries, 2),
                (first.color_trc, context.color_trc, 2),
                (first.colorspace, context.colorspace, 2),
                (first.color_range, context.color_range, 0),
            )
        ]
        frames = [frame.to_ndarray(format="rgba") for frame in decoded]
        times = _times(decoded, decoding_times, tick, main, container.format.name)
        found = Facts(
            times=times,
            tick=tick,
            duration=_video_duration(container, main),
            frames=frames,
            codec=context.codec.canonical_name,
            pixel_format=first.format.name,
            depth=first.format.components[0].bits,
            colour=Colour(*tags),
            ratio=main.sample_aspect_ratio or Fraction(1),
            light=_light(first),
            metadata=dict(container.metadata),
            chapters=[
                (
                    float(each["start"] * each["time_base"]),
                    float(each["end"] * each["time_base"]),
                    each["metadata"].get("title", ""),
                )
                for each in container.chapters()
            ],
        )
        main_index = main.index
    found.streams = _other_streams(path, main_index)
    return found


def _times(
    decoded: list[av.VideoFrame],
    decoding_times: list[int | None],
    tick: Fraction,
    stream: av.VideoStream,
    format_name: str,
) -> list[Fraction]:
    if format_name == "avi":  # which stores the order of decoding alone
        return [pts * tick for pts in sorted(decoding_times)]
    if any(frame.pts is None for frame in decoded):  # a bare stream
        rate = stream.average_rate or stream.base_rate or Fraction(25)
        return [k / rate for k in range(len(decoded))]
    return [frame.pts * tick for frame in decoded]


def _alpha_decoder(stream: av.VideoStream) -> av.VideoCodecContext | None:
    """FFmpeg's own decoders of VP8 and VP9 leave transparency out; libvpx's do not."""
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode") != "1":
        return None
    decoder = av.CodecContext.create(name, "r")
    decoder.pix_fmt = "yuva420p"
    return decoder


def _video_duration(
    container: av.container.InputContainer, main: av.VideoStream
) -> Fraction | None:
    if container.format.name.startswith("mov"):
        return None if main.duration is None else main.duration * main.time_base
    tag = re.fullmatch(r"(\d+):(\d+):([\d.]+)", main.metadata.get("DURATION", ""))
    if tag is None:
        return None
    end = int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])
    return end - (main.start_time or 0) * main.time_base


def _light(frame: av.VideoFrame) -> dict[str, bytes]:
    kinds = (Type.MASTERING_DISPLAY_METADATA, Type.CONTENT_LIGHT_LEVEL)
    found = ((kind, frame.side_data.get(kind)) for kind in kinds)
    return {kind.name: bytes(data) for kind, data in found if data is not None}


def _other_streams(path: Path, main: int) -> list[StreamFacts]:
    found: dict[int, StreamFacts] = {}
    with av.open(str(path)) as container:
        is_cover = {"image/jpeg", "image/png"}
        for stream in container.streams:
            context = stream.codec_context
            tags = stream.metadata
            is_picture = bool(stream.disposition & _PICTURES) or tags.get("mimetype") in is_cover
            codec = context.codec.canonical_name if context else getattr(stream, "name", None)
            language = tags.get("language", "")
            found[stream.index] = StreamFacts(
                index=stream.index,
                kind="cover" if is_picture else stream.type,
                codec=codec or "",
                language="" if language == "und" else language,
                title=tags.get("title") or tags.get("name", ""),  # MP4's word for it
                disposition=stream.disposition,
            )
        for packet in container.demux():
            if not packet.size or packet.stream_index == main:
                continue
            facts_of = found[packet.stream_index]
            if container.format.name != "mpegts" and _is_over_by_zero(packet):
                continue
            facts_of.size += packet.size
            facts_of.packets.append(hashlib.sha1(bytes(packet)).hexdigest())
            if facts_of.kind == "audio" and facts_of.click is None:
                facts_of.click = _click(packet)
    return [each for index, each in found.items() if index != main]


def _is_over_by_zero(packet: av.Packet) -> bool:
    return packet.pts is not None and packet.pts < 0 and packet.pts + (packet.duration or 0) <= 0


def _click(packet: av.Packet) -> Fraction | None:
    try:
        frames = packet.decode()
    except FFmpegError:
        return None  # copied as damaged as it was
    for frame in frames:
        samples = frame.to_ndarray()
        largest = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1
        levels = np.abs(samples.astype(np.float64)) / largest
        if not frame.format.is_planar:
            levels = levels.reshape(-1, len(frame.layout.channels)).T
        loud = (levels > _LOUD / 4).any(axis=0)
        if loud.any() and frame.pts is not None:
            return frame.pts * frame.time_base + Fraction(int(loud.argmax()), frame.sample_rate)
    return None


def _animation_facts(path: Path) -> Facts:
    with Image.open(path) as image:
        frames, delays = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(np.array(frame.convert("RGBA")))
            delays.append(Fraction(frame.info.get("duration", 0)).limit_denominator(10**6) / 1000)
        plays = image.info.get("loop")
    times = [sum(delays[:k], Fraction(0)) for k in range(len(delays))]
    tick = {".gif": Fraction(1, 100)}.get(path.suffix, Fraction(1, 1000))
    codec = path.suffix[1:]
    return Facts(times, tick, sum(delays, Fraction(0)), frames, codec, "rgba", 8, plays=plays)


def _stills_facts(path: Path) -> Facts:
    """Stills have no times: they count from 0, one a second."""
    files = _contents(path)
    decoded = [_still(name, data) for name, data in files]
    frames = [frame for frame, _ in decoded]
    times = [Fraction(k) for k in range(len(frames))]
    return Facts(times, Fraction(1), None, frames, files[0][0].split(".")[-1], "", decoded[0][1])


def _contents(path: Path) -> list[tuple[str, bytes]]:
    """Names and contents of the stills of a folder, a zip or a pattern."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return [(name, archive.read(name)) for name in sorted(archive.namelist())]
    home = path if path.is_dir() else path.parent
    names = home.iterdir() if path.is_dir() else home.glob(re.sub(r"%\d*d", "*", path.name))
    return [(each.name, each.read_bytes()) for each in sorted(names) if each.suffix in STILLS]


def _still(name: str, data: bytes) -> tuple[np.ndarray, int]:
    """RGBA of 8 bits, and the bits that are stored."""
    import cv2

    if name.endswith(".exr"):
        with av.open(io.BytesIO(data), format="exr_pipe") as container:
            frame = next(container.decode(video=0))
            light = frame.reformat(format="gbrapf32le").to_ndarray()
            return np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8), 32
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    small = np.rint(pixels / (np.iinfo(pixels.dtype).max / 255)).astype(np.uint8)
    code = cv2.COLOR_BGRA2RGBA if small.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    return cv2.cvtColor(small, code), 8 * pixels.dtype.itemsize
