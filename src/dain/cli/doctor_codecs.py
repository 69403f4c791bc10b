"""Which encoders and decoders there are, and which of the graphics cards' ones really open."""

from __future__ import annotations

from fractions import Fraction

_DECODERS = (
    *("h264", "hevc", "vvc", "libdav1d", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video"),
    *("prores", "dnxhd", "ffv1", "huffyuv", "utvideo", "mjpeg", "vc1", "wmv3", "theora"),
    *("gif", "apng", "webp"),
)
_ENCODERS = (
    *("libx264", "libx264rgb", "libx265", "libsvtav1", "libvpx-vp9", "ffv1", "ffvhuff"),
    *("huffyuv", "utvideo", "prores_ks", "mpeg4", "mpeg2video", "mjpeg", "gif"),
    *("aac", "libopus", "libmp3lame"),
)
_HARDWARE_ENCODERS = tuple(
    f"{codec}_{maker}"
    for maker in ("nvenc", "qsv", "amf", "videotoolbox", "vaapi")
    for codec in ("h264", "hevc", "av1")
)
_SIDE = 256  # pixels; encoders on graphics cards refuse much smaller frames


def describe_encoders() -> dict[str, bool]:
    """Whether FFmpeg's libraries have each encoder."""
    return {name: _has(name, "w") for name in (*_ENCODERS, *_HARDWARE_ENCODERS)}


def describe_decoders() -> dict[str, bool]:
    """Whether FFmpeg's libraries have each decoder."""
    return {name: _has(name, "r") for name in _DECODERS}


def hardware_encoders() -> list[str]:
    """Encoders on the graphics card that open here; having them compiled in says nothing."""
    return [name for name in _HARDWARE_ENCODERS if _has(name, "w") and _opens(name)]


def _has(name: str, mode: str) -> bool:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    try:
        Codec(name, "w" if mode == "w" else "r")
    except UnknownCodecError:
        return False
    return True


def _opens(name: str) -> bool:
    import av
    from av.video.codeccontext import VideoCodecContext

    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width = context.height = _SIDE
    context.time_base = Fraction(1, 25)
    context.pix_fmt = "nv12" if name.endswith(("qsv", "vaapi")) else "yuv420p"
    try:
        context.open()
    except (av.FFmpegError, OSError, ValueError):
        return False
    return True
