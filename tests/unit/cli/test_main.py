"""How failures become exit codes."""

import errno
import io
import json
import sys

import pytest
import typer

from dain.cli import main as module
from dain.cli.main import main
from dain.errors import EncodeError, MediaError


def fail_with(error, monkeypatch):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(module, "app", fail)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MediaError("no video"), 2),
        (EncodeError("disk full"), 1),
        (RuntimeError("strange"), 1),
        (MemoryError(), 1),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
        (typer.BadParameter("not so"), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exit_codes(error, code, monkeypatch, capsys):
    fail_with(error, monkeypatch)
    assert main(["interpolate", "--json"]) == code
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exit_code"] == code
    assert len(captured.err.splitlines()) == 1
    assert captured.err.startswith("dain: error: ")


def test_verbose_shows_the_traceback(monkeypatch, capsys):
    fail_with(EncodeError("disk full"), monkeypatch)
    main(["interpolate", "--verbose"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "dain: error: disk full"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_message_that_cannot_be_written_changes_nothing(stream, monkeypatch):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(errno.ENOSPC, "No space left on device")

    fail_with(MediaError("no video"), monkeypatch)
    monkeypatch.setattr(sys, stream, Full())
    assert main(["interpolate", "--json"]) == 2


def test_success_is_zero(monkeypatch):
    monkeypatch.setattr(module, "app", lambda *arguments, **options: None)
    assert main(["demo"]) == 0


def test_every_command_explains_itself_and_its_options(capsys):
    models = [["models", name] for name in ("list", "show", "import", "fetch", "verify")]
    single = [[name] for name in ("interpolate", "frames", "doctor", "demo", "evaluate")]
    for command in single + models:
        assert main([*command, "--help"]) == 0
        assert "--json" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("dain ")
