"""ICC profiles of stills: carried on where that is done, else named."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from dain.media import Frame, open_reader, open_writer
from dain.media.frame import OutputSpec
from dain.media.still_profiles import with_profile, with_tag
from dain.media.stills_codec import encode_still
from dain.media.stills_pictures import decode_picture
from dain.settings import EncodeSettings

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PICTURE = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)


def profile_in(still: bytes) -> bytes | None:
    with Image.open(io.BytesIO(still)) as image:
        image.load()
        return image.info.get("icc_profile")


def save(folder: Path, profile: bytes, mode: str = "RGB") -> Path:
    folder.mkdir()
    for number in range(2):
        image = Image.fromarray(PICTURE).convert(mode)
        image.save(folder / f"{number}.png", icc_profile=profile)
    return folder


def passed_on(source: Path, output: Path, codec: str | None) -> list[str]:
    with open_reader(source) as reader:
        info = reader.info
        spec = OutputSpec(info.width, info.height, Fraction(24), profile=info.profile)
        with open_writer(output, spec, EncodeSettings(codec=codec)) as writer:
            for index, frame in enumerate(reader.frames()):
                writer.write(Frame(frame.pixels, index, Fraction(1, 24), 1, index))
    return writer.messages


@pytest.mark.parametrize("codec", ["png", "jpg", "tiff"])
def test_a_profile_is_carried_on(tmp_path: Path, codec: str) -> None:
    messages = passed_on(save(tmp_path / "in", PROFILE), tmp_path / "out", codec)
    assert messages == []
    for still in (tmp_path / "out").iterdir():
        assert profile_in(still.read_bytes()) == PROFILE
    with open_reader(tmp_path / "out") as reader:
        pixels = next(reader.frames()).pixels
    assert np.abs(pixels.astype(int) - PICTURE).mean() < (12 if codec == "jpg" else 1)


def test_a_profile_that_is_left_behind_is_named(tmp_path: Path) -> None:
    messages = passed_on(save(tmp_path / "in", PROFILE), tmp_path / "out", "webp")
    assert messages == [
        "the stills' colour profile is left behind in webp; png, tiff and jpg keep it"
    ]


@pytest.mark.parametrize("name", ["out.mp4", "out.gif", "out.y4m"])
def test_videos_name_a_profile_of_other_colours_than_their_own(tmp_path: Path, name: str) -> None:
    wide = PROFILE.replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), b"\0w\0i\0d\0e")
    note = "the stills' colour profile is left behind; png, tiff and jpg stills keep it"
    for profile, expected in ((wide, [note]), (PROFILE, [])):
        folder = save(tmp_path / str(len(expected)), profile)
        messages = passed_on(folder, tmp_path / f"{len(expected)}{name}", None)
        assert [each for each in messages if "profile" in each] == expected


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_tiff_says_that_it_is_transparent_and_keeps_both(kind) -> None:
    pixels = np.random.default_rng(3).integers(0, np.iinfo(kind).max, (25, 31, 4), kind)
    still = with_profile(encode_still(pixels, "tiff"), "tiff", PROFILE)
    assert still is not None
    assert np.array_equal(decode_picture(still), pixels)
    with Image.open(io.BytesIO(still)) as image:
        assert image.tag_v2[338] == (2,)  # ExtraSamples: alpha, not multiplied into the colours
        assert image.info["icc_profile"] == PROFILE
        assert image.n_frames == 1


def test_a_profile_of_grey_does_not_fit_what_is_written(tmp_path: Path) -> None:
    grey = PROFILE[:16] + b"GRAY" + PROFILE[20:]
    assert passed_on(save(tmp_path / "in", grey, "L"), tmp_path / "out", "png") == []
    assert profile_in((tmp_path / "out" / "00000000.png").read_bytes()) is None


def test_a_large_profile_takes_several_segments() -> None:
    large = PROFILE[:16] + b"RGB " + np.random.default_rng(2).bytes(150_000)
    still = with_profile(encode_still(PICTURE, "jpeg"), "jpeg", large)
    assert still is not None
    assert profile_in(still) == large
    assert with_profile(still, "jpeg", bytes(256 * 65519)) is None


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_alpha_that_a_tiff_has_multiplied_is_taken_out_of_the_colours(kind) -> None:
    half = np.iinfo(kind).max // 2
    pixels = np.full((8, 9, 4), half, kind)
    pixels[..., :3] = half // 2
    pixels[0] = 0
    still = with_tag(encode_still(pixels, "tiff"), 338, 3, 1, b"\1\0")
    found = decode_picture(still)
    assert found is not None
    assert np.abs(found[1:].astype(int) - half).max() <= 1
    assert not found[0].any()
