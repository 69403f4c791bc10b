"""How numbers and messages are shown."""

import errno
import io
import json
import sys
import warnings
from fractions import Fraction

import pytest

from dain.cli.messages import (
    counted,
    heard_warnings,
    number,
    print_error,
    print_json,
    print_warning,
    show_bytes,
    show_rate,
    show_seconds,
    told_warnings,
)
from dain.errors import RunError, WeightsWarning


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.04 s"),
        (0.996, "1.0 s"),
        (8.34, "8.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1:00"),
        (125.4, "2:05"),
        (3599.7, "1:00:00"),
        (3725, "1:02:05"),
    ],
)
def test_seconds(seconds, shown):
    assert show_seconds(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (812, "812 B"),
        (3_400_000, "3.4 MB"),
        (999_960, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
    ],
)
def test_bytes(count, shown):
    assert show_bytes(count) == shown


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (Fraction(60), "60"),
        (Fraction(60000, 1001), "59.94"),
        (Fraction(25, 2), "12.5"),
        (Fraction(100), "100"),
    ],
)
def test_rates(rate, shown):
    assert show_rate(rate) == shown


def test_one_is_no_plural():
    assert [counted(count, "frame") for count in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]


def test_numbers_for_scripts_are_whole_where_they_can_be():
    assert json.dumps([number(Fraction(60)), number(Fraction(5, 2))]) == "[60, 2.5]"


def test_a_message_is_one_line(capsys):
    print_error("first\n  second")
    assert capsys.readouterr().err == "dain: error: first second\n"


def test_our_warnings_become_lines(capsys):
    with told_warnings():
        warnings.warn("left out:\n  a", WeightsWarning, stacklevel=1)
        assert heard_warnings() == ["left out:\n  a"]
    assert capsys.readouterr().err == "dain: warning: left out: a\n"
    with told_warnings():
        assert heard_warnings() == []


def test_warnings_of_others_stay_theirs():
    with pytest.warns(UserWarning, match="of another library"), told_warnings():
        warnings.warn("of another library", UserWarning, stacklevel=1)


def test_json_keeps_names_as_they_are(capsys):
    print_json({"output": "été.mp4"})
    assert '"été.mp4"' in capsys.readouterr().out


def test_json_is_escaped_where_it_cannot_be_shown(monkeypatch):
    shown = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(shown, encoding="ascii"))
    value = {"output": "été \udcff.mp4"}  # the latter a byte that is no UTF-8
    print_json(value)
    assert json.loads(shown.getvalue()) == value


def test_a_result_that_cannot_be_written_is_a_failed_run(monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(RunError, match="no space left"):
        print_json({})


def test_what_a_terminal_would_obey_is_not_printed(capsys):
    print_warning("left out evil\x1b[31mname\x07")
    assert capsys.readouterr().err == "dain: warning: left out evil?[31mname?\n"
