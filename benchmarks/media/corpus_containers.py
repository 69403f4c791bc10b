"""Containers and codecs: 8 bits, one sound, the same kind of file out where there is a muxer."""

from __future__ import annotations

from fractions import Fraction

from benchmarks.media.cases import Case, Expected, of_clip
from benchmarks.media.writing import Clip, Sound
from tests.support.interlaced import make_interlaced

AAC, OPUS, VORBIS = Sound(), Sound(codec="libopus"), Sound(codec="vorbis", layout="stereo")
MP3, PCM, FLAC = Sound(codec="libmp3lame"), Sound(codec="pcm_s16le"), Sound(codec="flac")
AC3, MP2, WMA = (
    Sound(codec="ac3"),
    Sound(codec="mp2"),
    Sound(codec="wmav2", sample_rate=44100, layout="stereo"),
)
AMR = Sound(codec="libopencore_amrnb", sample_rate=8000)
QUALITY = {"flags": "+qscale", "global_quality": "354"}
SHARP_VP8 = {"crf": "6", "b": "1M", "cpu-used": "8"}
FAST_VP9 = {"crf": "20", "b": "0", "cpu-used": "8"}
QUIET_X265 = {"x265-params": "log-level=none"}
SVT = {"preset": "12", "crf": "25"}
_ENCODED_ANEW = (r"stream 1 .*encoded anew",)


def _clip(suffix: str, codec: str = "libx264", sound: Sound | None = AAC, **more: object) -> Clip:
    sounds = (sound,) if sound else ()
    return Clip(suffix=suffix, codec=codec, sounds=sounds, **more)  # type: ignore[arg-type]


_MP4 = (
    of_clip("mp4-h264", _clip(".mp4"), codec="h264", pixel_format="yuv420p"),
    of_clip("mp4-h264-faststart", _clip(".mp4", muxer={"movflags": "faststart"})),
    of_clip(
        "mp4-h264-fragmented",
        _clip(".mp4", muxer={"movflags": "frag_keyframe+empty_moov"}, gop=4),
    ),
    of_clip("mp4-h264-no-b", _clip(".mp4", options={"bf": "0"}), codec="h264"),
    of_clip("mp4-hevc", _clip(".mp4", "libx265", options=QUIET_X265)),
    of_clip("mp4-av1", _clip(".mp4", "libsvtav1", size=(64, 64), options=SVT)),
    of_clip("mp4-vp9", _clip(".mp4", "libvpx-vp9", options=FAST_VP9)),
    of_clip("mp4-mpeg4-mp3", _clip(".mp4", "mpeg4", MP3, options=QUALITY)),
    of_clip("mp4-mpeg2-ac3", _clip(".mp4", "mpeg2video", AC3, rate=25, options=QUALITY)),
    of_clip("mp4-mjpeg-flac", _clip(".mp4", "mjpeg", FLAC, pixel_format="yuvj420p")),
    of_clip("mp4-h264-opus", _clip(".mp4", sound=OPUS)),
    of_clip("m4v-h264", _clip(".m4v", container="mp4")),
    of_clip(
        "3gp-h263-amr", _clip(".3gp", "h263", AMR, size=(128, 96)), to=".mp4", told=_ENCODED_ANEW
    ),
)
_MOV = (
    of_clip("mov-h264-pcm", _clip(".mov", sound=PCM)),
    of_clip("mov-prores-pcm24", _clip(".mov", "prores_ks", Sound(codec="pcm_s24le"),
                                      pixel_format="yuv422p10le"), depth=10),
    of_clip("mov-mjpeg-alac", _clip(".mov", "mjpeg", Sound(codec="alac"), pixel_format="yuvj422p")),
    of_clip("mov-qtrle", _clip(".mov", "qtrle", None, pixel_format="rgb24"), same=True),
    of_clip("mov-png", _clip(".mov", "png", None, pixel_format="rgb24")),
    of_clip("mov-dnxhr", _clip(".mov", "dnxhd", PCM, pixel_format="yuv422p", size=(256, 128),
                               count=6, options={"profile": "dnxhr_hq"})),
    of_clip("mov-rpza", _clip(".mov", "rpza", None, pixel_format="rgb555le")),
    of_clip("mov-svq1", _clip(".mov", "svq1", None, pixel_format="yuv410p", options=QUALITY)),
)  # fmt: skip
_MATROSKA = (
    of_clip("mkv-h264-flac", _clip(".mkv", sound=FLAC)),
    of_clip("mkv-hevc-opus", _clip(".mkv", "libx265", OPUS, options=QUIET_X265)),
    of_clip("mkv-av1-opus", _clip(".mkv", "libsvtav1", OPUS, size=(64, 64), options=SVT)),
    of_clip("mkv-ffv1-pcm", _clip(".mkv", "ffv1", PCM, pixel_format="yuv444p")),
    of_clip("mkv-ffv1-to-ffv1", _clip(".mkv", "ffv1", None, pixel_format="yuv420p"),
            "--factor", "2", "--codec", "ffv1", codec="ffv1"),
    of_clip("mkv-vp8-vorbis", _clip(".mkv", "libvpx", VORBIS, options=SHARP_VP8)),
    of_clip("mkv-mpeg2-mp2", _clip(".mkv", "mpeg2video", MP2, rate=25, options=QUALITY)),
    of_clip("mkv-mpeg4", _clip(".mkv", "mpeg4", MP3, options=QUALITY)),
    of_clip("mkv-snow", _clip(".mkv", "snow", None, options=QUALITY)),
    of_clip("webm-vp8-vorbis", _clip(".webm", "libvpx", VORBIS, options=SHARP_VP8)),
    of_clip("webm-vp9-opus", _clip(".webm", "libvpx-vp9", OPUS, options=FAST_VP9), codec="vp9"),
    of_clip("webm-av1-opus", _clip(".webm", "libsvtav1", OPUS, size=(64, 64), options=SVT)),
)  # fmt: skip
# Without a run-up before time 0, by which the muxer would delay the video.
_AVI_MP3 = Sound(codec="libmp3lame", start=Fraction(1105, 48000))
_AVI = (
    of_clip("avi-mpeg4-mp3", _clip(".avi", "mpeg4", _AVI_MP3, options=QUALITY)),
    of_clip("avi-mpeg4-b-mp3", _clip(".avi", "mpeg4", _AVI_MP3, options={**QUALITY, "bf": "2"})),
    of_clip("avi-mjpeg-pcm", _clip(".avi", "mjpeg", PCM, pixel_format="yuvj420p")),
    of_clip("avi-h264-mp3", _clip(".avi", "libx264", _AVI_MP3, options={"bf": "0"})),
    of_clip("avi-msmpeg4", _clip(".avi", "msmpeg4v2", _AVI_MP3, options=QUALITY)),
    of_clip("avi-raw", _clip(".avi", "rawvideo", PCM, pixel_format="bgr24")),
    of_clip("avi-ffvhuff", _clip(".avi", "ffvhuff", PCM, pixel_format="yuv420p")),
    of_clip("avi-huffyuv", _clip(".avi", "huffyuv", PCM, pixel_format="yuv422p")),
    of_clip("avi-gap", _clip(".avi", "mpeg4", MP3, options=QUALITY),
            frames=22, times=tuple(Fraction(k, 48) for k in range(22)), duration=None),
    of_clip("avi-cinepak", _clip(".avi", "cinepak", PCM, pixel_format="rgb24"), same=False),
    of_clip("avi-utvideo", _clip(".avi", "utvideo", None, pixel_format="yuv420p")),
    of_clip("avi-magicyuv", _clip(".avi", "magicyuv", None, pixel_format="gbrp")),
    of_clip("avi-zmbv", _clip(".avi", "zmbv", None, pixel_format="bgr0")),
)  # fmt: skip
_BROADCAST = (
    of_clip("ts-h264-aac", _clip(".ts")),
    of_clip("ts-hevc-ac3", _clip(".ts", "libx265", AC3, options=QUIET_X265)),
    of_clip("ts-mpeg2-mp2", _clip(".ts", "mpeg2video", MP2, rate=25, options=QUALITY)),
    of_clip("m2ts-h264-ac3", _clip(".m2ts", sound=AC3, muxer={"mpegts_m2ts_mode": "1"})),
    of_clip("mpg-mpeg1-mp2", _clip(".mpg", "mpeg1video", MP2, rate=25, options=QUALITY), to=".mp4"),
    of_clip("vob-mpeg2-ac3", _clip(".vob", "mpeg2video", AC3, rate=25, options=QUALITY), to=".mkv"),
    of_clip("mxf-mpeg2-pcm", _clip(".mxf", "mpeg2video", PCM, rate=25, options=QUALITY), to=".mov"),
)
_OTHERS = (
    of_clip("ogv-vp8-vorbis", _clip(".ogv", "libvpx", VORBIS, options=SHARP_VP8), to=".mkv"),
    of_clip("ogv-vp8-to-webm", _clip(".ogv", "libvpx", VORBIS, options=SHARP_VP8), to=".webm"),
    of_clip("flv-h264-aac", _clip(".flv"), to=".mp4"),
    of_clip("flv-flv1-mp3", _clip(".flv", "flv", Sound(codec="libmp3lame", sample_rate=44100),
                                  options=QUALITY), to=".mp4"),
    of_clip("wmv-wmv2-wma", _clip(".wmv", "wmv2", WMA, container="asf", options=QUALITY),
            to=".mp4", told=_ENCODED_ANEW),
    of_clip("nut-ffv1-flac", _clip(".nut", "ffv1", FLAC), to=".mkv"),
    of_clip("ivf-vp9", _clip(".ivf", "libvpx-vp9", None, options=FAST_VP9), to=".webm"),
    of_clip("rm-rv20-ac3", _clip(".rm", "rv20", AC3, size=(176, 144), options=QUALITY), to=".mp4"),
    of_clip("y4m-420", _clip(".y4m", "rawvideo", None, container="yuv4mpegpipe"), to=".mp4"),
    of_clip("y4m-to-y4m", _clip(".y4m", "rawvideo", None, container="yuv4mpegpipe")),
    of_clip("h264-bare", _clip(".h264", sound=None, rate=25), to=".mp4"),
    of_clip("hevc-bare", _clip(".hevc", "libx265", None, rate=25, options=QUIET_X265), to=".mkv"),
    of_clip("mjpeg-bare", _clip(".mjpeg", "mjpeg", None, pixel_format="yuvj420p", rate=25),
            to=".mp4"),
    of_clip("m2v-bare", _clip(".m2v", "mpeg2video", None, rate=25, options=QUALITY), to=".mp4"),
    Case(
        name="ts-field-packets",
        about="ts | h264, a packet a field | yuv420p",
        write=lambda folder: make_interlaced(folder / "source.ts", 12),
        output="output.ts",
        expected=Expected(
            frames=24,
            rate=Fraction(50),
            duration=Fraction(12, 25),
            told=(r"flagged as interlaced",),  # both fields show one moment
            same=False,
        ),
    ),
)  # fmt: skip

CONTAINER_CASES: tuple[Case, ...] = (*_MP4, *_MOV, *_MATROSKA, *_AVI, *_BROADCAST, *_OTHERS)
