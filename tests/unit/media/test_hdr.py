"""Static metadata of high dynamic range: read, put in words for encoders, and merged."""

from __future__ import annotations

import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from av.sidedata.sidedata import Type as SideDataType
from tests.support.videos import make_video, pictures

from dain.media.encoder_options import encoder_options, merged_parameters
from dain.media.frame import Colour, OutputSpec
from dain.media.hdr import (
    HdrMetadata,
    LightLevel,
    MasteringDisplay,
    dynamic_metadata,
    parse_mastering_display,
    static_metadata,
)
from dain.media.hdr_encoding import encoder_parameters, left_behind
from dain.media.video_reader import VideoReader
from dain.settings import EncodeSettings

DISPLAY = MasteringDisplay(
    primaries=(
        (Fraction(34000, 50000), Fraction(16000, 50000)),
        (Fraction(13250, 50000), Fraction(34500, 50000)),
        (Fraction(7500, 50000), Fraction(3000, 50000)),
    ),
    white=(Fraction(15635, 50000), Fraction(16450, 50000)),
    luminance=(Fraction(1, 200), Fraction(1000)),
)
METADATA = HdrMetadata(DISPLAY, LightLevel(980, 240))
HDR10 = Colour(9, 16, 9, 1)
WHOLE = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"


def side_data(has_primaries: int = 1, has_luminance: int = 1) -> bytes:
    points = [34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450]
    numbers = [part for point in points for part in (point, 50000)]
    numbers += [50, 10000, 10000000, 10000, has_primaries, has_luminance]
    return struct.pack("=22i", *numbers)


def test_side_data_is_read() -> None:
    assert parse_mastering_display(side_data()) == DISPLAY
    found = static_metadata({  # type: ignore[arg-type]
        SideDataType.MASTERING_DISPLAY_METADATA: side_data(),
        SideDataType.CONTENT_LIGHT_LEVEL: struct.pack("=2I", 980, 240),
    })  # fmt: skip
    assert found == METADATA
    assert static_metadata({}) is None


def test_metadata_of_the_container_is_read(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "a.mp4", count=2, codec="libx264", pixel_format="yuv420p10le",
        images=pictures(2, 64, 48, deep=True), colour=HDR10,
    )  # fmt: skip
    points = (13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450)  # green, blue, red, white
    display = struct.pack(">I4s8H2I", 32, b"mdcv", *points, 10000000, 50)
    insert_into_sample_entry(path, display + struct.pack(">I4s2H", 12, b"clli", 980, 240))
    with VideoReader(path) as reader:
        assert reader.info.hdr == METADATA
        assert reader.messages == []


def insert_into_sample_entry(path: Path, boxes: bytes) -> None:
    """Put boxes at the end of the description of an MP4's only track; its index must be last."""
    data = bytearray(path.read_bytes())
    starts, at = [], 0
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        at = data.index(name, at)
        starts.append(at - 4)
    starts.append(starts[-1] + 16)
    end = starts[-1] + int.from_bytes(data[starts[-1] :][:4], "big")
    data[end:end] = boxes
    for start in starts:
        size = int.from_bytes(data[start : start + 4], "big") + len(boxes)
        data[start : start + 4] = size.to_bytes(4, "big")
    path.write_bytes(data)


def test_half_of_the_side_data_may_be_missing() -> None:
    assert parse_mastering_display(side_data(1, 0)) == replace(DISPLAY, luminance=None)
    assert parse_mastering_display(side_data(0, 1)) == MasteringDisplay(
        None, None, DISPLAY.luminance
    )
    assert parse_mastering_display(side_data(0, 0)) is None


def test_dynamic_metadata_is_named_once() -> None:
    found = dict.fromkeys(
        (SideDataType.DOVI_METADATA, SideDataType.DOVI_RPU_BUFFER, SideDataType.DYNAMIC_HDR_PLUS),
        SimpleNamespace(),
    )
    assert dynamic_metadata(found) == "Dolby Vision and HDR10+"  # type: ignore[arg-type]
    assert dynamic_metadata({}) is None


@pytest.mark.parametrize(
    ("encoder", "expected"),
    [
        ("libx265", {"hdr10-opt": "1", "master-display": WHOLE, "max-cll": "980,240"}),
        ("libx264", {"mastering-display": WHOLE, "cll": "980,240"}),
        ("libvpx-vp9", {}),
    ],
)
def test_every_library_has_its_own_words(encoder: str, expected: dict[str, str]) -> None:
    assert encoder_parameters(encoder, "yuv420p10le", HDR10, METADATA) == expected


def test_svt_av1_takes_plain_numbers() -> None:
    found = encoder_parameters("libsvtav1", "yuv420p10le", HDR10, METADATA)
    assert found["content-light"] == "980,240"
    assert found["mastering-display"].startswith("G(0.26500000,0.69000000)B(0.15000000")
    assert found["mastering-display"].endswith("L(1000.00000000,0.00500000)")


@pytest.mark.parametrize(
    ("pixel_format", "colour"),
    [("yuv420p12le", HDR10), ("yuv420p10le", Colour(9, 18, 9, 1)), ("yuv420p10le", Colour())],
)
def test_bits_are_spent_for_pq_only_where_x265_can(pixel_format: str, colour: Colour) -> None:
    assert encoder_parameters("libx265", pixel_format, colour, None) == {}


def test_what_cannot_be_carried_is_named() -> None:
    assert left_behind("libx265", METADATA) == ""
    assert left_behind("ffv1", METADATA) == "mastering-display data and light levels"
    assert left_behind("ffv1", None) == ""
    half = HdrMetadata(replace(DISPLAY, luminance=None), METADATA.light)
    assert left_behind("libsvtav1", half) == "mastering-display data"
    assert "master-display" not in encoder_parameters("libx265", "yuv420p10le", HDR10, half)


@pytest.mark.parametrize(
    ("usual", "ours", "asked", "expected"),
    [
        ("log-level=error", {"max-cll": "9,3"}, "", "log-level=error:max-cll=9,3"),
        (
            "log-level=error",
            {"max-cll": "9,3"},
            "aq-mode=2",
            "log-level=error:max-cll=9,3:aq-mode=2",
        ),
        ("log-level=error", {"max-cll": "9,3"}, "max-cll=1,1", "log-level=error:max-cll=1,1"),
        ("log-level=error", {}, "log-level=full:a=b", "log-level=full:a=b"),
        ("", {}, "", ""),
    ],
)
def test_parameters_are_merged(usual: str, ours: dict[str, str], asked: str, expected: str) -> None:
    assert merged_parameters(usual, ours, asked) == expected


def test_what_a_person_asks_for_is_added_and_not_replaced() -> None:
    spec = OutputSpec(
        width=64, height=48, rate=Fraction(24), bit_depth=10, colour=HDR10, hdr=METADATA
    )
    settings = EncodeSettings(options={"x265-params": "aq-mode=2", "preset": "slow"}, crf=21)
    options = encoder_options("libx265", "yuv420p10le", spec, settings)
    assert options["x265-params"] == (
        f"log-level=error:hdr10-opt=1:master-display={WHOLE}:max-cll=980,240:aq-mode=2"
    )
    assert (options["preset"], options["crf"]) == ("slow", "21")
    assert "x264-params" not in encoder_options("libx264", "yuv420p", replace(
        spec, hdr=None, colour=Colour()
    ), EncodeSettings())  # fmt: skip
