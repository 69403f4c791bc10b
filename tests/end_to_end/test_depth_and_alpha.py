"""Depth, high dynamic range and transparency, from an encoded video to an encoded video."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.videos import cutouts, make_video, pictures

from dain.jobs import JobResult, run_job
from dain.media import Colour, Frame, VideoInfo, open_reader
from dain.media.hdr import HdrMetadata, LightLevel, MasteringDisplay
from dain.settings import EncodeSettings, JobSettings, ReadSettings, TimeSettings

COUNT = 4
# On a busy machine the threads of VP9 spend their time on waiting for each other.
QUICK = {"cpu-used": "8", "row-mt": "0"}
VP9 = {"b": "0", "crf": "4", "auto-alt-ref": "0", **QUICK}
MASTER = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
METADATA = HdrMetadata(
    MasteringDisplay(
        (
            (Fraction(34000, 50000), Fraction(16000, 50000)),
            (Fraction(13250, 50000), Fraction(34500, 50000)),
            (Fraction(7500, 50000), Fraction(3000, 50000)),
        ),
        (Fraction(15635, 50000), Fraction(16450, 50000)),
        (Fraction(1, 200), Fraction(1000)),
    ),
    LightLevel(980, 240),
)


def double(source: Path, output: Path, **encode: object) -> JobResult:
    """Twice the frames, those between blended."""
    settings = JobSettings(
        time=TimeSettings(factor=Fraction(2)),
        encode=EncodeSettings(overwrite=True, **encode),  # type: ignore[arg-type]
    )
    return run_job(source, output, settings, interpolator=BlendEngine())


def read(path: Path) -> tuple[VideoInfo, list[Frame]]:
    with open_reader(path, ReadSettings(alpha=True)) as reader:
        return reader.info, list(reader.frames())


def transparent(folder: Path, pixel_format: str = "bgra", size: tuple[int, int] = (63, 47)) -> Path:
    deep = pixel_format[-4:] in ("10le", "12le", "16le")
    return make_video(
        folder / "source.mkv", codec="ffv1", pixel_format=pixel_format,
        images=cutouts(COUNT, *size, deep), rate=12,
    )  # fmt: skip


@pytest.mark.parametrize("pixel_format", ["bgra", "gbrap10le", "gbrap12le", "gbrap16le"])
def test_alpha_through_ffv1_is_exact(tmp_path: Path, pixel_format: str) -> None:
    source = transparent(tmp_path, pixel_format)
    result = double(source, tmp_path / "out.mkv")
    assert result.warnings == ()
    before, (info, after) = read(source)[1], read(tmp_path / "out.mkv")
    assert (info.codec, info.pixel_format) == ("ffv1", pixel_format)
    assert len(after) == 2 * COUNT
    for index, frame in enumerate(before):
        np.testing.assert_array_equal(after[2 * index].pixels, frame.pixels)


@pytest.mark.parametrize(
    ("name", "encode", "tolerance"),
    [
        ("out.mov", {}, 0.3),
        ("out.webm", {"crf": 10, "options": QUICK}, 2.0),
        ("out.apng", {}, 0.0),
        ("out.webp", {}, 0.0),
        ("stills", {}, 0.0),
    ],
)
def test_alpha_of_odd_sizes_is_kept(
    tmp_path: Path, name: str, encode: Mapping[str, object], tolerance: float
) -> None:
    source = transparent(tmp_path)
    result = double(source, tmp_path / name, **encode)
    assert result.warnings == ()
    info, after = read(tmp_path / name)
    assert info.alpha
    assert (info.width, info.height) == (63, 47)
    assert len(after) == 2 * COUNT
    step = np.iinfo(after[0].pixels.dtype).max / 255
    for frame, image in zip(after[::2], cutouts(COUNT, 63, 47), strict=True):
        difference = np.abs(frame.pixels[..., 3] / step - image[..., 3])
        assert difference.mean() <= tolerance


@pytest.mark.parametrize(("name", "options"), [("out.webm", QUICK), ("out.mov", {})])
def test_lossy_edges_do_not_darken(tmp_path: Path, name: str, options: Mapping[str, str]) -> None:
    double(transparent(tmp_path), tmp_path / name, options=options)
    _, after = read(tmp_path / name)
    step = np.iinfo(after[0].pixels.dtype).max / 255
    pixels = after[4].pixels / step
    edge = (pixels[..., 3] > 40) & (pixels[..., 3] < 220)
    assert edge.sum() > 20
    # The disc is of one colour up to its edge; black lies under what cannot be seen.
    assert np.abs(pixels[edge][:, :3] - [229.5, 153, 51]).mean() < 6


def test_alpha_of_vp9_reaches_other_outputs(tmp_path: Path) -> None:
    source = make_video(
        tmp_path / "source.webm", codec="libvpx-vp9", pixel_format="yuva420p", options=VP9,
        images=cutouts(COUNT, 64, 48), rate=12,
    )  # fmt: skip
    for name, options in (("out.webm", QUICK), ("out.mkv", {})):
        assert double(source, tmp_path / name, options=options).warnings == ()
        info, after = read(tmp_path / name)
        assert info.alpha
        assert after[0].pixels[0, -1, 3] <= 2
        assert after[0].pixels[24, 16, 3] >= 250
    result = double(source, tmp_path / "out.mp4")
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("source.webm: transparency is laid on white; an output in")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert "alpha_mode" not in container.streams.video[0].metadata


def test_alpha_beside_the_pictures_survives_segments(tmp_path: Path) -> None:
    images = [cutouts(7, 32, 24)[index % 7] for index in range(62)]  # more than one segment
    source = make_video(
        tmp_path / "in.mkv", codec="ffv1", pixel_format="bgra", images=images, rate=12
    )
    double(source, tmp_path / "out.webm", options=QUICK)
    _, after = read(tmp_path / "out.webm")
    assert len(after) == 124
    for frame, image in zip(after[::2], images, strict=True):
        assert np.abs(frame.pixels[..., 3].astype(float) - image[..., 3]).mean() <= 3


def test_a_format_without_alpha_that_was_asked_for_is_told(tmp_path: Path) -> None:
    result = double(transparent(tmp_path, size=(64, 48)), tmp_path / "o.webm", pix_fmt="yuv420p")
    assert "laid on white" in result.warnings[0]
    info, frames = read(tmp_path / "o.webm")
    assert not info.alpha
    assert frames[0].pixels[0, -1].min() >= 250


def hdr_source(folder: Path, transfer: int, pixel_format: str = "yuv420p10le") -> Path:
    return make_video(
        folder / "source.mp4", codec="libx265", pixel_format=pixel_format,
        images=pictures(COUNT, 128, 96, deep=True), colour=Colour(9, transfer, 9, 1),
        options={"preset": "ultrafast", "x265-params": (
            f"log-level=error:pools=1:master-display={MASTER}:max-cll=980,240"
        )},
    )  # fmt: skip


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.webm"])
def test_hdr_comes_out_as_hdr(tmp_path: Path, name: str, transfer: int) -> None:
    source = hdr_source(tmp_path, transfer)
    fast = {"preset": "12"} if name == "out.webm" else {"preset": "ultrafast"}
    result = double(source, tmp_path / name, options=fast)
    assert result.warnings == ()
    (before, old), (after, new) = read(source), read(tmp_path / name)
    assert before.hdr == METADATA
    assert after.colour == before.colour == Colour(9, transfer, 9, 1)
    assert after.bit_depth == 10
    assert after.codec == ("av1" if name == "out.webm" else "hevc")
    assert after.hdr is not None
    assert after.hdr.light == METADATA.light
    assert _numbers(after.hdr) == pytest.approx(_numbers(METADATA), abs=4e-5)
    for frame, twin in zip(old, new[::2], strict=True):
        assert np.abs(frame.pixels.astype(float) - twin.pixels).mean() / 257 < 2


def _numbers(metadata: HdrMetadata) -> list[float]:
    display = metadata.display
    assert display is not None
    assert display.primaries is not None
    assert display.white is not None
    assert display.luminance is not None
    points = [part for point in (*display.primaries, display.white) for part in point]
    return [float(part) for part in (*points, *display.luminance)]


def test_hdr_into_a_lossless_codec_says_what_is_missing(tmp_path: Path) -> None:
    result = double(hdr_source(tmp_path, 16), tmp_path / "out.mkv", codec="ffv1")
    assert len(result.warnings) == 1
    assert result.warnings[0].startswith("mastering-display data and light levels of the source")
    info, _ = read(tmp_path / "out.mkv")
    assert (info.colour.transfer, info.hdr) == (16, None)


@pytest.mark.parametrize(("name", "codec"), [("o.mkv", "ffv1"), ("o.mp4", None)])
def test_12_bits_stay_12_bits(tmp_path: Path, name: str, codec: str | None) -> None:
    # A ramp in steps of 1/4095: at 10 bits four neighbours would become one.
    codes = (1024 + np.arange(64)).astype(np.float64)
    ramp = np.tile(np.rint(codes / 4095 * 65535).astype(np.uint16)[None, :, None], (48, 1, 3))
    source = make_video(
        tmp_path / "source.mkv", codec="ffv1", pixel_format="gbrp12le", images=[ramp] * COUNT
    )
    # HEVC without quantisation, for what is asked is how many bits it holds.
    options = {} if codec else {"x265-params": "lossless=1:pools=1", "preset": "ultrafast"}
    assert double(source, tmp_path / name, codec=codec, options=options).warnings == ()
    info, frames = read(tmp_path / name)
    assert info.bit_depth == 12
    row = frames[2].pixels[20, :, 1].astype(np.float64)
    assert len(np.unique(row)) >= 52  # of 64; luma of limited range has 3504 codes for 4096
    assert np.abs(row - ramp[0, :, 1]).max() <= 24


def test_hdr_into_stills_says_that_they_look_pale(tmp_path: Path) -> None:
    result = double(hdr_source(tmp_path, 16), tmp_path / "stills")
    assert [warning.split(":")[0] for warning in result.warnings] == [
        "stills cannot note the source's wide or high dynamic range colour"
    ]
    _, frames = read(tmp_path / "stills")
    assert frames[0].pixels.dtype == np.uint16
