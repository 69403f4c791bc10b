"""Encoders of graphics chips: how they are set up, and what to say where there is none."""

from __future__ import annotations

from collections.abc import Mapping

from dain.media.encoder import Encoder, Quality

# By codec, what does the same on every machine.
SOFTWARE = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1", "vp9": "libvpx-vp9"}
_MAKERS = (
    "nvenc",
    "qsv",
    "amf",
    "videotoolbox",
    "vaapi",
    "mf",
    "vulkan",
    "v4l2m2m",
    "rkmpp",
    "d3d12va",
)


def software_for(encoder: str) -> str | None:
    """The encoder that does in software what this hardware one does; None if it is none."""
    codec, _, maker = encoder.rpartition("_")
    return SOFTWARE.get(codec) if maker in _MAKERS else None


def nvenc(value: int) -> dict[str, str]:
    """Constant quality of NVIDIA; its 0 would mean "choose yourself"."""
    return {"rc": "vbr", "cq": str(_within(value, 1, 51)), "b": "0"}


def nvenc_av1(value: int) -> dict[str, str]:
    """Likewise for AV1, whose crf and constant quality both end at 63."""
    return {"rc": "vbr", "cq": str(_within(value, 1, 63)), "b": "0"}


def quick_sync(value: int) -> dict[str, str]:
    """Intelligent constant quality of Intel; its 0 would mean "by bit rate"."""
    return {"global_quality": str(_within(value, 1, 51))}


def advanced_media(value: int) -> dict[str, str]:
    """Fixed quantisers of AMD, which has no constant quality on every chip."""
    step = str(_within(value, 0, 51))
    return {"rc": "cqp", "qp_i": step, "qp_p": step}


def advanced_media_av1(value: int) -> dict[str, str]:
    """Likewise for AV1, whose quantisers go to 255 where crf goes to 63."""
    step = str(_within(value * 4, 1, 255))
    return {"rc": "cqp", "qp_i": step, "qp_p": step}


def video_toolbox(value: int) -> dict[str, str]:
    """Quality of Apple, 1 to 100, the more the better: 17 is 69, 23 is 59, 51 is 8."""
    quality = _within(round(100 - 1.8 * value), 1, 100)
    return {"flags": "+qscale", "global_quality": str(quality * 118)}


def media_foundation(value: int) -> dict[str, str]:
    """Quality of Windows, 0 to 100, the more the better."""
    return {"rate_control": "quality", "quality": str(_within(round(100 - 1.8 * value), 0, 100))}


def _within(value: int, least: int, most: int) -> int:
    return min(most, max(least, value))


def _hardware(
    quality: Quality,
    usual: int,
    options: Mapping[str, str],
    deep: bool = True,
    tag: str | None = None,
    formats: tuple[str, ...] = ("yuv420p", "nv12"),
) -> Encoder:
    """An encoder at `usual`, a crf; `deep` ones take 10 bits. All want even sizes."""
    return Encoder(
        {**options, **quality(usual)},
        quality,
        formats,
        ("p010le", "yuv420p10le") if deep else formats,
        tag=tag,
        even_size=True,
    )


_NVENC = {"preset": "p5", "tune": "hq"}
_QSV = {"preset": "medium"}
_AMF = {"usage": "transcoding", "quality": "quality"}
# At these values they come close to our libx264 at crf 17 and libx265 at 19.
_AVC, _HEVC, _AV1 = 19, 21, 26

HARDWARE_ENCODERS: Mapping[str, Encoder] = {
    "h264_nvenc": _hardware(nvenc, _AVC, _NVENC, deep=False),
    "hevc_nvenc": _hardware(nvenc, _HEVC, _NVENC, tag="hvc1"),
    "av1_nvenc": _hardware(nvenc_av1, _AV1, _NVENC),
    "h264_qsv": _hardware(quick_sync, _AVC, _QSV, deep=False, formats=("nv12",)),
    "hevc_qsv": _hardware(quick_sync, _HEVC, _QSV, tag="hvc1", formats=("nv12",)),
    "av1_qsv": _hardware(quick_sync, _AV1, _QSV, formats=("nv12",)),
    "vp9_qsv": _hardware(quick_sync, _AV1, _QSV, formats=("nv12",)),
    "h264_amf": _hardware(advanced_media, _AVC, _AMF, deep=False),
    "hevc_amf": _hardware(advanced_media, _HEVC, _AMF, tag="hvc1"),
    "av1_amf": _hardware(advanced_media_av1, _AV1, _AMF),
    "h264_videotoolbox": _hardware(video_toolbox, 17, {}, deep=False),
    "hevc_videotoolbox": _hardware(video_toolbox, 19, {}, tag="hvc1"),
    "h264_mf": _hardware(media_foundation, 17, {}, deep=False, formats=("nv12",)),
    "hevc_mf": _hardware(media_foundation, 19, {}, deep=False, tag="hvc1", formats=("nv12",)),
}
