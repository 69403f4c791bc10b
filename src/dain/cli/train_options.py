"""The options of ``dain train``; most without a default: a run that goes on keeps its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dain.cli.options import read_path

_RUN = "The run"
_DATA = "What the network sees"
_LEARNING = "How it learns"
_CARE = "How the run is watched over"


def _run(*names: str, help: str, metavar: str | None = None) -> Any:  # noqa: A002
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=_RUN)


def _folder(panel: str, metavar: str, help: str, *names: str) -> Any:  # noqa: A002
    return typer.Option(*names, metavar=metavar, help=help, parser=read_path, rich_help_panel=panel)


def _data(help: str, metavar: str | None = None) -> Any:  # noqa: A002
    return typer.Option(help=help, metavar=metavar, rich_help_panel=_DATA)


def _learning(help: str) -> Any:  # noqa: A002
    return typer.Option(help=help, rich_help_panel=_LEARNING)


def _care(help: str) -> Any:  # noqa: A002
    return typer.Option(help=help, rich_help_panel=_CARE)


Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run.", parser=read_path)]

Begin = Annotated[
    Path | None, _folder(_RUN, "RUN", "Begin a run in this folder.", "-o", "--output")
]
Resume = Annotated[Path | None, _folder(_RUN, "RUN", "Go on with the run in this folder.")]
FromWeights = Annotated[
    Path | None, _folder(_RUN, "FILE", "Begin with these weights, not from nothing.")
]
Minutes = Annotated[float | None, _run(help="Stop after so long, to go on later.")]
Device = Annotated[str, _run(help="auto, cpu, cuda, cuda:N or mps.")]
Devices = Annotated[int, _run(help="How many of them; on a CPU, processes.", metavar="N")]
Model = Annotated[str | None, _run("-m", "--model", help="Network.")]

Textures = Annotated[
    Path | None, _folder(_DATA, "DIR", "Photographs for the scenes; else they are of noise.")
]
Clips = Annotated[Path | None, _folder(_DATA, "DIR", "Real footage; else there are only scenes.")]
Withheld = Annotated[
    list[str] | None, _data("Clip that is not trained on; repeatable.", metavar="NAME")
]
Cache = Annotated[
    Path | None, _folder(_DATA, "DIR", "For decoded clips, 300 MB each; else in the user's cache.")
]
Times = Annotated[str | None, _data("Truths at any time between the frames, or half.")]
Crop = Annotated[int | None, _data("Side of the pictures in pixels.")]
Scenes = Annotated[float | None, _data("Share of procedural scenes.")]
Footage = Annotated[float | None, _data("Share of real footage.")]
Compressed = Annotated[float | None, _data("Share of small, compressed copies of it.")]
Workers = Annotated[int | None, _data("Processes that make samples; 0 for none.")]

BatchSize = Annotated[int | None, _learning("Samples of a step, over all devices.")]
Steps = Annotated[int | None, _learning("Steps of the whole run.")]
Rate = Annotated[float | None, _learning("Learning rate at its height.")]
WarmUp = Annotated[int | None, _learning("Steps over which it rises.")]
Decay = Annotated[float | None, _learning("Last part of the steps, over which it falls; up to 1.")]
WeightDecay = Annotated[float | None, _learning("Of AdamW; not on biases.")]
Clip = Annotated[float | None, _learning("Norm to which longer gradients are shortened.")]
Averaging = Annotated[float | None, _learning("Decay per step of the weights' average.")]
Precision = Annotated[str | None, _learning("auto, bf16 or fp32.")]
Seed = Annotated[int | None, _learning("Of first weights and samples.")]

Validate = Annotated[
    list[Path] | None, _folder(_CARE, "DIR", "Triplets to measure on; repeatable.")
]
ValidateMinutes = Annotated[float | None, _care("Time between measurements.")]
ValidateCount = Annotated[int | None, _care("Triplets of each folder, instead of all.")]
CheckpointMinutes = Annotated[float | None, _care("Time between checkpoints.")]
Keep = Annotated[int | None, _care("Latest checkpoints to keep, beside the best.")]
LogSteps = Annotated[int | None, _care("Steps that a line of the log sums up.")]
