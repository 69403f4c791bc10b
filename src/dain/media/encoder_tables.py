"""How each video encoder is set up."""

from __future__ import annotations

from collections.abc import Mapping

from dain.media.colour import BT601, FULL, LIMITED
from dain.media.encoder import Encoder, quantiser
from dain.media.hardware_encoders import HARDWARE_ENCODERS


def _lossless(pixel_format: str, alpha: str, matrix: int | None = None) -> Encoder:
    """An encoder of 8 bits that loses nothing, and notes nothing but pictures."""
    formats = (pixel_format,)
    return Encoder(
        {},
        None,
        formats,
        formats,
        alpha_pixel_formats=(alpha,),
        exact=True,
        aspect=False,
        colour=False,
        matrix=matrix,
    )


ENCODERS: Mapping[str, Encoder] = {
    # Animation at 640x480 on two cores at crf 17: veryfast 204 frames a second, 45.4 dB,
    # 569 kB; faster 109, 46.3 dB, 665 kB; medium 87, 46.8 dB, 746 kB; superfast 353, 47.3 dB,
    # 1203 kB. The cores are shared with interpolation, so the fastest small one it is.
    "libx264": Encoder({"preset": "veryfast", "crf": "17"}, parameters="x264-params"),
    "libx264rgb": Encoder(
        {"preset": "veryfast", "crf": "17"},
        pixel_formats=("rgb24", "bgr24"),
        deep_pixel_formats=("rgb24", "bgr24"),
        parameters="x264-params",
    ),
    "libx265": Encoder(
        {"preset": "fast", "crf": "19", "x265-params": "log-level=error"},
        deep_pixel_formats=("yuv420p10le", "yuv444p10le", "yuv420p12le", "yuv444p12le"),
        parameters="x265-params",
        whole_chroma=True,
        tag="hvc1",
    ),
    "libvpx-vp9": Encoder(
        {"crf": "24", "b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        deep_pixel_formats=("yuv420p10le", "yuv420p"),
        alpha_pixel_formats=("yuva420p",),
        alpha_options={"auto-alt-ref": "0"},  # alpha is coded apart, and must stay in step
        alpha_values={"auto-alt-ref": frozenset({"0"})},
        aspect=False,
    ),
    # Preset 8 is four times as fast as VP9 above (178 against 45 frames a second) at a like
    # size. On frames of a few lines the encoder waits for ever, hence the least size.
    "libsvtav1": Encoder(
        {"crf": "24", "preset": "8"},
        pixel_formats=("yuv420p",),
        deep_pixel_formats=("yuv420p10le",),
        parameters="svtav1-params",
        least_size=64,
        aspect=False,
        even_size=True,
    ),
    # Of VP8 crf is the least quality only under a bit rate that it may take, far above its needs.
    "libvpx": Encoder(
        {"crf": "8", "b": "50M", "deadline": "good", "cpu-used": "4"},
        pixel_formats=("yuv420p",),
        deep_pixel_formats=("yuv420p",),
        aspect=False,
        colour=False,
        matrix=BT601,
        range=LIMITED,
    ),
    # Lossless ones keep every colour sample: the frames come as RGB.
    "ffv1": Encoder(
        {"level": "3", "slicecrc": "1"},
        None,
        ("yuv444p",),
        ("yuv444p12le", "yuv444p10le", "yuv444p16le"),
        alpha_pixel_formats=("bgra", "gbrap10le", "gbrap12le", "gbrap14le", "gbrap16le"),
        exact=True,
        aspect=False,  # it takes that of the frame, to which PyAV gives none
        colour=False,
    ),
    "ffvhuff": Encoder(
        {},
        None,
        ("yuv444p",),
        ("yuv444p12le", "yuv444p16le"),
        alpha_pixel_formats=("bgra",),
        exact=True,
        aspect=False,
        colour=False,
    ),
    "huffyuv": _lossless("rgb24", alpha="bgra"),
    "utvideo": _lossless("yuv444p", alpha="gbrap", matrix=BT601),
    "qtrle": _lossless("rgb24", alpha="argb"),
    "png": Encoder(
        {},
        None,
        ("rgb24",),
        ("rgb48be",),
        alpha_pixel_formats=("rgba", "rgba64be"),
        exact=True,
        aspect=False,
        colour=False,
    ),
    "prores_ks": Encoder(
        {"profile": "hq"},
        None,
        ("yuv422p10le",),
        ("yuv422p10le",),
        alpha_pixel_formats=("yuva444p10le",),
        alpha_options={"profile": "4444"},
        alpha_values={
            "profile": frozenset({"4", "5", "4444", "4444xq"}),
            "alpha_bits": frozenset({"8", "16"}),
        },
        aspect=False,
        range=LIMITED,
        no_quality="choose by --encoder-option profile=lt, standard, hq or 4444",
    ),
    "dnxhd": Encoder(
        {"profile": "dnxhr_hqx"},
        None,
        ("yuv422p10le",),
        ("yuv422p10le",),
        no_quality="choose by --encoder-option profile=dnxhr_sq, dnxhr_hq or dnxhr_hqx",
    ),
    "mpeg4": Encoder(
        quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), coarse_time=True, colour=False
    ),
    "mjpeg": Encoder(
        {**quantiser(17), "strict": "unofficial"},
        quantiser,
        ("yuv444p",),
        ("yuv444p",),
        colour=False,
        matrix=BT601,
        range=FULL,
    ),
    "mpeg2video": Encoder(
        quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), coarse_time=True, range=LIMITED
    ),
    "mpeg1video": Encoder(
        quantiser(17),
        quantiser,
        ("yuv420p",),
        ("yuv420p",),
        coarse_time=True,
        colour=False,
        range=LIMITED,
    ),
    "wmv1": Encoder(quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), colour=False),
    "wmv2": Encoder(quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), colour=False),
    "flv": Encoder(quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), colour=False),
    "h263": Encoder(
        quantiser(17), quantiser, ("yuv420p",), ("yuv420p",), coarse_time=True, colour=False
    ),
    **HARDWARE_ENCODERS,
}
