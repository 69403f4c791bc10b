"""The keywords of `interpolate_video`, read and checked."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dain.api import job_settings
from dain.errors import OptionError


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (60, 60),
        (Fraction(60000, 1001), Fraction(60000, 1001)),
        ("60000/1001", Fraction(60000, 1001)),
        (23.976, Fraction(24000, 1001)),
        (0.00001, Fraction(1, 100_000)),
        (Decimal("12.5"), Fraction(25, 2)),
        (np.float64(23.976), Fraction(24000, 1001)),
        (np.float32(12.5), Fraction(25, 2)),
        (np.int64(50), 50),
    ],
    ids=repr,
)
def test_a_number_in_any_form_is_read_exactly(given, read):
    assert job_settings(fps=given).time.fps == read


def test_times_are_numbers_or_text():
    time = job_settings(fps=60, start=np.float64(0.1), end="1:00.5").time
    assert (time.start, time.end) == (Fraction(1, 10), Fraction(121, 2))


def test_a_scale_is_a_number_or_auto():
    assert job_settings(fps=60).engine.scale == "auto"
    assert job_settings(fps=60, scale=0.25).engine.scale == Fraction(1, 4)


def test_a_tile_size_is_a_number_or_auto():
    assert job_settings(fps=60).engine.tile_size == "auto"
    assert job_settings(fps=60, tile_size="256").engine.tile_size == 256
    assert job_settings(fps=60, tile_size=64).engine.tile_size == 64


@pytest.mark.parametrize(
    ("given", "size"),
    [
        (None, None),
        (5000, 5000),
        ("5000", 5000),
        ("6G", 6 * 2**30),
        ("1.5 GiB", 3 * 2**29),
        ("800m", 800 * 2**20),
        ("2KB", 2048),
        ("1T", 2**40),
    ],
)
def test_memory_is_a_size(given, size):
    assert job_settings(fps=60, memory=given).engine.memory == size


def test_encoder_options_become_text():
    encode = job_settings(fps=60, encoder_options={"g": 12, "preset": "fast"}).encode
    assert encode.options == {"g": "12", "preset": "fast"}


@pytest.mark.parametrize(
    ("keywords", "named"),
    [
        ({"fps": "often"}, "--fps"),
        ({"fps": float("inf")}, "--fps"),
        ({"factor": np.nan}, "--factor"),
        ({"fps": 60, "start": "noon"}, "--start"),
        ({"fps": 60, "end": -1}, "--end"),
        ({"fps": 60, "scale": 0}, "--scale"),
        ({"fps": 60, "scale": "half"}, "--scale"),
        ({"fps": 60, "input_fps": 0}, "--input-fps"),
        ({"fps": 60, "precision": "fp8"}, "--precision"),
        ({"fps": 60, "crf": 64}, "--crf"),
        ({"fps": 60, "tile_size": 0}, "--tile-size"),
        ({"fps": 60, "tile_size": "big"}, "--tile-size"),
        ({"fps": 60, "tile_size": "1.5"}, "--tile-size"),
        ({"fps": 60, "memory": 0}, "--memory"),
        ({"fps": 60, "memory": "much"}, "--memory"),
        ({"fps": 60, "memory": "-1G"}, "--memory"),
    ],
    ids=str,
)
def test_an_error_names_the_option(keywords, named):
    with pytest.raises(OptionError, match=named):
        job_settings(**keywords)
