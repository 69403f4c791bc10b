"""The exception tree. Every failure that `dain` expects is one of these.

DainError (exit code 1)
├── InputError (exit code 2): the request, or what it names, cannot be used
│   ├── OptionError   an option is out of range or contradicts another
│   ├── MediaError    the input is missing, is no video, or holds too few frames
│   ├── OutputError   the output exists, cannot be written, or cannot hold what was asked
│   ├── FrameError    an array given to the Python interface has the wrong type, shape or range
│   └── WeightsError  a weights file is missing, damaged, or belongs to another network
└── RunError (exit code 1): the request was sound, the run failed
    ├── EncodeError   the encoder or the disk gave up
    ├── DamageError   the input is damaged and ``--strict`` asked to stop
    ├── TransferError a connection was cut for good, or the bytes are not those that were sent
    ├── PipeClosedError (exit code 141)   the reader of our output has gone
    └── StoppedError (exit code 130)      someone asked to stop; the work so far is kept

A message says what was expected, what was found, and what to do, on one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

AnyError = TypeVar("AnyError", bound=BaseException)


class DainError(Exception):
    """The root of every expected failure; catch this one to catch them all.

    Attributes:
        exit_code: of the process that it ends.
        facts: what a script may want to know besides, by name: ``frames_kept``, and ``results``
            of those of several inputs that were done. Other exceptions may bear them, too.
    """

    exit_code = 1
    facts: Mapping[str, Any] = {}


def reason_of(error: BaseException) -> str:
    """What the system or a library says of a failure, to be put into a line of our own."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).lower().split())


def facts_of(error: BaseException) -> Mapping[str, Any]:
    """The facts that an exception bears."""
    facts: Mapping[str, Any] = getattr(error, "facts", {})
    return facts


def reworded(error: AnyError, message: str, **facts: Any) -> AnyError:
    """The same failure in other words, with the facts that it bears and more."""
    told = type(error)(message)
    told.__dict__["facts"] = {**facts_of(error), **facts}
    return told


class InputError(DainError):
    """The request or its input is unusable; nothing was written."""

    exit_code = 2


class OptionError(InputError):
    """An option is out of range, malformed, or contradicts another."""


class MediaError(InputError):
    """The input is missing, is not decodable video, or holds too few frames."""


class OutputError(InputError):
    """The output exists already, cannot be written, or cannot hold what was asked."""


class FrameError(InputError):
    """An array given to the Python interface has the wrong type, shape or range."""


class WeightsError(InputError):
    """A weights file is missing, damaged, or belongs to another network."""


class RunError(DainError):
    """The request was sound, but the run failed for a reason outside the input."""


class EncodeError(RunError):
    """The encoder refused a frame or the disk could not take the output."""


class PipeClosedError(RunError):
    """The reader of standard output has gone: nobody is left to write for."""

    exit_code = 141  # 128 + SIGPIPE, as shells report it of other tools


class TransferError(RunError):
    """A connection was cut again and again, or what arrived is not what was sent."""


class DamageError(RunError):
    """The input is damaged and strict handling was asked for."""


class StoppedError(RunError):
    """The run was asked to stop, and did so where the same command can go on."""

    exit_code = 130


class DainWarning(UserWarning):
    """The root of every warning; the command line shows them as lines."""


class MemoryWarning(DainWarning):
    """Memory ran out, and the work went on in a way that needs less."""


class WeightsWarning(DainWarning):
    """Weights can be used, but not as they are: something was left out or converted."""
