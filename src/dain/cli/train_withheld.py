"""``dain train withheld``: validation triplets from the clips that training does not see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dain.cli import options
from dain.cli import train_options as given
from dain.cli.messages import print_note
from dain.errors import OptionError


def cut_withheld(
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Where to write; empty or new.",
            parser=options.read_path,
        ),
    ],
    clips: Annotated[
        Path, typer.Option(metavar="DIR", help="Real footage.", parser=options.read_path)
    ],
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--withheld",
            metavar="NAME",
            help="Clip to cut from; repeatable. Else those that training leaves out.",
        ),
    ] = None,
    cache: given.Cache = None,
    count: Annotated[int, typer.Option(metavar="N", help="Triplets wanted.")] = 210,
    verbose: options.Verbose = False,
) -> None:
    """Cut small, squeezed and nearly still triplets to validate on."""
    if count < 1:
        raise OptionError(f"--count must be at least 1, found {count}")
    from dain.training.settings import DataSettings
    from dain.training.sources import default_cache
    from dain.training.withheld import write_still_triplets

    chosen = names or DataSettings().withheld
    written = write_still_triplets(clips, cache or default_cache(clips), output, chosen, count)
    print_note(f"{written} triplets: {output}")
