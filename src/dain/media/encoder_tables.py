"""The tables: what an output name stands for, and how each encoder is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Container:
    """What an output name stands for.

    Attributes:
        format: FFmpeg's name of the muxer.
        encoders: defaults for sources of 8 bits, the first that takes the frames is used.
        deep_encoders: likewise for more than 8 bits.
        codecs: video codecs it may hold; None leaves that to the muxer. Listed where the
            muxer takes what players do not.
        other_codecs: likewise for audio, subtitles and data.
        audio_encoder: for audio that cannot be copied; None drops it.
        text_encoder: for text subtitles that cannot be copied; None drops them.
        options: of the muxer.
        constant_rate: frames are counted, not timed, so that ticks are whole frames.
        negative_times: packets before time 0 are kept there (edit lists), not by a shift
            of the whole file.
        attachments: files can be attached; cover art is one of them.
        covers: cover art is stored as a picture stream.
        chapters: chapters are stored.
        colour: the colour description is stored, whatever the encoder.
    """

    format: str
    encoders: tuple[str, ...] = ("libx264",)
    deep_encoders: tuple[str, ...] = ("libx264",)
    codecs: frozenset[str] | None = None
    other_codecs: frozenset[str] | None = None
    audio_encoder: str | None = None
    text_encoder: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    constant_rate: bool = False
    negative_times: bool = False
    attachments: bool = False
    covers: bool = False
    chapters: bool = False
    colour: bool = False


@dataclass(frozen=True)
class Encoder:
    """How an encoder is set up unless told otherwise.

    Attributes:
        options: of the encoder.
        pixel_formats: for sources of 8 bits, best first.
        deep_pixel_formats: for more than 8 bits.
        tag: four-character code in MP4 and MOV, where FFmpeg's own is little understood.
        coarse_time: the bit stream stores times in whole frames, or in 16-bit fractions.
        least_size: smallest width and height it is known to work with.
        aspect: the bit stream stores the pixel aspect.
        even_size: width and height must be even whatever the pixel format.
        colour: the bit stream stores the colour description.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    pixel_formats: tuple[str, ...] = ("yuv420p", "yuv444p")
    deep_pixel_formats: tuple[str, ...] = ("yuv420p10le", "yuv444p10le")
    tag: str | None = None
    coarse_time: bool = False
    least_size: int = 1
    aspect: bool = True
    even_size: bool = False
    colour: bool = True


_MP4 = Container(
    "mp4",
    # FFmpeg 8 also writes FFV1 and others here, which hardly a player reads.
    codecs=frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mjpeg"}),
    audio_encoder="aac",
    text_encoder="mov_text",
    negative_times=True,
    covers=True,
    chapters=True,
    colour=True,
)
_TRANSPORT_OTHERS = frozenset(
    {"aac", "mp2", "mp3", "ac3", "eac3", "dts", "truehd", "opus", "dvb_subtitle"}
)
_TRANSPORT_CODECS = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video"})

CONTAINERS: Mapping[str, Container] = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": Container(
        "mov",
        audio_encoder="aac",
        text_encoder="mov_text",
        negative_times=True,
        covers=True,
        chapters=True,
        colour=True,
    ),
    ".mkv": Container(
        "matroska",
        audio_encoder="aac",
        text_encoder="subrip",
        attachments=True,
        chapters=True,
        colour=True,
    ),
    ".webm": Container(
        "webm",
        encoders=("libvpx-vp9",),
        # This build's VP9 takes 8 bits only; SVT-AV1 takes 10, but no tiny frames.
        deep_encoders=("libsvtav1", "libvpx-vp9"),
        audio_encoder="libopus",
        text_encoder="webvtt",
        chapters=True,
        colour=True,
    ),
    # AVI stores no presentation times. MPEG-4 Part 2 needs none here and is what players of
    # AVI know; its clock of 16 bits leaves rates such as 120000/1001 to H.264 (no B-frames).
    ".avi": Container(
        "avi",
        encoders=("mpeg4", "libx264"),
        deep_encoders=("mpeg4", "libx264"),
        audio_encoder="libmp3lame",
        constant_rate=True,
    ),
    # The muxer takes any codec, as private data that no player reads.
    ".ts": Container(
        "mpegts",
        codecs=_TRANSPORT_CODECS,
        other_codecs=_TRANSPORT_OTHERS,
        audio_encoder="aac",
    ),
    ".m2ts": Container(
        "mpegts",
        codecs=_TRANSPORT_CODECS,
        other_codecs=_TRANSPORT_OTHERS - {"opus", "aac"},  # Blu-ray players know neither
        audio_encoder="ac3",
        options={"mpegts_m2ts_mode": "1"},
    ),
}

ENCODERS: Mapping[str, Encoder] = {
    # Animation at 640x480 on two cores at crf 17: veryfast 204 frames a second, 45.4 dB,
    # 569 kB; faster 109, 46.3 dB, 665 kB; medium 87, 46.8 dB, 746 kB; superfast 353, 47.3 dB,
    # 1203 kB. The cores are shared with interpolation, so the fastest small one it is.
    "libx264": Encoder({"preset": "veryfast", "crf": "17"}),
    "libx264rgb": Encoder(
        {"preset": "veryfast", "crf": "17"}, ("rgb24", "bgr24"), ("rgb24", "bgr24")
    ),
    "libx265": Encoder(
        {"preset": "fast", "crf": "19", "x265-params": "log-level=error"}, tag="hvc1"
    ),
    "libvpx-vp9": Encoder(
        {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        deep_pixel_formats=("yuv420p10le", "yuv420p"),
        aspect=False,
    ),
    # Preset 8 is four times as fast as VP9 above (178 against 45 frames a second) at a like
    # size. On frames of a few lines the encoder waits for ever, hence the least size.
    "libsvtav1": Encoder(
        {"crf": "24", "preset": "8"},
        ("yuv420p",),
        ("yuv420p10le",),
        least_size=64,
        aspect=False,
        even_size=True,
    ),
    # Lossless ones keep every colour sample: the frames come as RGB.
    "ffv1": Encoder(
        {"level": "3", "slicecrc": "1"},
        ("yuv444p",),
        ("yuv444p12le", "yuv444p10le"),
        colour=False,
    ),
    "ffvhuff": Encoder({}, ("yuv444p",), ("yuv444p12le",), aspect=False, colour=False),
    "huffyuv": Encoder({}, ("rgb24",), ("rgb24",), aspect=False, colour=False),
    "utvideo": Encoder({}, ("yuv444p",), ("yuv444p",), aspect=False, colour=False),
    "prores_ks": Encoder({"profile": "hq"}, ("yuv422p10le",), ("yuv422p10le",)),
    "mpeg4": Encoder(
        {"flags": "+qscale", "global_quality": str(118 * 3)},
        ("yuv420p",),
        ("yuv420p",),
        coarse_time=True,
        colour=False,
    ),
    "mjpeg": Encoder(
        {"flags": "+qscale", "global_quality": str(118 * 3), "strict": "unofficial"},
        ("yuv444p",),
        ("yuv444p",),
        colour=False,
    ),
    "mpeg2video": Encoder(
        {"flags": "+qscale", "global_quality": str(118 * 3)},
        ("yuv420p",),
        ("yuv420p",),
        coarse_time=True,
    ),
}
