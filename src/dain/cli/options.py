"""The options of the commands, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dain.errors import OptionError

_TIME = "How smooth"
_RANGE = "Which part"
_ENGINE = "How frames are made"
_JUDGEMENT = "What is left alone"
_OUTPUT = "How the output is written"
_REPORT = "What is said"


def read_path(text: str) -> Path:
    """A file or folder name as given.

    Raises:
        OptionError: it is empty, which `Path` would take for the current folder; most often
            a shell variable without a value.
    """
    if not text:
        raise OptionError("expected the name of a file or folder, found an empty one")
    return Path(text)


def read_place(text: str) -> str:
    """A file or folder name or an address, as given: `Path` would take two slashes for one.

    Raises:
        OptionError: it is empty.
    """
    read_path(text)
    return text


def refuse_both(quiet: bool, verbose: bool) -> None:
    """Refuse two wishes that contradict each other.

    Raises:
        OptionError: both are True.
    """
    if quiet and verbose:
        raise OptionError("expected at most one of --quiet and --verbose, found both")


def refuse_unverified(no_verify: bool, url: str | None) -> None:
    """Refuse known addresses without their checksum.

    Raises:
        OptionError: `no_verify` is True and there is no `url`.
    """
    if no_verify and url is None:
        raise OptionError("--no-verify is for an address of your own; give --url, too")


Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="IN...",
        help="Videos, folders of them, animated images, stills (folder, zip, %05d.png), or -: Y4M; "
        "or addresses: http(s), s3, gs, sftp, gdrive.",
        parser=read_place,
    ),
]
Output = Annotated[
    str,
    typer.Option(
        *("-o", "--output"),
        metavar="OUT",
        help="Where to write; a folder for several inputs; - for Y4M on standard output. Or an "
        "address: s3, gs, sftp, gdrive.",
        parser=read_place,
    ),
]

Fps = Annotated[
    str | None,
    typer.Option(metavar="RATE", help="Output rate: 60, 60000/1001.", rich_help_panel=_TIME),
]
Factor = Annotated[
    str | None,
    typer.Option(
        metavar="X", help="Output rate as a multiple of the source's.", rich_help_panel=_TIME
    ),
]
SlowMotion = Annotated[
    bool,
    typer.Option(
        "--slow-motion",
        help="Keep the source's rate and make the video longer.",
        rich_help_panel=_TIME,
    ),
]
Loop = Annotated[
    bool,
    typer.Option("--loop", help="Let the last frame flow into the first.", rich_help_panel=_TIME),
]
KeepTiming = Annotated[
    bool,
    typer.Option(
        "--keep-timing",
        help="Keep every source frame's own time, and divide the gaps evenly.",
        rich_help_panel=_TIME,
    ),
]
Deinterlace = Annotated[
    str,
    typer.Option(
        help="auto (whole frames of interlaced ones), bob (one of each field) or off.",
        rich_help_panel=_TIME,
    ),
]
InputFps = Annotated[
    str | None,
    typer.Option(
        metavar="RATE",
        help="Rate at which stills play; 24, or what EXR says.",
        rich_help_panel=_TIME,
    ),
]

Start = Annotated[
    str | None,
    typer.Option(metavar="T", help="Begin here: seconds or hh:mm:ss.mmm.", rich_help_panel=_RANGE),
]
End = Annotated[
    str | None, typer.Option(metavar="T", help="Stop before here.", rich_help_panel=_RANGE)
]
StartFrame = Annotated[
    int | None,
    typer.Option(metavar="N", help="First source frame, from 0.", rich_help_panel=_RANGE),
]
EndFrame = Annotated[
    int | None,
    typer.Option(metavar="N", help="Last source frame, included.", rich_help_panel=_RANGE),
]

Model = Annotated[str, typer.Option("-m", "--model", help="Network.", rich_help_panel=_ENGINE)]
Weights = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Weights of the network, instead of its own.",
        parser=read_path,
        rich_help_panel=_ENGINE,
    ),
]
Device = Annotated[
    str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", rich_help_panel=_ENGINE)
]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.", rich_help_panel=_ENGINE)]
Scale = Annotated[
    str,
    typer.Option(
        metavar="X",
        help="Size at which motion is estimated, above 0 up to 1, or auto.",
        rich_help_panel=_ENGINE,
    ),
]
TileSize = Annotated[
    str,
    typer.Option(
        metavar="N",
        help="Make frames in pieces of N pixels a side, to save memory; or auto.",
        rich_help_panel=_ENGINE,
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="Memory to stay within, such as 6G; else half of what is free.",
        rich_help_panel=_ENGINE,
    ),
]

SceneThreshold = Annotated[
    str,
    typer.Option(
        metavar="X",
        help="How much the frame before must leave unexplained where a shot begins, above 0 up to "
        "1: more for fewer cuts. off: look for no cuts and fades.",
        rich_help_panel=_JUDGEMENT,
    ),
]
AtCuts = Annotated[
    str,
    typer.Option(
        help="Between two shots: the nearest frame, hold the old one, or blend both.",
        rich_help_panel=_JUDGEMENT,
    ),
]
Cadence = Annotated[
    str,
    typer.Option(
        help="auto: find repeated frames (animation on twos, pulldown, stuck ones) and spread "
        "motion from drawing to drawing; or off.",
        rich_help_panel=_JUDGEMENT,
    ),
]
Overlays = Annotated[
    str,
    typer.Option(
        help="auto: keep in place what stands still over moving pictures; or off.",
        rich_help_panel=_JUDGEMENT,
    ),
]
Sharpness = Annotated[
    str,
    typer.Option(
        help="auto: give new frames the detail and grain of those around, where that is sure; "
        "even: nearly everywhere; or off.",
        rich_help_panel=_JUDGEMENT,
    ),
]
Doubt = Annotated[
    str,
    typer.Option(
        help="Where a new frame is likely wrong: blend in what is sure, hold the nearer one, "
        "or off.",
        rich_help_panel=_JUDGEMENT,
    ),
]

Codec = Annotated[
    str | None,
    typer.Option("-c", "--codec", help="Encoder: libx264, ffv1, png, ...", rich_help_panel=_OUTPUT),
]
Crf = Annotated[
    int | None,
    typer.Option(metavar="N", help="Quality, lower is better.", rich_help_panel=_OUTPUT),
]
PixFmt = Annotated[
    str | None, typer.Option(help="Pixel format: yuv420p, ...", rich_help_panel=_OUTPUT)
]
EncoderOption = Annotated[
    list[str] | None,
    typer.Option(metavar="K=V", help="Option of the encoder; repeatable.", rich_help_panel=_OUTPUT),
]
Overwrite = Annotated[
    bool,
    typer.Option("-y", "--overwrite", help="Replace an existing output.", rich_help_panel=_OUTPUT),
]
Container = Annotated[
    str | None,
    typer.Option(
        metavar="EXT",
        help="What several results become: mkv, mp4, gif, ...; else what their sources are.",
        rich_help_panel=_OUTPUT,
    ),
]
FramesIn = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep the source frames that are used here, as numbered PNGs.",
        parser=read_path,
        rich_help_panel=_OUTPUT,
    ),
]
FramesOut = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep the output frames here, as numbered PNGs.",
        parser=read_path,
        rich_help_panel=_OUTPUT,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict", help="Stop at damage instead of bridging it.", rich_help_panel=_OUTPUT
    ),
]

NoResume = Annotated[
    bool,
    typer.Option(
        "--no-resume",
        help="Start over, and keep nothing that a later run could go on from.",
        rich_help_panel=_OUTPUT,
    ),
]

DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Measure a sample, tell what it would take, write nothing.",
        rich_help_panel=_REPORT,
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write what was done, and what took how long, to a .json file.",
        parser=read_path,
        rich_help_panel=_REPORT,
    ),
]
Preview = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Keep a picture of what is being made: a .png, .jpg or .webp.",
        parser=read_path,
        rich_help_panel=_REPORT,
    ),
]
Review = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Write a page with the most doubtful moments, worst first.",
        parser=read_path,
        rich_help_panel=_REPORT,
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON object on stdout.", rich_help_panel=_REPORT)
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Only warnings and errors.", rich_help_panel=_REPORT)
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Tracebacks of errors, too.", rich_help_panel=_REPORT)
]
