"""``dain interpolate``: videos in, smoother videos out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dain.cli.running import Runner
from dain.errors import OptionError
from dain.settings import DEFAULT_MODEL

_TIME = "How smooth"
_RANGE = "Which part"
_ENGINE = "How frames are made"
_OUTPUT = "How the output is written"
_REPORT = "What is said"


def interpolate(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...", help="Video files, folders of stills, or patterns like %05d.png."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="Where to write; a folder for several inputs."
        ),
    ],
    fps: Annotated[
        str | None,
        typer.Option(metavar="RATE", help="Output rate: 60, 60000/1001.", rich_help_panel=_TIME),
    ] = None,
    factor: Annotated[
        str | None,
        typer.Option(
            metavar="X", help="Output rate as a multiple of the source's.", rich_help_panel=_TIME
        ),
    ] = None,
    slow_motion: Annotated[
        bool,
        typer.Option(
            "--slow-motion",
            help="Keep the source's rate and make the video longer.",
            rich_help_panel=_TIME,
        ),
    ] = False,
    loop: Annotated[
        bool,
        typer.Option(
            "--loop", help="Let the last frame flow into the first.", rich_help_panel=_TIME
        ),
    ] = False,
    input_fps: Annotated[
        str,
        typer.Option(
            metavar="RATE", help="Rate at which a folder of stills plays.", rich_help_panel=_TIME
        ),
    ] = "24",
    start: Annotated[
        str | None,
        typer.Option(
            metavar="T", help="Begin here: seconds or hh:mm:ss.mmm.", rich_help_panel=_RANGE
        ),
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="T", help="Stop before here.", rich_help_panel=_RANGE)
    ] = None,
    start_frame: Annotated[
        int | None,
        typer.Option(metavar="N", help="First source frame, from 0.", rich_help_panel=_RANGE),
    ] = None,
    end_frame: Annotated[
        int | None,
        typer.Option(metavar="N", help="Last source frame, included.", rich_help_panel=_RANGE),
    ] = None,
    model: Annotated[
        str, typer.Option("-m", "--model", help="Network.", rich_help_panel=_ENGINE)
    ] = DEFAULT_MODEL,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", rich_help_panel=_ENGINE)
    ] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, fp32, bf16 or fp16.", rich_help_panel=_ENGINE)
    ] = "auto",
    scale: Annotated[
        str,
        typer.Option(
            metavar="X",
            help="Size at which motion is estimated, above 0 up to 1, or auto.",
            rich_help_panel=_ENGINE,
        ),
    ] = "auto",
    codec: Annotated[
        str | None,
        typer.Option(
            "-c", "--codec", help="Encoder: libx264, ffv1, png, ...", rich_help_panel=_OUTPUT
        ),
    ] = None,
    crf: Annotated[
        int | None,
        typer.Option(metavar="N", help="Quality, lower is better.", rich_help_panel=_OUTPUT),
    ] = None,
    pix_fmt: Annotated[
        str | None, typer.Option(help="Pixel format: yuv420p, ...", rich_help_panel=_OUTPUT)
    ] = None,
    encoder_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="K=V", help="Option of the encoder; repeatable.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "-y", "--overwrite", help="Replace an existing output.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Stop at damage instead of bridging it.", rich_help_panel=_OUTPUT
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Measure a sample, tell what it would take, write nothing.",
            rich_help_panel=_REPORT,
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout.", rich_help_panel=_REPORT)
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("-q", "--quiet", help="Only warnings and errors.", rich_help_panel=_REPORT),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", help="Tracebacks of errors, too.", rich_help_panel=_REPORT),
    ] = False,
) -> None:
    """Turn a video into a smoother one.

    dain interpolate clip.mp4 -o smooth.mp4 --fps 60

    dain interpolate frames/ -o out/ --factor 2
    """
    if quiet and verbose:
        raise OptionError("expected at most one of --quiet and --verbose, found both")
    from dain.api import job_settings

    settings = job_settings(
        fps=fps,
        factor=factor,
        model=model,
        device=device,
        precision=precision,
        scale=scale,
        start=start,
        end=end,
        start_frame=start_frame,
        end_frame=end_frame,
        slow_motion=slow_motion,
        loop=loop,
        input_fps=input_fps,
        codec=codec,
        crf=crf,
        pix_fmt=pix_fmt,
        encoder_options=_encoder_options(encoder_option or []),
        overwrite=overwrite,
        strict=strict,
    )
    runner = Runner(settings, dry_run, as_json, quiet)
    if len(inputs) == 1:
        runner.show(runner.run(inputs[0], output))
        return
    code = runner.run_all(inputs, output)
    if code:
        raise typer.Exit(code)


def _encoder_options(given: Sequence[str]) -> dict[str, str]:
    options = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise OptionError(f"--encoder-option must be NAME=VALUE, found {text!r}")
        options[name] = value
    return options
