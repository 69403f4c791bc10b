"""``dain frames``: the stills between two stills."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from dain.cli import options
from dain.cli.messages import counted, heard_warnings, number, print_json, print_note, print_warning
from dain.cli.progress import ProgressDisplay
from dain.errors import OptionError
from dain.settings import DEFAULT_MODEL, EncodeSettings


def frames(
    first: Annotated[
        Path, typer.Argument(metavar="A.png", help="Earlier still.", parser=options.read_path)
    ],
    second: Annotated[
        Path, typer.Argument(metavar="B.png", help="Later still.", parser=options.read_path)
    ],
    output: Annotated[
        Path,
        typer.Option(
            *("-o", "--output"),
            metavar="DIR",
            help="Folder for the new stills, or a pattern like out/%04d.png.",
            parser=options.read_path,
        ),
    ],
    count: Annotated[
        int | None, typer.Option(metavar="N", help="How many, evenly spaced; 1 if not given.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="When, between 0 and 1; repeatable."),
    ] = None,
    model: options.Model = DEFAULT_MODEL,
    weights: options.Weights = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    scale: options.Scale = "auto",
    tile_size: options.TileSize = "auto",
    memory: options.Memory = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make the stills between two stills, numbered in order of time.

    dain frames a.png b.png -o between/ --count 7
    """
    options.refuse_both(quiet, verbose)
    if count is not None and at:
        raise OptionError("expected at most one of --count and --at, found both")
    from dain.api import engine_settings
    from dain.jobs import even_times, make_stills

    engine = engine_settings(
        model=model,
        weights=weights,
        device=device,
        precision=precision,
        scale=scale,
        tile_size=tile_size,
        memory=memory,
    )
    times = _read_times(at) if at else even_times(1 if count is None else count)
    encode = EncodeSettings(overwrite=overwrite)
    with ProgressDisplay(quiet) as display:
        result = make_stills(first, second, output, times, engine, encode, display.on_progress)
    for warning in result.warnings:
        print_warning(warning)
    if not quiet:
        made = counted(len(result.times), "still")
        print_note(f"{output}: {made} between {first} and {second}")
    if as_json:
        print_json(
            {
                "output": str(output),
                "frames_out": len(result.times),
                "times": [number(time) for time in result.times],
                "model": result.model,
                "device": result.device,
                "precision": result.precision,
                "warnings": [*heard_warnings(), *result.warnings],
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
