"""The ``dain`` command: its commands, and how every failure becomes one line and an exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from dain._version import __version__
from dain.cli.bench import bench
from dain.cli.demo import demo
from dain.cli.doctor import doctor
from dain.cli.evaluate import evaluate
from dain.cli.frames import frames
from dain.cli.interpolate import interpolate
from dain.cli.messages import (
    counted,
    explain,
    print_error,
    print_json,
    print_note,
    told_warnings,
)
from dain.cli.models import models
from dain.cli.train import train
from dain.errors import DainError, PipeClosedError, facts_of

USAGE_EXIT_CODE = 2
INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT, as shells report it
_SIGNALLED = 128

_ENDING_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    if hasattr(signal, name)
]

app = typer.Typer(
    name="dain",
    help="Turn a video into a smoother one, by depth-aware frame interpolation.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("interpolate")(interpolate)
app.command("frames")(frames)
app.command("doctor")(doctor)
app.command("demo")(demo)
app.command("evaluate")(evaluate)
app.command("bench")(bench)
app.add_typer(models, name="models")
app.add_typer(train, name="train")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dain {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options that stand before a command."""


def run() -> None:
    """Entry point of the ``dain`` script."""
    # Torch's threads would spin between its many short loops, on cores that the decoder and
    # the encoder need. Read once, when torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    _open_closed_streams()
    for number in _ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _end)
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: those after ``dain``; by default the process's own.

    Returns:
        The exit code: 0 done, 1 the run failed, 2 the request or its input is unusable,
        130 interrupted (or 128 and the number of another signal), 141 the reader of standard
        output has gone.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        with told_warnings():
            code = app(given or ["--help"], prog_name="dain", standalone_mode=False)
    except PipeClosedError as error:  # as after | head: no mishap of ours
        if not {"-q", "--quiet"} & set(given):
            print_note(str(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED_EXIT_CODE
    except SystemExit as end:  # see `_end`
        if not isinstance(end.code, int) or end.code <= _SIGNALLED:
            raise
        return _fail(given, _ended_by(end.code - _SIGNALLED, end), end.code, end)
    except Exception as error:  # noqa: BLE001 - whatever it is, people see one line
        if hasattr(error, "format_message"):  # of click, or of typer's own copy of it
            return _fail(given, _usage(error.format_message(), error), USAGE_EXIT_CODE)
        message, code = explain(error)
        return _fail(given, message, code, error)
    if code == INTERRUPTED_EXIT_CODE:
        return _fail(given, "interrupted; nothing unfinished was left behind", code)
    return code if isinstance(code, int) else 0


def _fail(given: Sequence[str], message: str, code: int, error: BaseException | None = None) -> int:
    """Report a failure: a line on stderr, and an object on stdout for who asked for JSON."""
    if "--verbose" in given and sys.exc_info()[0] is not None:
        traceback.print_exc()
    print_error(message)
    if "--json" in given:
        with contextlib.suppress(DainError, BrokenPipeError):  # this may be what failed
            facts = {} if error is None else facts_of(error)
            print_json({**facts, "error": message, "exit_code": code})
    return code


def _usage(message: str, error: Exception) -> str:
    """What click says of arguments that are no command, and where to look."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "dain"
    text = " ".join(message.split()).removesuffix(".")
    return f"{text}; see {command} --help"


def _ended_by(number: int, end: SystemExit) -> str:
    kept = facts_of(end).get("frames_kept")
    if not kept:
        return f"ended by signal {number}"
    return f"ended by signal {number}; {counted(kept, 'frame')} are kept for the same command"


def _open_closed_streams() -> None:
    """Let closed standard streams lead nowhere.

    Else the next file that is opened takes the place of standard error, and FFmpeg's
    messages with it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - for good


def _end(number: int, frame: FrameType | None) -> None:
    """End the run through every clean-up, which further signals must not cut short."""
    for each in _ENDING_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(_SIGNALLED + number)
