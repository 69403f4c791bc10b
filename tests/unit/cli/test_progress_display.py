"""Progress on a terminal and elsewhere."""

import sys

import pytest

from dain.cli import progress
from dain.cli.progress import ProgressDisplay
from dain.jobs import Progress

EVENTS = [
    Progress("reading"),
    Progress("interpolating", 5, 20, 10.0, 1.5),
    Progress("finishing", 20, 20),
]


def show(display):
    with display:
        for event in EVENTS:
            display.on_progress(event)


def test_quiet_wants_no_events():
    assert ProgressDisplay(quiet=True).on_progress is None


def test_a_short_run_prints_no_lines(capsys):
    show(ProgressDisplay(quiet=False))
    assert capsys.readouterr().err == ""


def test_a_long_run_prints_a_line_now_and_then(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    show(ProgressDisplay(quiet=False))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "dain: reading",
        "dain: interpolating: 5 of 20 frames, 10.0 frames/s, 1.5 s left",
        "dain: finishing: 20 of 20 frames",
    ]


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    show(ProgressDisplay(quiet=False))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "20/20" in captured.err


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (Progress("interpolating", 4000, 150_000, 23.4, 5400.0), "4000/150000 23.4/s 1:30:00"),
        (Progress("interpolating", 4000, 0, 23.4), "4000/? 23.4/s"),
        (Progress("loading"), "loading"),
    ],
)
def test_a_narrow_terminal_gets_short_words(capsys, monkeypatch, event, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "30")
    with ProgressDisplay(quiet=False) as display:
        display.on_progress(event)
    captured = capsys.readouterr().err
    assert shown in captured
    assert "…" not in captured


def test_a_bar_begins_with_what_is_known(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    with ProgressDisplay(quiet=False) as display:
        display.on_progress(EVENTS[0])
    assert "0/100" not in capsys.readouterr().err  # the bar's own idea of a total


def test_a_terminal_that_cannot_draw_gets_lines(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    show(ProgressDisplay(quiet=False))
    assert len(capsys.readouterr().err.splitlines()) == len(EVENTS)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_bar_is_taken_off_when_a_run_fails(monkeypatch, error):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    display = ProgressDisplay(quiet=False)

    def fail():
        with display:
            display.on_progress(EVENTS[1])
            raise error

    with pytest.raises(error):
        fail()
    assert display._bar is None
