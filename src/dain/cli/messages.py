"""What the command line says, and where: messages on stderr, results on stdout."""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, TextIO

from dain.errors import DainError, DainWarning, RunError, reason_of

_heard: list[str] = []


def print_error(message: str) -> None:
    """One line on stderr."""
    _say(f"error: {message}")


def print_warning(message: str) -> None:
    """One line on stderr, also under ``--quiet``."""
    _say(f"warning: {message}")


def print_note(message: str) -> None:
    """One line on stderr, for those who did not ask for quiet."""
    _say(message)


@contextlib.contextmanager
def told_warnings() -> Iterator[None]:
    """Print Python warnings of ours as lines, and keep them for `heard_warnings`."""
    _heard.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("always", DainWarning)
        show = warnings.showwarning

        def tell(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DainWarning):
                _heard.append(str(message))
                print_warning(str(message))
            else:
                show(message, category, filename, lineno, file, line)

        warnings.showwarning = tell
        yield


def heard_warnings() -> list[str]:
    """Python warnings of ours that the running command has caused, for its JSON object."""
    return list(_heard)


def forget_warnings() -> None:
    """Begin anew, for the next one of several results."""
    _heard.clear()


def explain(error: Exception) -> tuple[str, int]:
    """One line on a failure, and its exit code."""
    if isinstance(error, DainError):
        return str(error), error.exit_code
    if isinstance(error, MemoryError):
        message = "out of memory; close other programs or interpolate a smaller video"
        return message, DainError.exit_code
    detail = " ".join(str(error).split())
    return (
        f"unexpected {type(error).__name__}: {detail}; this is a fault in dain, please report "
        "it with the output of the same command and --verbose"
    ), DainError.exit_code


def _say(message: str) -> None:
    # A run of hours does not end because the reader of its messages went away.
    with contextlib.suppress(OSError):
        # Names out of foreign files may hold what a terminal would obey.
        text = "".join(c if c.isprintable() else "?" for c in " ".join(message.split()))
        print("dain:", text, file=sys.stderr)


def print_json(value: Mapping[str, Any]) -> None:
    """One object on stdout.

    Raises:
        RunError: nothing can be written there.
        BrokenPipeError: its reader went away.
    """
    try:
        _print_json(value, ensure_ascii=False)
    except UnicodeEncodeError:  # a file name that the terminal cannot show
        _print_json(value, ensure_ascii=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = reason_of(error)
        raise RunError(f"cannot write the result to standard output: {reason}") from error


def _print_json(value: Mapping[str, Any], ensure_ascii: bool) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=ensure_ascii, allow_nan=False), flush=True)


def counted(count: int, noun: str) -> str:
    """``1 frame``, ``2 frames``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def number(value: Fraction) -> int | float:
    """A fraction as JSON's number: whole where it is."""
    return value.numerator if value.denominator == 1 else float(value)


def show_rate(value: Fraction) -> str:
    """A rate as people write it: ``60``, ``59.94``."""
    return f"{float(value):.3f}".rstrip("0").rstrip(".")


def show_seconds(seconds: float) -> str:
    """A time to read: ``0.04 s``, ``8.3 s``, ``2:05``, ``1:02:05``."""
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def show_bytes(count: int) -> str:
    """A size to read: ``812 B``, ``3.4 MB``."""
    size = float(count)
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB", "GB"):
        size /= 1000
        if round(size, 1) < 1000:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} TB"
