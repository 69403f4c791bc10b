"""What an output name stands for: container, encoders, and what it holds besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Container:
    """What an output name stands for.

    Attributes:
        format: FFmpeg's name of the muxer.
        encoders: defaults for sources of 8 bits, the first that takes the frames is used.
        deep_encoders: likewise for more than 8 bits; those that hold all bits go first.
        hdr_encoders: likewise for high dynamic range; none for the deep ones.
        alpha_encoders: likewise for transparent frames; none if the container, or what reads
            it, knows no transparency.
        codecs: video codecs it may hold; None leaves that to the muxer. Listed where the
            muxer takes what players do not.
        other_codecs: likewise for audio, subtitles and data.
        audio_encoders: for audio that cannot be copied, best first; none drops it.
        lossless_audio_encoders: tried before them for audio that has lost nothing yet.
        text_encoder: for text subtitles that cannot be copied; None drops them.
        options: of the muxer.
        constant_rate: frames are counted, not timed, so that ticks are whole frames.
        reorders: frames may be stored in another order than they are shown.
        untimed_audio: audio has no times, so that a late start must be filled with silence.
        negative_times: packets before time 0 are kept there (edit lists), not by a shift
            of the whole file.
        attachments: files can be attached; cover art is one of them.
        covers: cover art is stored as a picture stream.
        chapters: chapters are stored.
        colour: the colour description is stored, whatever the encoder.
        range: and with it that values have full range.
        aspect: the pixel aspect is stored, whatever the encoder.
    """

    format: str
    encoders: tuple[str, ...] = ("libx264",)
    deep_encoders: tuple[str, ...] = ("libx264",)
    hdr_encoders: tuple[str, ...] = ()
    alpha_encoders: tuple[str, ...] = ()
    codecs: frozenset[str] | None = None
    other_codecs: frozenset[str] | None = None
    audio_encoders: tuple[str, ...] = ()
    lossless_audio_encoders: tuple[str, ...] = ()
    text_encoder: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    constant_rate: bool = False
    reorders: bool = True
    untimed_audio: bool = False
    negative_times: bool = False
    attachments: bool = False
    covers: bool = False
    chapters: bool = False
    colour: bool = False
    range: bool = True
    aspect: bool = False

    def holds_other(self, codec: str | None) -> bool:
        """Whether it may hold an audio, subtitle or data stream of this codec, None if unknown."""
        return self.other_codecs is None or codec in self.other_codecs


_DEEP = ("libx264", "libx265")  # of 10 and of 12 bits
_HDR = ("libx265", "libx264")

# FFmpeg 8 also writes FFV1, PCM and others here, which hardly a player reads.
_MP4_VIDEO = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mjpeg"})
_MP4_OTHERS = frozenset(
    {"aac", "mp3", "mp2", "ac3", "eac3", "dts", "opus", "flac", "alac"}
    | {"mov_text", "dvd_subtitle", "bin_data"}
)
_MP4 = Container(
    "mp4",
    deep_encoders=_DEEP,
    hdr_encoders=_HDR,
    codecs=_MP4_VIDEO,
    other_codecs=_MP4_OTHERS,
    audio_encoders=("aac",),
    lossless_audio_encoders=("flac",),
    text_encoder="mov_text",
    negative_times=True,
    covers=True,
    chapters=True,
    colour=True,
    aspect=True,
)
_MOV = Container(
    "mov",
    range=False,
    deep_encoders=_DEEP,
    hdr_encoders=_HDR,
    alpha_encoders=("prores_ks",),  # what editors exchange
    audio_encoders=("aac",),
    lossless_audio_encoders=("alac",),
    text_encoder="mov_text",
    negative_times=True,
    chapters=True,
    colour=True,
    aspect=True,
)
_3GP = Container(
    "3gp",
    codecs=frozenset({"h264", "mpeg4", "h263"}),
    audio_encoders=("aac",),
    text_encoder="mov_text",
    negative_times=True,
    chapters=True,
    aspect=True,
)
_MATROSKA = Container(
    "matroska",
    deep_encoders=_DEEP,
    hdr_encoders=_HDR,
    # VP9 would be smaller, but most readers of .mkv miss its alpha without a word.
    alpha_encoders=("ffv1",),
    audio_encoders=("aac",),
    lossless_audio_encoders=("flac",),
    text_encoder="subrip",
    attachments=True,
    chapters=True,
    colour=True,
)
_WEBM = Container(
    "webm",
    encoders=("libvpx-vp9",),
    # This build's VP9 takes 8 bits only; SVT-AV1 takes 10, but no tiny frames.
    deep_encoders=("libsvtav1", "libvpx-vp9"),
    alpha_encoders=("libvpx-vp9",),
    audio_encoders=("libopus",),
    text_encoder="webvtt",
    chapters=True,
    colour=True,
)
# No Theora encoder comes with PyAV; VP8 is the other codec of Ogg that players know.
_OGG = Container(
    "ogv",
    encoders=("libvpx",),
    deep_encoders=("libvpx",),
    audio_encoders=("libopus",),
    lossless_audio_encoders=("flac",),
    constant_rate=True,
)
# AVI stores no presentation times. MPEG-4 Part 2 needs none here and is what players of
# AVI know; its clock of 16 bits leaves rates such as 120000/1001 to H.264 (no B-frames).
_AVI = Container(
    "avi",
    # The muxer takes any; packets of unlike lengths such as FLAC's come back at wrong times.
    other_codecs=frozenset(
        {"mp2", "mp3", "ac3", "dts", "aac", "wmav1", "wmav2", "adpcm_ms", "adpcm_ima_wav"}
        | {f"pcm_{kind}" for kind in ("u8", "s16le", "s24le", "s32le", "f32le", "alaw", "mulaw")}
    ),
    encoders=("mpeg4", "libx264"),
    deep_encoders=("libx264", "mpeg4"),
    alpha_encoders=("ffv1",),
    audio_encoders=("libmp3lame",),
    lossless_audio_encoders=("pcm_s16le",),
    constant_rate=True,
    reorders=False,
    untimed_audio=True,
)
# The muxer takes any codec, as private data that no player reads.
_TRANSPORT_VIDEO = frozenset({"h264", "hevc", "mpeg4", "mpeg2video", "mpeg1video"})
_TRANSPORT_OTHERS = frozenset(
    {"aac", "mp2", "mp3", "ac3", "eac3", "dts", "truehd", "opus", "dvb_subtitle"}
)
_TRANSPORT = Container(
    "mpegts",
    deep_encoders=_DEEP,
    hdr_encoders=_HDR,
    codecs=_TRANSPORT_VIDEO,
    other_codecs=_TRANSPORT_OTHERS,
    audio_encoders=("aac",),
)
_BLU_RAY = Container(
    "mpegts",
    deep_encoders=_DEEP,
    hdr_encoders=_HDR,
    codecs=_TRANSPORT_VIDEO,
    # Its players know neither Opus nor AAC.
    other_codecs=_TRANSPORT_OTHERS - {"opus", "aac"} | {"hdmv_pgs_subtitle", "pcm_bluray"},
    audio_encoders=("ac3",),
    options={"mpegts_m2ts_mode": "1"},
)
_FLASH = Container(
    "flv",
    codecs=frozenset({"h264", "flv1", "hevc", "av1", "vp9"}),
    other_codecs=frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac"}),
    audio_encoders=("aac",),
    lossless_audio_encoders=("flac",),
    reorders=False,  # it cannot begin to decode before time 0
)
_WINDOWS_MEDIA = Container(
    "asf",
    encoders=("wmv2", "wmv1", "mpeg4"),  # for even sizes, odd ones, and a single pixel
    deep_encoders=("wmv2", "wmv1", "mpeg4"),
    other_codecs=frozenset({"wmav1", "wmav2", "wmapro", "wmalossless", "mp3", "pcm_s16le"}),
    audio_encoders=("wmav2",),
    chapters=True,
)
CONTAINERS: Mapping[str, Container] = {
    ".mp4": _MP4,
    ".m4v": _MP4,
    ".mov": _MOV,
    ".qt": _MOV,
    ".mkv": _MATROSKA,
    ".mk3d": _MATROSKA,
    ".webm": _WEBM,
    ".ogv": _OGG,
    ".avi": _AVI,
    ".ts": _TRANSPORT,
    ".m2t": _TRANSPORT,
    ".m2ts": _BLU_RAY,
    ".mts": _BLU_RAY,
    ".flv": _FLASH,
    ".wmv": _WINDOWS_MEDIA,
    ".3gp": _3GP,
}
