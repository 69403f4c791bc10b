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
from dain.media.still_profiles import with_profile
from dain.media.stills_codec import encode_still
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


def passed_on(source: Path, output: Path, codec: str) -> list[str]:
    with open_reader(source) as reader:
        info = reader.info
        spec = OutputSpec(info.width, info.height, Fraction(24), profile=info.profile)
        with open_writer(output, spec, EncodeSettings(codec=codec)) as writer:
            for index, frame in enumerate(reader.frames()):
                writer.write(Frame(frame.pixels, index, Fraction(1, 24), 1, index))
    return writer.messages


@pytest.mark.parametrize("codec", ["png", "jpg"])
def test_a_profile_is_carried_on(tmp_path: Path, codec: str) -> None:
    messages = passed_on(save(tmp_path / "in", PROFILE), tmp_path / "out", codec)
    assert messages == []
    for still in (tmp_path / "out").iterdir():
        assert profile_in(still.read_bytes()) == PROFILE
    with open_reader(tmp_path / "out") as reader:
        pixels = next(reader.frames()).pixels
    assert np.abs(pixels.astype(int) - PICTURE).mean() < (1 if codec == "png" else 12)


@pytest.mark.parametrize("codec", ["tiff", "webp"])
def test_a_profile_that_is_left_behind_is_named(tmp_path: Path, codec: str) -> None:
    messages = passed_on(save(tmp_path / "in", PROFILE), tmp_path / "out", codec)
    assert messages == [
        f"the stills' colour profile is left behind in {codec}; png and jpg keep it"
    ]


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
