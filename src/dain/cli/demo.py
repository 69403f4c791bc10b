"""``dain demo``: a small scene of our own, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dain.cli.messages import print_json, print_note
from dain.cli.progress import ProgressDisplay
from dain.settings import DEFAULT_MODEL


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to put the results.")
    ] = Path("dain-demo"),
    model: Annotated[str, typer.Option("-m", "--model", help="Network.")] = DEFAULT_MODEL,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only warnings and errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Tracebacks of errors, too.")] = False,
) -> None:
    """Film a small drawn landscape at 12 frames a second and make it glide at 60."""
    from dain.cli.demo_film import make_demo

    with ProgressDisplay(quiet) as display:
        made = make_demo(folder, model, device, display.on_progress)
    if as_json:
        print_json(made.as_object())
        return
    if not quiet:
        print_note(f"made in {made.seconds:.1f} s by {made.model} on {made.device}")
        print_note(
            f"against the frames that were left out: {made.psnr:.1f} dB, "
            f"and {made.psnr_held:.1f} dB for a held frame"
        )
    for name, path in made.files.items():
        typer.echo(f"{name + ':':14} {path}")
