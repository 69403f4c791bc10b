"""Depth, range, matrix, HDR, transparency and the shape of pixels and pictures."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain

from benchmarks.media.cases import Case, of_clip
from benchmarks.media.writing import Clip

from dain.media.frame import Colour

_X265 = "log-level=none"
_DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
_LIGHT = f"{_X265}:hdr10=1:master-display={_DISPLAY}:max-cll=1000,400"
_SVT_LIGHT = (
    "mastering-display=G(0.265,0.69)B(0.15,0.06)R(0.68,0.32)WP(0.3127,0.3290)L(1000,0.0001)"
    ":content-light=1000,400"
)
BT709, PQ, HLG = Colour(1, 1, 1, 1), Colour(9, 16, 9, 1), Colour(9, 18, 9, 1)
FULL = Colour(1, 1, 1, 2)
_VP9 = {"crf": "10", "b": "0", "cpu-used": "8"}

_DEPTH = (
    of_clip(
        "depth-10-hevc-mp4",
        Clip(codec="libx265", pixel_format="yuv420p10le", options={"x265-params": _X265}),
        depth=10,
    ),
    of_clip("depth-10-h264-mkv", Clip(suffix=".mkv", pixel_format="yuv420p10le"), depth=10),
    of_clip("depth-10-422-h264", Clip(suffix=".mkv", pixel_format="yuv422p10le"), depth=10),
    of_clip(
        "depth-10-av1-webm",
        Clip(suffix=".webm", codec="libsvtav1", pixel_format="yuv420p10le", size=(64, 64),
             options={"preset": "11", "crf": "20"}),
        depth=10,
        may_tell=(r"libsvtav1", r"AV1"),
    ),
    of_clip(
        "depth-12-hevc-mkv",
        Clip(suffix=".mkv", codec="libx265", pixel_format="yuv420p12le",
             options={"x265-params": _X265}),
        may_tell=(r"12 bits",),
    ),
    of_clip(
        "depth-12-ffv1-to-ffv1",
        Clip(suffix=".mkv", codec="ffv1", pixel_format="yuv444p12le"),
        *("--factor", "2", "--codec", "ffv1"),
        depth=12,
    ),
    of_clip(
        "depth-16-gray-ffv1",
        Clip(suffix=".mkv", codec="ffv1", pixel_format="gray16le"),
        may_tell=(r"bits",),
    ),
    of_clip(
        "depth-12-prores-4444",
        Clip(suffix=".mov", codec="prores_ks", pixel_format="yuv444p10le",
             options={"profile": "4444"}),
        depth=12,
    ),
    of_clip(
        "depth-10-prores-to-prores",
        Clip(suffix=".mov", codec="prores_ks", pixel_format="yuv422p10le", colour=BT709),
        *("--factor", "2", "--codec", "prores_ks"),
        depth=10,
        codec="prores",
    ),
    of_clip("depth-10-to-avi", Clip(suffix=".mkv", pixel_format="yuv420p10le"), to=".avi",
            depth=10),
)  # fmt: skip

_HDR = (
    of_clip("hdr-pq-hevc-mp4", Clip(codec="libx265", pixel_format="yuv420p10le", colour=PQ,
            options={"x265-params": _LIGHT}), depth=10, light=True),
    of_clip("hdr-pq-hevc-mkv", Clip(suffix=".mkv", codec="libx265", pixel_format="yuv420p10le",
            colour=PQ, options={"x265-params": _LIGHT}), depth=10, light=True),
    of_clip("hdr-pq-hevc-to-hevc", Clip(codec="libx265", pixel_format="yuv420p10le", colour=PQ,
            options={"x265-params": _LIGHT}), "--factor", "2", "--codec", "libx265",
            depth=10, light=True),
    of_clip("hdr-pq-hevc-ts", Clip(suffix=".ts", codec="libx265", pixel_format="yuv420p10le",
            colour=PQ, options={"x265-params": _LIGHT}), depth=10, light=True),
    of_clip("hdr-pq-av1-webm", Clip(suffix=".webm", codec="libsvtav1", pixel_format="yuv420p10le",
            colour=PQ, size=(64, 64),
            options={"preset": "11", "svtav1-params": _SVT_LIGHT}), depth=10, light=True),
    of_clip("hdr-hlg-hevc-mp4", Clip(codec="libx265", pixel_format="yuv420p10le", colour=HLG,
            options={"x265-params": _X265}), depth=10),
    of_clip("hdr-hlg-vp9-mkv", Clip(suffix=".mkv", pixel_format="yuv420p10le", colour=HLG),
            depth=10),
)  # fmt: skip

_RANGES = (
    of_clip("colour-bt709-mp4", Clip(colour=BT709)),
    of_clip("colour-bt709-full-mp4", Clip(colour=FULL)),
    of_clip("colour-bt709-full-mkv", Clip(suffix=".mkv", colour=FULL)),
    of_clip("colour-bt709-webm", Clip(suffix=".webm", codec="libvpx-vp9", options=_VP9,
                                      colour=BT709)),
    of_clip("colour-bt709-ts", Clip(suffix=".ts", colour=BT709)),
    of_clip("colour-bt601-ntsc", Clip(colour=Colour(6, 6, 6, 1))),
    of_clip("colour-bt601-pal", Clip(colour=Colour(5, 6, 5, 1))),
    of_clip("colour-fcc", Clip(suffix=".mkv", colour=Colour(4, 4, 4, 1))),
    of_clip("colour-smpte240", Clip(suffix=".mkv", colour=Colour(7, 7, 7, 1))),
    of_clip("colour-bt2020-8", Clip(suffix=".mkv", colour=Colour(9, 14, 9, 1))),
    of_clip("colour-bt2020-full", Clip(pixel_format="yuv420p10le", colour=Colour(9, 14, 9, 2)),
            depth=10),
    of_clip("colour-srgb-transfer", Clip(colour=Colour(1, 13, 1, 1))),
    of_clip("colour-p3", Clip(suffix=".mov", colour=Colour(12, 1, 1, 1))),
    of_clip("colour-yuvj420p", Clip(suffix=".mkv", codec="mjpeg", pixel_format="yuvj420p")),
    of_clip("colour-gbrp", Clip(suffix=".mkv", codec="libx264rgb", pixel_format="rgb24")),
    of_clip("colour-444", Clip(suffix=".mkv", pixel_format="yuv444p")),
    of_clip("colour-422", Clip(suffix=".mkv", pixel_format="yuv422p")),
    of_clip("colour-411", Clip(suffix=".mkv", codec="ffv1", pixel_format="yuv411p")),
    of_clip("colour-410", Clip(suffix=".mkv", codec="ffv1", pixel_format="yuv410p")),
    of_clip("colour-gray", Clip(suffix=".mkv", codec="ffv1", pixel_format="gray")),
    of_clip("colour-nv12", Clip(suffix=".mkv", pixel_format="nv12")),
)  # fmt: skip

_DROPPED = (r"transparency",)
_ALPHA = (
    of_clip("alpha-prores-4444", Clip(suffix=".mov", codec="prores_ks", alpha=True,
            pixel_format="yuva444p10le", options={"profile": "4444"}), alpha=True,
            told=(r"10 bits of the source's 12",)),
    of_clip("alpha-prores-to-mp4", Clip(suffix=".mov", codec="prores_ks", alpha=True,
            pixel_format="yuva444p10le", options={"profile": "4444"}), to=".mp4",
            told=_DROPPED, same=False),
    of_clip("alpha-vp9-webm", Clip(suffix=".webm", codec="libvpx-vp9", alpha=True,
            pixel_format="yuva420p", options=_VP9), alpha=True),
    of_clip("alpha-vp8-webm", Clip(suffix=".webm", codec="libvpx", alpha=True,
            pixel_format="yuva420p", options={"crf": "6", "b": "1M", "auto-alt-ref": "0"}),
            alpha=True),
    of_clip("alpha-ffv1-mkv", Clip(suffix=".mkv", codec="ffv1", alpha=True,
            pixel_format="yuva444p"), "--factor", "2", "--codec", "ffv1", alpha=True),
    of_clip("alpha-ffv1-rgba", Clip(suffix=".mkv", codec="ffv1", alpha=True,
            pixel_format="bgra"), "--factor", "2", "--codec", "ffv1", alpha=True),
    of_clip("alpha-png-mov", Clip(suffix=".mov", codec="png", alpha=True, pixel_format="rgba"),
            "--factor", "2", "--codec", "png", alpha=True),
    of_clip("alpha-qtrle-mov", Clip(suffix=".mov", codec="qtrle", alpha=True,
            pixel_format="argb"), alpha=True),
)  # fmt: skip

_ODD = (r"not divisible by 2 .* yuv444p",)
_SHAPES = (
    of_clip("size-odd-444", Clip(suffix=".mkv", size=(63, 47), pixel_format="yuv444p"),
            told=_ODD),
    of_clip("size-odd-mjpeg", Clip(codec="mjpeg", size=(63, 47), pixel_format="yuvj420p"),
            told=_ODD),
    of_clip("size-odd-vp9", Clip(suffix=".webm", codec="libvpx-vp9", size=(63, 47),
                                 options=_VP9)),
    of_clip("size-odd-ffv1", Clip(suffix=".mkv", codec="ffv1", size=(65, 49)),
            told=_ODD),
    of_clip("size-odd-to-avi", Clip(suffix=".mkv", codec="ffv1", size=(65, 49)), to=".avi"),
    of_clip("size-odd-to-ts", Clip(suffix=".mkv", codec="ffv1", size=(65, 49)), to=".ts",
            told=_ODD),
    of_clip("size-16x16", Clip(size=(16, 16))),
    of_clip("size-2x2", Clip(suffix=".mkv", codec="ffv1", size=(2, 2)), same=False),
    of_clip("size-256x16", Clip(size=(256, 16))),
    of_clip("size-16x256", Clip(size=(16, 256))),
    *chain.from_iterable(
        (of_clip(f"pixels-{name}{suffix.replace('.', '-')}",
                 Clip(suffix=suffix, codec=codec, ratio=ratio, options=options)),)
        for name, suffix, codec, ratio, options in (
            ("4-3", ".mp4", "libx264", Fraction(4, 3), {}),
            ("64-45", ".mkv", "libx264", Fraction(64, 45), {}),
            ("8-9", ".ts", "mpeg2video", Fraction(4, 3), {"flags": "+qscale",
                                                          "global_quality": "354"}),
            ("16-11", ".avi", "mpeg4", Fraction(16, 11), {"flags": "+qscale",
                                                          "global_quality": "354"}),
            ("2-1", ".mov", "libx264", Fraction(2), {}),
        )
    ),
    of_clip("pixels-4-3-to-webm", Clip(ratio=Fraction(4, 3)), to=".webm", may_tell=(r"aspect",),
            ratio=None),
    *(of_clip(f"turned-{number}", Clip(orientation=number)) for number in range(2, 9)),
    of_clip("turned-6-mov-pixels", Clip(suffix=".mov", orientation=6, ratio=Fraction(4, 3))),
    of_clip("turned-8-mkv", Clip(suffix=".mkv", orientation=8)),
)  # fmt: skip

COLOUR_CASES: tuple[Case, ...] = (*_DEPTH, *_HDR, *_RANGES, *_ALPHA, *_SHAPES)
