from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from dain.errors import EncodeError, MediaError, OutputError
from dain.media.frame import Frame, OutputSpec
from dain.media.opening import open_reader, open_writer
from dain.media.stills import StillsReader, StillsWriter, is_stills, is_stills_output
from dain.media.stills_codec import decode_still, encode_still, stored_size, to_depth
from dain.media.stills_pictures import decode_picture
from dain.settings import EncodeSettings, ReadSettings

WIDTH, HEIGHT = 7, 5
DEFAULTS = ReadSettings()
SPEC = OutputSpec(width=WIDTH, height=HEIGHT, rate=Fraction(24))


def picture(
    seed: int, dtype: type = np.uint8, width: int = WIDTH, height: int = HEIGHT
) -> np.ndarray:
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, (height, width, 3), dtype, endpoint=True)


def smooth(width: int = 32, height: int = 24) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 4, y * 5, 128 + 0 * x], axis=-1).astype(np.uint8)


def frame(pixels: np.ndarray, index: int) -> Frame:
    return Frame(pixels, index, Fraction(1, 24), 1, index)


def save(folder: Path, *names: str, **changes: object) -> list[np.ndarray]:
    folder.mkdir(exist_ok=True)
    pictures = [picture(seed, **changes) for seed in range(len(names))]  # type: ignore[arg-type]
    for name, pixels in zip(names, pictures, strict=True):
        (folder / name).write_bytes(encode_still(pixels, "png"))
    return pictures


def seen(path: Path, **settings: Any) -> tuple[StillsReader, list[Frame]]:
    with StillsReader(path, ReadSettings(**settings)) as reader:
        assert isinstance(reader, StillsReader)
        return reader, list(reader.frames())


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def write(path: Path, *pictures: np.ndarray, **settings: object) -> StillsWriter:
    height, width = pictures[0].shape[:2]
    spec = OutputSpec(width=width, height=height, rate=Fraction(24))
    with StillsWriter(path, spec, EncodeSettings(**settings)) as writer:  # type: ignore[arg-type]
        for index, pixels in enumerate(pictures):
            writer.write(frame(pixels, index))
    assert isinstance(writer, StillsWriter)
    return writer


# --- which paths are stills ---


def test_what_is_an_input_of_stills(tmp_path: Path) -> None:
    assert is_stills(tmp_path)
    assert is_stills(tmp_path / "%05d.png")
    assert is_stills(tmp_path / "shot_%d.JPG")
    assert is_stills(tmp_path / "%05d.bmp")
    for name in ("clip.mp4", "one.png", "100%done.mp4", "a%d_%d.png", "missing"):
        assert not is_stills(tmp_path / name)
    save(tmp_path, "%05d.png")
    assert not is_stills(tmp_path / "%05d.png")


def test_what_is_an_output_of_stills(tmp_path: Path) -> None:
    (tmp_path / "v1.5").mkdir()
    for name in ("", "out", "out/", "v1.5", "%05d.png", "new.v2/%d.tiff"):
        assert is_stills_output(tmp_path / name)
    for name in ("out.mp4", "-", "one.png", "new.v2", "100%done.mp4"):
        assert not is_stills_output(Path(name))


def test_opening_chooses_stills(tmp_path: Path) -> None:
    save(tmp_path / "in", "a.png")
    assert isinstance(open_reader(tmp_path / "in"), StillsReader)
    writer = open_writer(tmp_path / "out", SPEC)
    assert isinstance(writer, StillsWriter)
    writer.abort()


# --- reading ---


def test_folder_in_natural_order_without_strangers(tmp_path: Path) -> None:
    made = save(tmp_path, "f1.png", "f2.PNG", "f10.png", "g1.png")
    (tmp_path / "sub.png").mkdir()
    for name in (".f3.png", "notes.txt", "thumbs.db"):
        (tmp_path / name).write_bytes(b"?")
    reader, frames = seen(tmp_path)
    assert [f.pts for f in frames] == [f.index for f in frames] == [0, 1, 2, 3]
    for f, pixels in zip(frames, made, strict=True):
        np.testing.assert_array_equal(f.pixels, pixels)
        assert f.pixels.flags.c_contiguous
    assert not reader.damage
    assert reader.messages == []


def test_what_is_known_before_decoding(tmp_path: Path) -> None:
    save(tmp_path, "1.png", "2.png", "3.png")
    rate = Fraction(30000, 1001)
    reader, frames = seen(tmp_path, stills_rate=rate)
    info = reader.info
    assert (info.width, info.height, info.bit_depth) == (WIDTH, HEIGHT, 8)
    assert (info.rates, info.time_base, info.frame_count) == ((rate,), 1 / rate, 3)
    assert (info.codec, info.pixel_format, info.duration) == ("png", "rgb24", 3 / rate)
    assert frames[2].time == 2 / rate
    stamps = reader.timestamps()
    assert (list(stamps.pts), stamps.time_base, stamps.last_duration) == ([0, 1, 2], 1 / rate, 1)


def test_reading_from_the_middle_and_again(tmp_path: Path) -> None:
    save(tmp_path, "a_02.png", "a_03.png", "a_06.png")
    (tmp_path / "a_05.png").write_bytes(b"broken")
    with StillsReader(tmp_path / "a_%02d.png", DEFAULTS) as reader:
        for asked, first in ((None, 0), (-5, 0), (0, 0), (1, 1), (2, 1), (3, 1), (4, 4), (9, 4)):
            assert next(reader.frames(asked)).pts == first
        assert [(f.pts, f.index) for f in reader.frames()] == [(0, 0), (1, 1), (4, 3)]
        assert [f.pts for f in reader.frames(1)] == [1, 4]
        assert reader.damage.corrupt == 2


def test_pattern_starts_where_the_numbers_do(tmp_path: Path) -> None:
    save(tmp_path, "0098.png", "0099.png", "0100.png", "100.png", "x0101.png", "12345.png")
    _, frames = seen(tmp_path / "%04d.png")
    assert [f.pts for f in frames] == [0, 1, 2, 12345 - 98]
    with pytest.raises(MediaError):
        seen(tmp_path / "x%d.png")


def test_missing_numbers_are_damage(tmp_path: Path) -> None:
    save(tmp_path, "1.png", "2.png", "5.png", "7.png")
    reader, frames = seen(tmp_path / "%d.png")
    assert [f.pts for f in frames] == [0, 1, 4, 6]
    assert reader.damage.corrupt == 3
    assert len(reader.damage.messages) == 1
    assert "3 numbers are missing" in reader.damage.messages[0]
    assert "between 2.png and 5.png" in reader.damage.messages[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("image_format", ["png", "tiff"])
def test_both_depths(tmp_path: Path, dtype: type, image_format: str) -> None:
    made = picture(1, dtype)
    (tmp_path / f"a.{image_format}").write_bytes(encode_still(made, image_format))
    reader, (only,) = seen(tmp_path)
    assert only.pixels.dtype == dtype
    np.testing.assert_array_equal(only.pixels, made)
    assert reader.info.bit_depth == 8 * made.dtype.itemsize
    assert reader.info.codec == image_format


def test_mixed_depths_follow_the_first(tmp_path: Path) -> None:
    deep, shallow = picture(1, np.uint16), picture(2)
    for name, pixels in (("a1.png", deep), ("a2.png", shallow), ("b1.png", shallow)):
        (tmp_path / name).write_bytes(encode_still(pixels, "png"))
    (tmp_path / "b2.png").write_bytes(encode_still(deep, "png"))
    reader, frames = seen(tmp_path / "a%d.png")
    np.testing.assert_array_equal(frames[1].pixels, shallow.astype(np.uint16) * 257)
    assert len(reader.messages) == 1
    assert "a2.png has 8 bits" in reader.messages[0]
    _, frames = seen(tmp_path / "b%d.png")
    np.testing.assert_array_equal(frames[1].pixels, np.round(deep / 257).astype(np.uint8))


def test_depth_changes_there_and_back() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
    deep = to_depth(values, np.dtype(np.uint16))
    assert (deep.min(), deep.max()) == (0, 65535)
    np.testing.assert_array_equal(to_depth(deep, np.dtype(np.uint8)), values)


def test_grey_and_alpha(tmp_path: Path) -> None:
    grey = picture(1)[:, :, 0]
    cv2_png = cv2.imencode(".png", grey)[1].tobytes()
    (tmp_path / "1.png").write_bytes(cv2_png)
    reader, (only,) = seen(tmp_path)
    np.testing.assert_array_equal(only.pixels, np.dstack([grey] * 3))
    assert reader.info.pixel_format == "gray"


def test_transparency_is_kept_or_laid_on_white(tmp_path: Path) -> None:
    rgba = np.dstack([picture(2), np.full((5, 7), 255, np.uint8)])
    rgba[:2, :, 3] = 0
    for name in ("0.png", "2.png"):
        (tmp_path / name).write_bytes(encode_still(rgba, "png"))
    (tmp_path / "3.png").write_bytes(encode_still(picture(3), "png"))
    reader, frames = seen(tmp_path)
    assert (frames[0].pixels[:2] == 255).all()
    np.testing.assert_array_equal(frames[0].pixels[2:], rgba[2:, :, :3])
    assert (reader.info.pixel_format, reader.info.alpha) == ("rgba", False)
    assert reader.messages == ["0.png is transparent in places; transparency is laid on white"]
    reader, frames = seen(tmp_path, alpha=True)
    assert reader.info.alpha
    assert reader.messages == []
    np.testing.assert_array_equal(frames[1].pixels, rgba)
    np.testing.assert_array_equal(frames[2].pixels[..., :3], picture(3))
    assert (frames[2].pixels[..., 3] == 255).all()


def test_palette(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0)
    palette = bytes([255, 0, 0, 0, 0, 200])
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"PLTE", palette)
    data += chunk(b"IDAT", zlib.compress(b"\x00\x01\x00")) + chunk(b"IEND", b"")
    (tmp_path / "p.png").write_bytes(data)
    _, (only,) = seen(tmp_path)
    assert only.pixels.tolist() == [[[0, 0, 200], [255, 0, 0]]]


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def test_jpeg_is_turned_upright(tmp_path: Path) -> None:
    plain = smooth()
    upright = encode_still(plain, "jpeg")
    lying = with_orientation(encode_still(np.ascontiguousarray(np.rot90(plain)), "jpeg"), 6)
    (tmp_path / "1.jpg").write_bytes(upright)
    (tmp_path / "2.jpg").write_bytes(lying)
    assert stored_size(upright) == (32, 24)
    assert stored_size(lying) == (24, 32)
    _, frames = seen(tmp_path)
    for f in frames:
        assert np.abs(f.pixels.astype(int) - plain).mean() < 2


def test_stills_of_differing_size_are_refused_at_once(tmp_path: Path) -> None:
    save(tmp_path, "1.png", "2.png")
    (tmp_path / "3.jpg").write_bytes(encode_still(smooth(), "jpeg"))
    with pytest.raises(MediaError, match=r"1\.png with 7x5 and 3\.jpg with 32x24"):
        StillsReader(tmp_path, DEFAULTS)


@pytest.mark.parametrize("name", ["3.png", "3.tiff"])
def test_stills_of_differing_size_are_refused_when_met(tmp_path: Path, name: str) -> None:
    save(tmp_path, "1.png", "2.png")
    turned = np.ascontiguousarray(picture(3).transpose(1, 0, 2))
    (tmp_path / name).write_bytes(encode_still(turned, name[2:]))
    reader = StillsReader(tmp_path, DEFAULTS)
    with pytest.raises(MediaError, match=r"1\.png with 7x5 and 3\.\w+ with 5x7"):
        list(reader.frames())


@pytest.mark.parametrize("image_format", ["png", "jpeg", "tiff", "webp"])
def test_damaged_stills_are_bridged_and_counted(tmp_path: Path, image_format: str) -> None:
    whole = encode_still(smooth(), image_format)
    suffix = "jpg" if image_format == "jpeg" else image_format
    cut = {0: b"", 2: whole[: len(whole) // 2], 4: whole[:-5], 5: b"no image at all, but text"}
    for number in range(7):
        (tmp_path / f"{number}.{suffix}").write_bytes(cut.get(number, whole))
    reader, frames = seen(tmp_path)
    assert [f.pts for f in frames] == [1, 3, 6]
    assert reader.damage.corrupt == 4
    assert reader.damage.messages[1] == f"2.{suffix} cannot be decoded; bridged"
    assert len(reader.timestamps().pts) == 7
    assert len(list(reader.frames())) == 3
    assert reader.damage.corrupt == 4


def test_a_whole_thumbnail_does_not_hide_a_cut_jpeg() -> None:
    jpeg = encode_still(smooth(), "jpeg")
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(jpeg) + 2) + jpeg
    assert decode_still(jpeg[:2] + thumbnail + jpeg[2:]) is not None
    assert decode_still(jpeg[:2] + thumbnail + jpeg[2:-20]) is None


def test_fill_bytes_before_a_marker_are_passed_over() -> None:
    jpeg = encode_still(smooth(), "jpeg")
    filled = jpeg[:2] + b"\xff\xff" + jpeg[2:]
    assert stored_size(filled) == (32, 24)
    assert decode_still(filled) is not None


def test_noise_is_no_image() -> None:
    noise = np.random.default_rng(5).bytes(400)
    for start in (
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xff\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF",
        b"II*\0",
    ):
        assert decode_still(start + noise) is None
        assert decode_still(start) is None
        stored_size(start + noise)


def test_float_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tiff").write_bytes(
        cv2.imencode(".tiff", np.ones((4, 4), np.float32))[1].tobytes()
    )
    with pytest.raises(MediaError, match="none that can be decoded"):
        StillsReader(tmp_path, DEFAULTS)


def test_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("?")
    for path in (tmp_path, tmp_path / "%05d.png"):
        with pytest.raises(MediaError, match="expected PNG, JPEG, TIFF, WebP or EXR images"):
            StillsReader(path, DEFAULTS)
    with pytest.raises(MediaError, match="cannot read the folder"):
        StillsReader(tmp_path / "missing" / "%05d.png", DEFAULTS)
    (tmp_path / "1.png").write_bytes(b"?")
    with pytest.raises(MediaError, match="none that can be decoded"):
        StillsReader(tmp_path, DEFAULTS)


def test_names_beyond_ascii(tmp_path: Path) -> None:
    folder = tmp_path / "Übung ☃"
    made = [picture(seed) for seed in range(2)]
    write(folder / "bück_%03d.png", *made)
    assert names_in(folder) == ["bück_000.png", "bück_001.png"]
    _, frames = seen(folder)
    np.testing.assert_array_equal(frames[1].pixels, made[1])


# --- writing ---


@pytest.mark.parametrize(
    ("name", "codec", "dtype", "first"),
    [
        ("out", None, np.uint8, "00000000.png"),
        ("out", None, np.uint16, "00000000.png"),
        ("out", "tiff", np.uint16, "00000000.tiff"),
        ("out", "webp", np.uint8, "00000000.webp"),
        ("f_%03d.tif", None, np.uint8, "f_000.tif"),
        ("f_%d.webp", "webp", np.uint8, "f_0.webp"),
        ("%05d.PNG", "png", np.uint16, "00000.PNG"),
    ],
)
def test_lossless_there_and_back(
    tmp_path: Path, name: str, codec: str | None, dtype: type, first: str
) -> None:
    made = [picture(seed, dtype) for seed in range(3)]
    path = tmp_path / "stills" / name
    path.parent.mkdir()
    writer = write(path, *made, codec=codec)
    folder = path if name == "out" else path.parent
    assert names_in(folder)[0] == first
    assert len(names_in(folder)) == 3
    assert names_in(path.parent) == (["out"] if name == "out" else names_in(folder))
    assert writer.messages == []
    _, frames = seen(path)
    for f, pixels in zip(frames, made, strict=True):
        np.testing.assert_array_equal(f.pixels, pixels)


def test_jpeg_is_close_and_of_full_chroma(tmp_path: Path) -> None:
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2, 0] = 255
    write(tmp_path / "out", stripes, codec="jpg")
    assert names_in(tmp_path / "out") == ["00000000.jpg"]
    _, (only,) = seen(tmp_path / "out")
    assert np.abs(only.pixels.astype(int) - stripes).mean() < 8


@pytest.mark.parametrize("codec", ["jpeg", "webp"])
def test_sixteen_bits_are_rounded_with_one_message(tmp_path: Path, codec: str) -> None:
    deep = to_depth(smooth(), np.dtype(np.uint16))
    writer = write(tmp_path / "out", deep, deep, codec=codec)
    assert writer.messages == [f"{codec} holds 8 bits a component; 16 are rounded"]
    _, frames = seen(tmp_path / "out")
    assert np.abs(frames[1].pixels.astype(int) - smooth()).mean() < 2


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("out", {"crf": 20}, "--crf does not apply"),
        ("out", {"pix_fmt": "rgb24"}, "--pix-fmt does not apply"),
        ("out", {"options": {"a": "b"}}, "--encoder-option does not apply"),
        ("out", {"codec": "libx264"}, "expected png, jpg, tiff, webp or exr"),
        ("%d.png", {"codec": "jpg"}, "expected png by the name"),
        ("%05d.bmp", {}, r"expected a pattern that ends in"),
        ("missing/too/%d.png", {}, "does not exist"),
        ("missing/out", {}, "does not exist"),
        ("file", {}, "expected a folder"),
    ],
)
def test_outputs_that_cannot_be(
    tmp_path: Path, name: str, settings: dict[str, object], message: str
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=message):
        StillsWriter(tmp_path / name, SPEC, EncodeSettings(**settings))  # type: ignore[arg-type]
    assert names_in(tmp_path) == ["file"]


def test_an_existing_output_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "holiday.txt").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write(folder, picture(0))
    write(folder / "%d.png", picture(0))
    with pytest.raises(OutputError, match="--overwrite"):
        write(folder / "%d.png", picture(1))
    assert names_in(folder) == ["0.png", "holiday.txt"]
    np.testing.assert_array_equal(decode_still((folder / "0.png").read_bytes()), picture(0))


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    write(tmp_path, picture(0))
    assert names_in(tmp_path) == ["00000000.png"]


def test_overwriting_replaces_the_same_names_only(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write(folder, *(picture(seed) for seed in range(4)))
    (folder / "holiday.txt").write_text("mine")
    (folder / "sub").mkdir()
    writer = write(folder, picture(7), picture(8), overwrite=True)
    assert names_in(folder) == [f"0000000{n}.png" for n in range(4)] + ["holiday.txt", "sub"]
    np.testing.assert_array_equal(decode_still((folder / "00000001.png").read_bytes()), picture(8))
    assert len(writer.messages) == 1
    assert "2 stills from 00000002.png on" in writer.messages[0]
    writer = write(folder, *(picture(seed) for seed in range(4)), overwrite=True)
    assert writer.messages == []


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    writer = StillsWriter(tmp_path / "out", SPEC, EncodeSettings())
    writer.write(frame(picture(0), 0))
    assert names_in(tmp_path) != ["out"]
    with pytest.raises(ZeroDivisionError), writer:
        _ = 1 / 0
    writer.abort()
    assert names_in(tmp_path) == []


def test_a_failed_overwrite_leaves_the_old(tmp_path: Path) -> None:
    write(tmp_path / "out", picture(0))
    writer = StillsWriter(tmp_path / "out", SPEC, EncodeSettings(overwrite=True))
    writer.write(frame(picture(1), 0))
    with pytest.raises(EncodeError, match="expected frames of shape"), writer:
        writer.write(frame(picture(1, width=8), 1))
    assert names_in(tmp_path / "out") == ["00000000.png"]
    pixels = decode_still((tmp_path / "out" / "00000000.png").read_bytes())
    np.testing.assert_array_equal(pixels, picture(0))


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    writer = StillsWriter(tmp_path / "out", SPEC, EncodeSettings())
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(EncodeError, match="no space left on device"), writer:
        writer.write(frame(picture(0), 0))
    assert names_in(tmp_path) == []


def test_what_a_format_cannot_hold_is_an_encode_error(tmp_path: Path) -> None:
    spec = OutputSpec(width=17000, height=1, rate=Fraction(24))
    writer = StillsWriter(tmp_path / "out", spec, EncodeSettings(codec="webp"))
    with pytest.raises(EncodeError, match=r"cannot write 00000000\.webp") as caught, writer:
        writer.write(frame(np.zeros((1, 17000, 3), np.uint8), 0))
    assert "\n" not in str(caught.value)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("source", "output", "refused"),
    [
        ("", "", True),
        ("", "%d.png", True),
        ("%d.png", "", True),
        ("%d.png", "%05d.png", True),
        ("%d.png", "smooth_%d.png", False),
        ("", "../other", False),
    ],
)
def test_the_input_is_never_the_output(
    tmp_path: Path, source: str, output: str, refused: bool
) -> None:
    folder = tmp_path / "in"
    save(folder, "1.png", "2.png")
    spec = OutputSpec(WIDTH, HEIGHT, Fraction(24), source=folder / source)
    if refused:
        with pytest.raises(OutputError, match="another place"):
            StillsWriter(folder / output, spec, EncodeSettings(overwrite=True))
    else:
        StillsWriter(folder / output, spec, EncodeSettings()).abort()
    assert names_in(folder) == ["1.png", "2.png"]


def test_sound_left_behind_is_named(tmp_path: Path) -> None:
    source = tmp_path / "sound.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    writer = StillsWriter(
        tmp_path / "out", OutputSpec(WIDTH, HEIGHT, Fraction(24), source=source), EncodeSettings()
    )
    assert writer.messages == ["stills hold pictures only; the source's audio is left behind"]
    writer.abort()
    spec = OutputSpec(WIDTH, HEIGHT, Fraction(24), source=tmp_path / "missing.mp4")
    writer = StillsWriter(tmp_path / "out", spec, EncodeSettings())
    assert writer.messages == []
    writer.abort()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_damaged_png_is_found_without_a_word_of_libpng(capfd, channels, kind) -> None:
    pixels = np.random.default_rng(1).integers(0, np.iinfo(kind).max, (32, 32, channels), kind)
    still = encode_still(pixels, "png")
    middle = len(still) // 2
    for damaged in (still[:middle], still[:middle] + b"?" + still[middle + 1 :]):
        assert decode_picture(damaged) is None
    assert np.array_equal(decode_picture(still), pixels)
    assert capfd.readouterr() == ("", "")
