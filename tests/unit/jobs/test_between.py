"""The stills between two stills."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from tests.support.engines import BlendEngine
from tests.support.stills import exr_of, png_of, read_exr

from dain.errors import MediaError, OptionError, OutputError
from dain.jobs import even_times, make_stills
from dain.media import open_reader
from dain.settings import EncodeSettings, EngineSettings, ReadSettings

HALF = [Fraction(1, 2)]


def still(path, value, size=(8, 6), dtype=np.uint8):
    path.write_bytes(cv2.imencode(".png", np.full((size[1], size[0], 3), value, dtype))[1])
    return path


def make(first, second, output, times, **encode):
    return make_stills(
        first,
        second,
        output,
        times,
        EngineSettings(),
        EncodeSettings(**encode),
        interpolator=BlendEngine(),
    )


def values(folder):
    return [
        int(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[0, 0, 0])
        for path in sorted(folder.iterdir())
    ]


@pytest.fixture
def pair(tmp_path):
    return still(tmp_path / "a.png", 0), still(tmp_path / "b.png", 200)


def test_sorted_by_name_is_sorted_by_time(pair, tmp_path):
    result = make(*pair, tmp_path / "out", [Fraction(3, 4), Fraction(1, 4), Fraction(1, 4)])
    assert values(tmp_path / "out") == [50, 150]
    assert result.times == (Fraction(1, 4), Fraction(3, 4))


def test_even_times_divide_the_gap():
    assert even_times(3) == (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
    for count in (0, -3, 10**12):
        with pytest.raises(OptionError, match="--count must be between 1 and"):
            even_times(count)


@pytest.mark.parametrize("name", ["mid.png", "mid.mp4"])
def test_a_file_name_is_no_output(pair, tmp_path, name):
    before = set(tmp_path.iterdir())
    with pytest.raises(OutputError, match="a folder or a pattern"):
        make(*pair, tmp_path / name, even_times(1))
    assert set(tmp_path.iterdir()) == before


def test_sixteen_bits_are_kept(tmp_path):
    a = still(tmp_path / "a.png", 1000, dtype=np.uint16)
    b = still(tmp_path / "b.png", 3000, dtype=np.uint16)
    make(a, b, tmp_path / "out", even_times(1))
    assert values(tmp_path / "out") == [2000]


def test_eight_bits_beside_sixteen_become_sixteen(tmp_path):
    a = still(tmp_path / "a.png", 0)
    b = still(tmp_path / "b.png", 60_000, dtype=np.uint16)
    make(a, b, tmp_path / "out", even_times(1))
    assert values(tmp_path / "out") == [30_000]


@pytest.mark.parametrize("time", [Fraction(0), Fraction(1), Fraction(-1, 2), Fraction(3, 2)])
def test_times_outside_the_gap(pair, tmp_path, time):
    with pytest.raises(OptionError, match="--at must lie between 0 and 1"):
        make(*pair, tmp_path / "out", [time])
    assert not (tmp_path / "out").exists()


def test_stills_of_two_sizes(pair, tmp_path):
    larger = still(tmp_path / "c.png", 9, size=(9, 6))
    with pytest.raises(MediaError, match=r"one size, found .*8x6 and .*9x6"):
        make(pair[0], larger, tmp_path / "out", even_times(1))


def test_a_still_that_is_missing_or_none(pair, tmp_path):
    with pytest.raises(MediaError, match="found no file"):
        make(pair[0], tmp_path / "nothing.png", tmp_path / "out", even_times(1))
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(MediaError, match="is none"):
        make(pair[0], text, tmp_path / "out", even_times(1))
    with pytest.raises(MediaError, match="cannot read"):
        make(pair[0], tmp_path, tmp_path / "out", even_times(1))


def test_existing_stills_stay_unless_overwritten(pair, tmp_path):
    make(*pair, tmp_path / "out", even_times(1))
    with pytest.raises(OutputError, match="--overwrite"):
        make(*pair, tmp_path / "out", [Fraction(1, 4)])
    assert values(tmp_path / "out") == [100]
    make(*pair, tmp_path / "out", [Fraction(1, 4)], overwrite=True)
    assert values(tmp_path / "out") == [50]


def test_alpha_lies_between_where_it_can_stay(tmp_path):
    clear = np.zeros((6, 8, 4), np.uint8)
    solid = np.full((6, 8, 3), 200, np.uint8)
    for name, pixels in (("a.png", clear), ("b.png", solid)):
        (tmp_path / name).write_bytes(png_of(pixels))
    given = (tmp_path / "a.png", tmp_path / "b.png")
    make(*given, tmp_path / "out", HALF)
    with open_reader(tmp_path / "out", ReadSettings(alpha=True)) as reader:
        (only,) = reader.frames()
    assert only.pixels[0, 0].tolist() == [100, 100, 100, 128]
    (tmp_path / "flat").mkdir()
    flat = tmp_path / "flat" / "%d.jpg"
    make(*given, flat, HALF)
    with open_reader(flat) as reader:
        (only,) = reader.frames()
    assert np.abs(only.pixels.astype(int) - 228).max() <= 2


def test_scene_light_between_two_stills(tmp_path):
    for name, value in (("a.exr", 4.0), ("b.exr", 9.0)):
        (tmp_path / name).write_bytes(exr_of(np.full((6, 8, 3), value), np.float16))
    given = (tmp_path / "a.exr", tmp_path / "b.exr")
    (tmp_path / "out").mkdir()
    make(*given, tmp_path / "out" / "%d.exr", HALF)
    planes, _ = read_exr((tmp_path / "out" / "0.exr").read_bytes())
    assert 5 < planes["R"][0, 0] < 8
    make(*given, tmp_path / "shown", HALF)
    with open_reader(tmp_path / "shown") as reader:
        assert (next(reader.frames()).pixels == 65535).all()
    (tmp_path / "b.exr").write_bytes(b"cut short")
    with pytest.raises(MediaError, match=r"b\.exr cannot be decoded"):
        make(*given, tmp_path / "no", HALF)
