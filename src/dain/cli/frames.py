"""``dain frames``: the stills between two stills."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from dain.cli.messages import number, print_json, print_note, print_warning
from dain.cli.progress import ProgressDisplay
from dain.errors import OptionError
from dain.settings import DEFAULT_MODEL, EncodeSettings


def frames(
    first: Annotated[Path, typer.Argument(metavar="A.png", help="Earlier still.")],
    second: Annotated[Path, typer.Argument(metavar="B.png", help="Later still.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the new stills.")
    ],
    count: Annotated[
        int | None, typer.Option(metavar="N", help="How many, evenly spaced; 1 if not given.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="When, between 0 and 1; repeatable."),
    ] = None,
    model: Annotated[str, typer.Option("-m", "--model", help="Network.")] = DEFAULT_MODEL,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    scale: Annotated[
        str, typer.Option(metavar="X", help="Size at which motion is estimated, or auto.")
    ] = "auto",
    overwrite: Annotated[
        bool, typer.Option("-y", "--overwrite", help="Replace existing stills.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only warnings and errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tracebacks of errors, too.")] = False,
) -> None:
    """Make the stills between two stills, numbered in order of time.

    dain frames a.png b.png -o between/ --count 7
    """
    if quiet and verbose:
        raise OptionError("expected at most one of --quiet and --verbose, found both")
    if count is not None and at:
        raise OptionError("expected at most one of --count and --at, found both")
    from dain.api import engine_settings
    from dain.jobs import even_times, make_stills

    engine = engine_settings(model=model, device=device, precision=precision, scale=scale)
    times = _read_times(at) if at else even_times(1 if count is None else count)
    encode = EncodeSettings(overwrite=overwrite)
    with ProgressDisplay(quiet) as display:
        result = make_stills(first, second, output, times, engine, encode, display.on_progress)
    for warning in result.warnings:
        print_warning(warning)
    if not quiet:
        print_note(f"{output}: {len(result.times)} stills between {first} and {second}")
    if as_json:
        print_json(
            {
                "output": str(output),
                "frames_out": len(result.times),
                "times": [number(time) for time in result.times],
                "model": result.model,
                "device": result.device,
                "precision": result.precision,
                "warnings": list(result.warnings),
            }
        )


def _read_times(given: Sequence[str]) -> list[Fraction]:
    """Times as written, ``0.25`` or ``1/4``, exact; `make_stills` checks their range."""
    return [_read_time(text) for text in given]


def _read_time(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise OptionError(
            f"--at must be a number between 0 and 1, such as 0.25 or 1/4, found {text!r}"
        ) from None
