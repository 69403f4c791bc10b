"""The options that only ``dain evaluate`` has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dain.cli.options import read_path

_SAMPLES = "What is evaluated"
_OUTCOME = "What comes out"

Dataset = Annotated[
    str | None,
    typer.Option(
        help="middlebury, ucf101, vimeo90k, snufilm, xiph, xtest, or triplets: folders "
        "NAME/im1, im2 (the truth), im3.",
        rich_help_panel=_SAMPLES,
    ),
]
Root = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of the dataset.", parser=read_path, rich_help_panel=_SAMPLES
    ),
]
Subset = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Part of the dataset, such as hard of snufilm or 2k of xiph; repeatable; else all.",
        rich_help_panel=_SAMPLES,
    ),
]
Clip = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A video or folder of stills instead: every other frame is taken out, made again "
        "and compared.",
        parser=read_path,
        rich_help_panel=_SAMPLES,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="At most N samples of each subset, spread evenly; of a clip that is judged, in "
        "runs of at least a dozen.",
        rich_help_panel=_SAMPLES,
    ),
]
Against = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="Compare with: average (of both frames), a model, or a file of other weights.",
        rich_help_panel=_OUTCOME,
    ),
]
Judge = Annotated[
    bool,
    typer.Option(
        "--judge/--no-judge",
        help="Of a clip, tell what each of the judgements below buys, shot by shot.",
        rich_help_panel=_OUTCOME,
    ),
]
Lpips = Annotated[
    bool,
    typer.Option(
        "--lpips",
        help="Measure LPIPS, too; needs the extra named lpips, which fetches weights.",
        rich_help_panel=_OUTCOME,
    ),
]
Page = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.html",
        help="Write a page of the worst frames, with difference images.",
        parser=read_path,
        rich_help_panel=_OUTCOME,
    ),
]
Worst = Annotated[
    int, typer.Option(metavar="N", help="Frames on that page.", rich_help_panel=_OUTCOME)
]
