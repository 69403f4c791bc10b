"""``dain demo``: a small scene of our own, before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dain.cli import options
from dain.cli.messages import print_json, print_note
from dain.cli.progress import ProgressDisplay
from dain.settings import DEFAULT_MODEL


def demo(
    folder: Annotated[
        Path,
        typer.Argument(metavar="[DIR]", help="Where to put the results.", parser=options.read_path),
    ] = Path("dain-demo"),
    model: options.Model = DEFAULT_MODEL,
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Film a small drawn landscape at 12 frames a second and make it glide at 60."""
    options.refuse_both(quiet, verbose)
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
