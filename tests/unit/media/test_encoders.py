"""Which encoder an output gets, and what is refused before anything is written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dain.errors import OutputError
from dain.media.container_tables import CONTAINERS, Container
from dain.media.encoder import Encoder
from dain.media.encoders import _tick, choose
from dain.media.frame import OutputSpec
from dain.settings import EncodeSettings


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
        ("a.avi", 8, "mpeg4", "yuv420p"),
        ("a.ts", 8, "libx264", "yuv420p"),
        ("a.m2ts", 8, "libx264", "yuv420p"),
    ],
)
def test_the_name_chooses(name: str, depth: int, encoder: str, pixel_format: str) -> None:
    size = (128, 96)
    choice, messages = choose(Path(name), spec(*size, depth=depth), EncodeSettings())
    assert (choice.encoder, choice.pixel_format, messages) == (encoder, pixel_format, [])


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
        ("a.mp4", {"pix_fmt": "yuv999p"}, (64, 48), "not a pixel format"),
        ("a.mp4", {"pix_fmt": "rgb24"}, (64, 48), "not supported"),
        ("a.mp4", {"options": {"zork": "1"}}, (64, 48), "no option 'zork'"),
        ("a.mp4", {"options": {"profile": "zork"}}, (64, 48), "cannot write"),
        ("a.mkv", {"codec": "ffv1", "crf": 3}, (64, 48), "no --crf"),
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
    tick = _tick(Container("mp4"), Encoder(), rate)
    assert (1 / rate / tick).denominator == 1
    assert tick <= Fraction(1, 10_000)
    assert tick.denominator < 2**31


def test_an_unwieldy_rate_is_timed_in_microseconds() -> None:
    assert _tick(Container("mp4"), Encoder(), Fraction(10**12 + 1, 10**10)) == Fraction(1, 10**6)
