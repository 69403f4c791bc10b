"""EXR: scene-linear light, windows, channels and attributes, there and back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest
from tests.support.stills import exr_of, linear, png_of, read_exr

from dain.errors import MediaError
from dain.media import Frame, FrameReader, OutputSpec, open_reader, open_writer
from dain.media.scene_light import developed, linear_of, scene_linear, srgb_of
from dain.settings import EncodeSettings, ReadSettings

LINEAR = ReadSettings(stills_rate=Fraction(24), alpha=True, scene_linear=True)
SHOWN = ReadSettings(stills_rate=Fraction(24))


def light(seed: int, channels: int = 3) -> np.ndarray:
    """Half floats below 0, far above 1, tiny, infinite, and no number at all."""
    values = np.random.default_rng(seed).normal(0, 4, (5, 7, channels)).astype(np.float16)
    values[0, 0] = [np.inf, -np.inf, np.nan, 0.5][:channels]
    values[0, 1] = [65504, 6e-8, -0.0, 0.0][:channels]
    return values


def window(left: int, top: int, width: int = 7, height: int = 5) -> tuple[np.ndarray, np.ndarray]:
    low, high = (left, top), (left + width - 1, top + height - 1)
    return np.array(low, np.int32), np.array(high, np.int32)


def save(folder: Path, *files: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for number, data in enumerate(files, 1):
        (folder / f"shot.{number:04d}.exr").write_bytes(data)
    return folder


def seen(path: Path, settings: ReadSettings = LINEAR) -> tuple[FrameReader, list[np.ndarray]]:
    with open_reader(path, settings) as reader:
        return reader, [frame.pixels for frame in reader.frames()]


def passed_on(source: Path, output: Path, **spec: Any) -> list[str]:
    """Write the frames of a source as they are read; returns the writer's messages."""
    reader, frames = seen(source)
    info = reader.info
    whole = OutputSpec(
        width=info.width, height=info.height, rate=Fraction(48), bit_depth=info.bit_depth,
        alpha=info.alpha, sample_aspect_ratio=info.sample_aspect_ratio, source=source, **spec,
    )  # fmt: skip
    with open_writer(output, whole, EncodeSettings(codec="exr")) as writer:
        for index, pixels in enumerate(frames):
            writer.write(Frame(pixels, index, Fraction(1, 48), 1, index))
    return writer.messages


def bits(plane: np.ndarray) -> np.ndarray:
    return plane.view(np.uint16 if plane.dtype == np.float16 else np.uint32)


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("channels", [3, 4])
def test_frames_pass_through_bit_for_bit(tmp_path: Path, kind: Any, channels: int) -> None:
    files = [exr_of(light(seed, channels), kind) for seed in range(2)]
    passed_on(save(tmp_path / "in", *files), tmp_path / "out")
    for data, output in zip(files, sorted((tmp_path / "out").iterdir()), strict=True):
        before, after = read_exr(data)[0], read_exr(output.read_bytes())[0]
        assert before.keys() == after.keys()
        for name in before:
            assert after[name].dtype == kind
            np.testing.assert_array_equal(bits(before[name]), bits(after[name]))


def test_attributes_stay_and_what_does_not_is_named(tmp_path: Path) -> None:
    header = {
        "compression": OpenEXR.PIZ_COMPRESSION,
        "pixelAspectRatio": 2.0,
        "framesPerSecond": Fraction(25),
        "owner": "a studio",
        "chromaticities": (0.7, 0.3, 0.2, 0.7, 0.1, 0.1, 0.31, 0.33),
        "dataWindow": window(3, -2),
        "displayWindow": window(0, 0, 16, 9),
    }
    depth = {"Z": np.ones((5, 7), np.float32)}
    source = save(tmp_path / "in", *[exr_of(light(k), np.float16, depth, **header) for k in (1, 2)])
    reader, _ = seen(source)
    assert reader.info.sample_aspect_ratio == 2
    assert reader.info.rates == (24,)
    assert seen(source, ReadSettings())[0].info.rates == (25,)
    assert (
        reader.messages[0] == "shot.0001.exr: the channels Z are left behind; only R, G, B are read"
    )
    passed_on(source, tmp_path / "out")
    planes, after = read_exr((tmp_path / "out" / "00000000.exr").read_bytes())
    assert planes.keys() == set("RGB")
    assert after["framesPerSecond"] == 48
    assert after["compression"] == OpenEXR.PIZ_COMPRESSION
    assert (after["pixelAspectRatio"], after["owner"]) == (2.0, "a studio")
    assert after["chromaticities"] == pytest.approx(header["chromaticities"])
    for name in ("dataWindow", "displayWindow"):
        np.testing.assert_array_equal(after[name], header[name])


def test_lossy_compression_and_a_time_code_are_told(tmp_path: Path) -> None:
    header = {"compression": OpenEXR.DWAA_COMPRESSION, "keyCode": OpenEXR.KeyCode()}
    source = save(tmp_path / "in", exr_of(light(1), np.float16, **header))
    messages = passed_on(source, tmp_path / "out")
    assert any("keyCode" in message for message in messages)
    assert any("with loss (DWAA)" in message for message in messages)


def test_differing_data_windows_share_the_window_that_holds_all(tmp_path: Path) -> None:
    display = window(0, 0, 12, 8)
    pair = [
        exr_of(np.full((5, 7, 4), 2.0), dataWindow=window(left, 1), displayWindow=display)
        for left in (-2, 3)
    ]
    reader, frames = seen(save(tmp_path / "in", *pair))
    assert (reader.info.width, reader.info.height) == (12, 5)
    assert (frames[0][:, :7] == 2).all()
    assert not frames[0][:, 7:].any()
    assert (frames[1][:, 5:] == 2).all()
    assert not frames[1][:, :5].any()
    reader, frames = seen(tmp_path / "in", SHOWN)
    assert (reader.info.width, reader.info.height) == (12, 8)
    assert frames[0].shape == (8, 12, 3)


def test_what_is_shown_is_srgb_on_white(tmp_path: Path) -> None:
    grid = np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7)
    pixels = np.dstack([grid, grid / 2, grid * 0 + 3, grid * 0 + 1])
    pixels[4, :, :] = 0
    reader, (only,) = seen(save(tmp_path / "in", exr_of(pixels)), SHOWN)
    assert only.dtype == np.uint16
    assert (only[4] == 65535).all()
    np.testing.assert_allclose(linear(only[:4, :, :2].copy()), pixels[:4, :, :2], atol=2e-5)
    assert (only[:4, :, 2] == 65535).all()
    assert len(reader.messages) == 2
    assert "laid on white" in reader.messages[0]
    assert "clipped to sRGB" in reader.messages[1]


def test_alpha_is_taken_out_of_colours_for_the_display() -> None:
    pixels = np.array([[[0.25, 0.5, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0]]], np.float32)
    shown = developed(pixels, alpha=True)
    np.testing.assert_allclose(
        shown[0, 0] / 65535, [srgb_of(np.float32(0.5)), 1, 0, 0.5], atol=1e-4
    )
    back = scene_linear(shown)
    np.testing.assert_allclose(back, pixels, atol=1e-4)


def test_the_curve_of_srgb_has_an_inverse() -> None:
    values = np.linspace(0, 1, 1001, dtype=np.float32)
    np.testing.assert_allclose(linear_of(srgb_of(values)), values, atol=1e-6)
    np.testing.assert_allclose(srgb_of(np.array([0.0, 1.0], np.float32)), [0, 1], atol=1e-6)


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("beauty.R", "beauty.G", "beauty.B", "beauty.A", "Z"), "RGBA"),
        (("Y", "A"), "YA"),
        (("Z",), "Z"),
    ],
)
def test_layers_luminance_and_single_channels(
    tmp_path: Path, names: tuple[str, ...], kept: str
) -> None:
    planes = {name: np.full((5, 7), k + 1.0, np.float16) for k, name in enumerate(names)}
    first = exr_of(np.zeros((5, 7, 0)), extra=planes)
    passed_on(save(tmp_path / "in", first), tmp_path / "out")
    after, _ = read_exr((tmp_path / "out" / "00000000.exr").read_bytes())
    assert sorted(after) == sorted(kept)
    for name in kept:
        before = planes.get(name, planes.get(f"beauty.{name}"))
        np.testing.assert_array_equal(after[name], before)


def test_a_tiled_file_of_several_parts(tmp_path: Path) -> None:
    plane = np.ones((5, 7), np.float16)
    tiles = {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
    parts = [
        OpenEXR.Part({}, {"Z": plane}, "depth"),
        OpenEXR.Part(tiles, dict.fromkeys("RGB", plane * 3), "beauty"),
    ]
    (tmp_path / "in").mkdir()
    OpenEXR.File(parts).write(str(tmp_path / "in" / "1.exr"))
    _, (only,) = seen(tmp_path / "in")
    assert (only == 3).all()


@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "DWAB"])
def test_a_cut_file_is_damage_and_nothing_is_printed(
    tmp_path: Path, compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kind = getattr(OpenEXR, f"{compression}_COMPRESSION")
    tall = np.random.default_rng(1).random((300, 7, 3))
    whole = exr_of(tall, np.float16, compression=kind)
    cuts = [whole[: len(whole) // 2], whole[:-2], whole[:200], b""]
    reader, frames = seen(save(tmp_path / "in", whole, *cuts, whole))
    assert len(frames) == 2
    assert reader.damage.corrupt == 4
    assert capfd.readouterr() == ("", "")


def test_what_is_inside_is_damaged(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = exr_of(np.random.default_rng(1).random((64, 64, 3)), np.float16)
    broken = whole[:3000] + bytes(500) + whole[3500:]
    reader, frames = seen(save(tmp_path / "in", whole, broken, whole))
    assert (len(frames), reader.damage.corrupt) == (2, 1)
    assert capfd.readouterr().out == ""


def test_a_header_of_a_huge_picture_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dain.media.exr.MOST_PIXELS", 34)  # one less than there are
    folder = save(tmp_path / "in", exr_of(light(1)))
    with pytest.raises(MediaError, match="none that can be decoded"):
        open_reader(folder, LINEAR)


def test_values_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    reader, _ = seen(save(tmp_path / "in", exr_of(light(1)), exr_of(light(2))))
    assert len(reader.messages) == 1
    assert "no finite numbers" in reader.messages[0]


def test_kinds_do_not_mix(tmp_path: Path) -> None:
    save(tmp_path / "in", exr_of(light(1)))
    (tmp_path / "in" / "preview.png").write_bytes(png_of(np.zeros((5, 7, 3), np.uint8)))
    with pytest.raises(MediaError, match=r"one kind, found shot\.0001\.exr and preview\.png"):
        open_reader(tmp_path / "in")


def test_sizes_do_not_mix(tmp_path: Path) -> None:
    display = [exr_of(light(1), displayWindow=window(0, 0, width)) for width in (7, 9)]
    with pytest.raises(MediaError, match=r"7x5 and .* with 9x5"):
        open_reader(save(tmp_path / "in", *display))


def test_deep_pixels_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.exr").write_bytes(b"v/1\x01\x02\x08\x00\x00" + bytes(400))
    with pytest.raises(MediaError, match="none that can be decoded; deep images"):
        open_reader(tmp_path / "in")


@pytest.mark.parametrize(("dtype", "kind"), [(np.uint8, np.float16), (np.uint16, np.float32)])
def test_frames_for_the_eye_become_light(tmp_path: Path, dtype: Any, kind: Any) -> None:
    top = np.iinfo(dtype).max
    shown = np.random.default_rng(3).integers(0, top, (5, 7, 4), dtype, endpoint=True)
    spec = OutputSpec(7, 5, Fraction(24), bit_depth=8 * shown.itemsize, alpha=True)
    with open_writer(tmp_path / "out.zip", spec, EncodeSettings(codec="exr")) as writer:
        writer.write(Frame(shown, 0, Fraction(1, 24), 1, 0))
    assert writer.messages == ["an .exr holds linear light; frames are turned from sRGB into it"]
    _, (found,) = seen(tmp_path / "out.zip")
    cover = shown[..., 3:] / top
    expected = np.dstack([linear(shown[..., :3]) * cover, cover])
    np.testing.assert_allclose(found, expected, atol=5e-4 if kind == np.float16 else 1e-6)


def test_light_beyond_half_is_as_bright_as_half_can_be(tmp_path: Path) -> None:
    source = save(tmp_path / "in", exr_of(np.ones((5, 7, 3)), np.float16))
    spec = OutputSpec(7, 5, Fraction(24), bit_depth=16, source=source)
    with open_writer(tmp_path / "out", spec, EncodeSettings(codec="exr")) as writer:
        writer.write(Frame(np.full((5, 7, 3), -1e6, np.float32), 0, Fraction(1, 24), 1, 0))
    planes, _ = read_exr((tmp_path / "out" / "00000000.exr").read_bytes())
    assert (planes["R"] == -65504).all()
