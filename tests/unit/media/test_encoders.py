"""Which encoder an output gets, and what is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from av.video.format import VideoFormat
from hypothesis import given
from hypothesis import strategies as st

from dain.errors import OutputError
from dain.media.container_tables import CONTAINERS, Container
from dain.media.encoder import Encoder
from dain.media.encoder_tables import ENCODERS
from dain.media.encoders import _tick, choose
from dain.media.frame import Colour, OutputSpec, VaryingTimes
from dain.media.hardware_encoders import HARDWARE_ENCODERS, software_for
from dain.media.hdr import HdrMetadata, LightLevel
from dain.media.opening import keeps_alpha
from dain.media.pixel_formats import bit_depth
from dain.settings import EncodeSettings

HDR = HdrMetadata(light=LightLevel(1000, 400))


def spec(width: int = 64, height: int = 48, depth: int = 8) -> OutputSpec:
    return OutputSpec(width=width, height=height, rate=Fraction(60), bit_depth=depth)


@pytest.mark.parametrize(
    ("name", "depth", "encoder", "pixel_format"),
    [
        ("a.mp4", 8, "libx264", "yuv420p"),
        ("a.MP4", 10, "libx264", "yuv420p10le"),
        ("a.m4v", 8, "libx264", "yuv420p"),
        ("a.mov", 8, "libx264", "yuv420p"),
        ("a.mkv", 10, "libx264", "yuv420p10le"),
        ("a.webm", 8, "libvpx-vp9", "yuv420p"),
        ("a.webm", 10, "libsvtav1", "yuv420p10le"),
        ("a.mp4", 12, "libx265", "yuv420p12le"),
        ("a.mkv", 12, "libx265", "yuv420p12le"),
        ("a.avi", 8, "mpeg4", "yuv420p"),
        ("a.avi", 10, "libx264", "yuv420p10le"),
        ("a.ts", 8, "libx264", "yuv420p"),
        ("a.m2ts", 8, "libx264", "yuv420p"),
    ],
)
def test_the_name_chooses(name: str, depth: int, encoder: str, pixel_format: str) -> None:
    size = (128, 96)
    choice, messages = choose(Path(name), spec(*size, depth=depth), EncodeSettings())
    assert (choice.encoder, choice.pixel_format, messages) == (encoder, pixel_format, [])


@pytest.mark.parametrize(
    ("name", "depth", "encoder", "pixel_format"),
    [
        ("a.mp4", 10, "libx265", "yuv420p10le"),
        ("a.mkv", 12, "libx265", "yuv420p12le"),
        ("a.webm", 10, "libsvtav1", "yuv420p10le"),
        ("a.ts", 10, "libx265", "yuv420p10le"),
    ],
)
@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range_goes_to_encoders_that_note_it(
    name: str, depth: int, encoder: str, pixel_format: str, transfer: int
) -> None:
    wide = replace(spec(128, 96, depth), colour=Colour(9, transfer, 9, 1), hdr=HDR)
    choice, messages = choose(Path(name), wide, EncodeSettings())
    assert (choice.encoder, choice.pixel_format, messages) == (encoder, pixel_format, [])


def test_light_levels_that_cannot_be_noted_are_told() -> None:
    wide = replace(spec(depth=10), colour=Colour(9, 16, 9, 1), hdr=HDR)
    _, messages = choose(Path("a.mkv"), wide, EncodeSettings(codec="ffv1"))
    assert [message.partition(" ")[0] for message in messages] == ["light"]


@pytest.mark.parametrize(
    ("name", "depth", "settings", "told"),
    [
        ("a.mp4", 16, {}, "libx264 as yuv420p10le holds 10 bits of the source's 16"),
        ("a.webm", 12, {}, "libsvtav1 as yuv420p10le holds 10 bits of the source's 12"),
        ("a.mp4", 12, {"codec": "libx264"}, "libx264 as yuv420p10le holds 10"),
        ("a.mp4", 10, {"pix_fmt": "yuv420p"}, "libx264 as yuv420p holds 8"),
        ("a.avi", 10, {"codec": "mpeg4"}, "mpeg4 as yuv420p holds 8"),
    ],
)
def test_bits_that_are_lost_are_told(
    name: str, depth: int, settings: dict[str, str], told: str
) -> None:
    asked = EncodeSettings(**settings)  # type: ignore[arg-type]
    _, messages = choose(Path(name), spec(128, 96, depth), asked)
    assert len(messages) == 1
    assert told in messages[0]


@pytest.mark.parametrize("depth", [10, 12, 16])
def test_lossless_holds_all_bits(depth: int) -> None:
    choice, messages = choose(Path("a.mkv"), spec(depth=depth), EncodeSettings(codec="ffv1"))
    assert messages == []
    assert bit_depth(VideoFormat(choice.pixel_format)) >= depth


@pytest.mark.parametrize(
    ("name", "depth", "settings", "encoder", "pixel_format"),
    [
        ("a.mov", 8, {}, "prores_ks", "yuva444p10le"),
        ("a.webm", 8, {}, "libvpx-vp9", "yuva420p"),
        ("a.mkv", 8, {}, "ffv1", "bgra"),
        ("a.mkv", 10, {}, "ffv1", "gbrap10le"),
        ("a.mkv", 16, {}, "ffv1", "gbrap16le"),
        ("a.avi", 8, {}, "ffv1", "bgra"),
        ("a.mkv", 8, {"pix_fmt": "yuva444p"}, "ffv1", "yuva444p"),
        ("a.mkv", 8, {"codec": "libvpx-vp9"}, "libvpx-vp9", "yuva420p"),
        ("a.mov", 16, {"codec": "png"}, "png", "rgba64be"),
        ("a.mov", 8, {"codec": "qtrle"}, "qtrle", "argb"),
        ("a.avi", 8, {"codec": "utvideo"}, "utvideo", "gbrap"),
    ],
)
def test_transparency_finds_an_encoder(
    name: str, depth: int, settings: dict[str, str], encoder: str, pixel_format: str
) -> None:
    asked = EncodeSettings(**settings)  # type: ignore[arg-type]
    assert keeps_alpha(Path(name), asked)
    for size in ((63, 47), (2, 2)):
        choice, messages = choose(Path(name), replace(spec(*size, depth), alpha=True), asked)
        assert (choice.encoder, choice.pixel_format, messages) == (encoder, pixel_format, [])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("a.mp4", {}),
        ("a.ts", {}),
        ("a.zip5", {}),
        ("a.mp4", {"codec": "libx265", "pix_fmt": "yuva420p"}),
        ("a.mov", {"codec": "libx264"}),
        ("a.mov", {"codec": "zork"}),
        ("a.mov", {"options": {"profile": "hq"}}),
        ("a.mov", {"options": {"alpha_bits": "0"}}),
        ("a.webm", {"pix_fmt": "yuv420p"}),
        ("a.webm", {"pix_fmt": "zork"}),
        ("a.webm", {"codec": "libsvtav1"}),
        ("a.mkv", {"pix_fmt": "yuv444p"}),
    ],
)
def test_what_holds_no_transparency(name: str, settings: dict[str, object]) -> None:
    asked = EncodeSettings(**settings)  # type: ignore[arg-type]
    assert not keeps_alpha(Path(name), asked)
    if name != "a.zip5":
        with pytest.raises(OutputError, match="cannot hold transparency"):
            choose(Path(name), replace(spec(), alpha=True), asked)


@pytest.mark.parametrize(
    ("name", "alpha", "told"),
    [("a.mov", True, False), ("a.mkv", True, True), ("a.mkv", False, False)],
)
def test_a_pixel_aspect_that_is_lost_is_told(name: str, alpha: bool, told: bool) -> None:
    wide = replace(spec(), alpha=alpha, sample_aspect_ratio=Fraction(4, 3))
    _, messages = choose(Path(name), wide, EncodeSettings())
    assert any("cannot note the pixel aspect 4/3" in message for message in messages) is told


def test_prores_that_was_asked_for_by_profile_keeps_it() -> None:
    asked = EncodeSettings(options={"profile": "4444xq"})
    assert keeps_alpha(Path("a.mov"), asked)
    choice, _ = choose(Path("a.mov"), replace(spec(), alpha=True), asked)
    assert choice.options["profile"] == "4444xq"


@pytest.mark.parametrize("extension", sorted(CONTAINERS))
@pytest.mark.parametrize("size", [(12, 10), (300, 5), (1, 1)])
@pytest.mark.parametrize("depth", [8, 10])
def test_every_size_has_an_encoder(extension: str, size: tuple[int, int], depth: int) -> None:
    choice, _ = choose(Path(f"a{extension}"), spec(*size, depth=depth), EncodeSettings())
    assert choice.encoder


def test_odd_sizes_keep_all_colour_samples_with_a_message() -> None:
    choice, messages = choose(Path("a.mp4"), spec(63, 48), EncodeSettings())
    assert choice.pixel_format == "yuv444p"
    assert "width not divisible by 2" in messages[0]


def test_a_rate_beyond_mpeg4_goes_to_h264() -> None:
    fast = OutputSpec(width=64, height=48, rate=Fraction(120000, 1001))
    choice, messages = choose(Path("a.avi"), fast, EncodeSettings())
    assert choice.encoder == "libx264"
    assert len(messages) == 1


def test_settings_overrule() -> None:
    settings = EncodeSettings(
        codec="libx265", crf=30, pix_fmt="yuv444p", options={"preset": "ultrafast"}
    )
    choice, _ = choose(Path("a.mkv"), spec(), settings)
    assert (choice.encoder, choice.pixel_format) == ("libx265", "yuv444p")
    assert choice.options["crf"] == "30"
    assert choice.options["preset"] == "ultrafast"


def test_a_codec_name_finds_its_encoder() -> None:
    assert choose(Path("a.mkv"), spec(), EncodeSettings(codec="h264"))[0].encoder == "libx264"


@pytest.mark.parametrize(
    ("name", "settings", "size", "message"),
    [
        ("a.gif", {}, (64, 48), r"expected an output ending in \.mp4"),
        ("a", {}, (64, 48), "expected an output ending in"),
        ("a.mp4", {"codec": "ffv1"}, (64, 48), r"cannot hold ffv1; it can hold libx264.*\.mkv"),
        ("a.webm", {"codec": "libx264"}, (64, 48), "cannot hold h264; it can hold libvpx-vp9"),
        ("a.ts", {"codec": "ffv1"}, (64, 48), "cannot hold ffv1"),
        ("a.mp4", {"codec": "libx265x"}, (64, 48), "did you mean libx265"),
        ("a.mp4", {"codec": "zzzzzz"}, (64, 48), "no video encoder"),
        ("a.mp4", {"codec": "aac"}, (64, 48), "encodes audio"),
        ("a.mp4", {"pix_fmt": "yuv420p"}, (63, 48), "odd.*--pix-fmt yuv444p"),
        (
            "a.mp4",
            {"codec": "libx265", "pix_fmt": "yuv420p"},
            (63, 48),
            "must be even, found 63x48",
        ),
        ("a.mp4", {"pix_fmt": "yuv999p"}, (64, 48), "not a pixel format"),
        ("a.mp4", {"pix_fmt": "rgb24"}, (64, 48), "not supported"),
        ("a.mp4", {"options": {"zork": "1"}}, (64, 48), "no option 'zork'"),
        ("a.mp4", {"options": {"profile": "zork"}}, (64, 48), "cannot write"),
        ("a.mkv", {"codec": "ffv1", "crf": 3}, (64, 48), "no --crf; it loses nothing"),
        ("a.mov", {"codec": "prores_ks", "crf": 3}, (64, 48), "no --crf; choose by.*profile="),
        ("a.mp4", {"codec": "h264_nvenc"}, (256, 256), "device and driver; --codec libx264"),
        ("a.mkv", {"codec": "av1_amf"}, (256, 256), "device and driver; --codec libsvtav1"),
        ("a.mp4", {"codec": "hevc_vaapi"}, (256, 256), "no encoder hevc_vaapi; --codec libx265"),
        ("a.webm", {"codec": "libsvtav1"}, (300, 5), "at least 64"),
    ],
)
def test_refusals_are_one_line(
    name: str, settings: dict[str, object], size: tuple[int, int], message: str
) -> None:
    with pytest.raises(OutputError, match=message) as caught:
        choose(Path(name), spec(*size), EncodeSettings(**settings))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@given(st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=100_000))
def test_a_frame_lasts_a_whole_number_of_ticks(rate: Fraction) -> None:
    tick = _tick(Container("mp4"), Encoder(), replace(spec(), rate=rate))
    assert (1 / rate / tick).denominator == 1
    assert tick <= Fraction(1, 10_000)
    assert tick.denominator < 2**31


def test_an_unwieldy_rate_is_timed_in_microseconds() -> None:
    unwieldy = replace(spec(), rate=Fraction(10**12 + 1, 10**10))
    assert _tick(Container("mp4"), Encoder(), unwieldy) == Fraction(1, 10**6)


@pytest.mark.parametrize(("name", "codec"), [("a.avi", None), ("a.mp4", "mpeg4")])
def test_what_counts_frames_refuses_times_that_vary(
    tmp_path: Path, name: str, codec: str | None
) -> None:
    times = VaryingTimes(Fraction(1, 1000), Fraction(1, 50), Fraction(1, 10))
    varying = replace(spec(), varying=times)
    with pytest.raises(OutputError, match="counts frames and cannot keep times that vary"):
        choose(tmp_path / name, varying, EncodeSettings(codec=codec))
    choice, _ = choose(tmp_path / "a.mp4", varying, EncodeSettings())
    assert (times.unit / choice.time_base).denominator == 1


@pytest.mark.parametrize(
    ("encoder", "crf", "expected"),
    [
        ("libx264", 23, {"crf": "23"}),
        ("h264_nvenc", 23, {"rc": "vbr", "cq": "23", "b": "0"}),
        ("hevc_nvenc", 0, {"cq": "1"}),
        ("av1_nvenc", 60, {"cq": "60"}),
        ("h264_qsv", 23, {"global_quality": "23"}),
        ("hevc_amf", 23, {"rc": "cqp", "qp_i": "23", "qp_p": "23"}),
        ("av1_amf", 23, {"qp_i": "92"}),
        ("h264_videotoolbox", 23, {"flags": "+qscale", "global_quality": str(59 * 118)}),
        ("hevc_mf", 51, {"rate_control": "quality", "quality": "8"}),
        ("mpeg4", 17, {"flags": "+qscale", "global_quality": str(3 * 118)}),
        ("mpeg4", 23, {"global_quality": str(6 * 118)}),
        ("wmv2", 63, {"global_quality": str(31 * 118)}),
        ("mjpeg", 0, {"global_quality": "118"}),
    ],
)
def test_crf_is_said_in_the_encoders_own_terms(
    encoder: str, crf: int, expected: dict[str, str]
) -> None:
    quality = ENCODERS[encoder].quality
    assert quality is not None
    assert expected.items() <= dict(quality(crf)).items()


def test_crf_changes_what_encoders_without_it_write() -> None:
    choice, _ = choose(Path("a.avi"), spec(), EncodeSettings(crf=29))
    assert choice.options["global_quality"] == str(12 * 118)


def test_hardware_encoders_have_a_like_in_software() -> None:
    assert all(software_for(name) in ENCODERS for name in HARDWARE_ENCODERS)
    assert software_for("libx264") is None
    assert software_for("prores_ks") is None


def test_a_rate_that_an_encoder_does_not_know_is_named() -> None:
    odd = OutputSpec(width=64, height=48, rate=Fraction(37))
    with pytest.raises(OutputError, match=r"does not support 37/1 fps$"):
        choose(Path("a.ts"), odd, EncodeSettings(codec="mpeg2video"))
