from __future__ import annotations

from fractions import Fraction

import pytest

from dain.errors import OptionError
from dain.timeline import parse_factor, parse_rate, parse_time


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("60", Fraction(60)),
        (" 60 ", Fraction(60)),
        ("60.00", Fraction(60)),
        ("12.5", Fraction(25, 2)),
        (".5", Fraction(1, 2)),
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("23.976024", Fraction(24000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("29.970", Fraction(30000, 1001)),
        ("47.952", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("59.9401", Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        ("60000/1001", Fraction(60000, 1001)),
        ("24000:1001", Fraction(24000, 1001)),
        ("50/2", Fraction(25)),
        ("23.9", Fraction(239, 10)),
        ("59.9", Fraction(599, 10)),
        ("23.97", Fraction(2397, 100)),
    ],
)
def test_rates(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "0.0", "0/5", "-1", "+5", "nan", "inf", "fast", "1/0", "60fps", "1e3", "1_000"),
        *("\u0663", "1/2/3", "1.5/2", "1 2", "2000000", "9" * 30, "1/99999999999"),
        "0." + "0" * 300 + "1",
    ],
)
def test_bad_rates_and_factors(text: str) -> None:
    for parse in (parse_rate, parse_factor):
        with pytest.raises(OptionError, match="expected a") as caught:
            parse(text)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "factor"),
    [("2", Fraction(2)), ("2.5", Fraction(5, 2)), ("5/2", Fraction(5, 2)), ("29.97", "2997/100")],
)
def test_factors_are_taken_exactly(text: str, factor: Fraction | str) -> None:
    assert parse_factor(text) == Fraction(factor)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", "0"),
        ("12.5", "25/2"),
        ("1:30", "90"),
        ("90:00", "5400"),
        ("01:02:03.004", "3723.004"),
        ("100:00:00", "360000"),
        ("0:0:0.1", "1/10"),
    ],
)
def test_times(text: str, seconds: str) -> None:
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize(
    "text", ["", "-1", "1:60", "1:60:00", "1:2:3:4", "a", "nan", "1:", ":30", "1/2", "9" * 99]
)
def test_bad_times(text: str) -> None:
    with pytest.raises(OptionError, match="expected a time"):
        parse_time(text)
