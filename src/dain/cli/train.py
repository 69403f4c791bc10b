"""``dain train``: how the weights of `dain-lite` come to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dain.cli import options
from dain.cli import train_options as given
from dain.cli.messages import print_note, show_bytes
from dain.cli.train_withheld import cut_withheld
from dain.errors import OptionError, RunError

if TYPE_CHECKING:
    from dain.training.run import Outcome

train = typer.Typer(help="Train a network, and look at, plot or export a run.")
train.command("withheld")(cut_withheld)

_Picture = Annotated[
    Path,
    typer.Option("-o", "--output", metavar="PNG", help="Where to write.", parser=options.read_path),
]


class _StoppedError(RunError):
    """A run was stopped by a signal; all that it needs to go on is there."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


@train.callback(invoke_without_command=True)
def _train(
    context: typer.Context,
    output: given.Begin = None,
    resume: given.Resume = None,
    from_weights: given.FromWeights = None,
    minutes: given.Minutes = None,
    device: given.Device = "auto",
    devices: given.Devices = 1,
    model: given.Model = None,
    textures: given.Textures = None,
    clips: given.Clips = None,
    withheld: given.Withheld = None,
    cache: given.Cache = None,
    times: given.Times = None,
    crop: given.Crop = None,
    scenes: given.Scenes = None,
    footage: given.Footage = None,
    compressed: given.Compressed = None,
    workers: given.Workers = None,
    batch: given.BatchSize = None,
    steps: given.Steps = None,
    rate: given.Rate = None,
    warm_up: given.WarmUp = None,
    decay: given.Decay = None,
    weight_decay: given.WeightDecay = None,
    clip: given.Clip = None,
    averaging: given.Averaging = None,
    precision: given.Precision = None,
    seed: given.Seed = None,
    validate: given.Validate = None,
    validate_minutes: given.ValidateMinutes = None,
    validate_count: given.ValidateCount = None,
    checkpoint_minutes: given.CheckpointMinutes = None,
    keep: given.Keep = None,
    log_steps: given.LogSteps = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a network: -o RUN begins a run, --resume RUN goes on with one.

    What is not given is as it was for the weights that come with dain.
    """
    if context.invoked_subcommand is None:
        _run(context.params)


def _run(values: Mapping[str, Any]) -> None:
    """Train as the options say."""
    quiet, begun, resumed = values["quiet"], values["output"], values["resume"]
    options.refuse_both(quiet, values["verbose"])
    if (begun is None) == (resumed is None):
        found = "neither" if begun is None else "both"
        raise OptionError(f"expected exactly one of --output and --resume, found {found}")
    if resumed is not None and values["from_weights"] is not None:
        raise OptionError("--from-weights is for the beginning of a run, not for --resume")
    minutes = values["minutes"]
    if minutes is not None and not minutes > 0:
        raise OptionError(f"--minutes must be above 0, found {minutes:g}")
    from dain.cli.train_display import TrainDisplay
    from dain.training.settings import TrainSettings, setting_names
    from dain.training.starting import Session, begin, resume

    changes = _given(values, setting_names())
    with TrainDisplay(quiet) as display:
        session = Session(
            device=values["device"],
            devices=values["devices"],
            minutes=minutes,
            on_progress=display.on_progress,
        )
        if resumed is not None:
            outcome = resume(resumed, changes, session)
        else:
            settings = TrainSettings().changed(changes)
            outcome = begin(begun, settings, session, values["from_weights"])
    _tell(outcome, begun or resumed, quiet)


def _given(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Those of the settings that were given; clips to withhold join those that always are."""
    given = {name: values[name] for name in names if values.get(name) not in (None, [], ())}
    if "withheld" in given:
        from dain.training.settings import WITHHELD

        _check_withheld(given["withheld"], values["clips"])
        given["withheld"] = list(dict.fromkeys([*WITHHELD, *given["withheld"]]))
    return given


def _check_withheld(names: Sequence[str], clips: Path | None) -> None:
    """Refuse a name that no clip has: mistyped, it would be trained on.

    Raises:
        OptionError: there is one.
    """
    if clips is None or not clips.is_dir():
        return
    known = {path.stem for path in clips.rglob("*")}
    for name in names:
        if name not in known:
            raise OptionError(
                f"--withheld must be the name of a clip in {clips}, without its ending, "
                f"found {name!r}"
            )


def _tell(outcome: Outcome, folder: Path, quiet: bool) -> None:
    """How a run ended, and how it goes on."""
    further = f"go on with: dain train --resume {folder}"
    if not outcome.is_first:
        return
    if outcome.signal is not None:
        message = f"stopped after step {outcome.step}, which is saved; {further}"
        raise _StoppedError(message, outcome.signal)
    if quiet:
        return
    if outcome.reason == "complete":
        print_note(f"complete: {outcome.step} steps; export with: dain train export {folder}")
    else:
        print_note(f"time is up after step {outcome.step}, which is saved; {further}")


@train.command("plot")
def plot(
    run: given.Run,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PNG",
            help="Where to write; else curves.png in the run's folder.",
            parser=options.read_path,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw the curves of a run: loss, learning rate and validation."""
    from dain.training.plotting import write_plot

    path = output or run / "curves.png"
    write_plot(run, path, overwrite or output is None)
    print_note(f"curves of {run}: {path}")


@train.command("preview")
def preview(
    context: typer.Context,
    output: _Picture,
    textures: given.Textures = None,
    clips: given.Clips = None,
    withheld: given.Withheld = None,
    cache: given.Cache = None,
    times: given.Times = None,
    crop: given.Crop = None,
    scenes: given.Scenes = None,
    footage: given.Footage = None,
    compressed: given.Compressed = None,
    seed: given.Seed = None,
    count: Annotated[int, typer.Option(metavar="N", help="Samples to draw.")] = 16,
    first: Annotated[int, typer.Option(metavar="K", help="Number of the first one.")] = 0,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = False,
) -> None:
    """Draw what the network would see, as one picture to look at."""
    if count < 1 or first < 0:
        raise OptionError(f"expected --count from 1 and --first from 0, found {count} and {first}")
    from dain.training.preview import write_preview
    from dain.training.settings import TrainSettings, setting_names

    changes = _given(context.params, setting_names())
    samples = range(first, first + count)
    write_preview(TrainSettings().changed(changes), output, samples, overwrite)
    print_note(f"{count} samples: {output}")


@train.command("export")
def export(
    run: given.Run,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Safetensors to write.",
            parser=options.read_path,
        ),
    ],
    checkpoint: Annotated[str, typer.Option(help="best in validation, or last.")] = "best",
    half: Annotated[bool, typer.Option("--half", help="As float16, half the size.")] = False,
    overwrite: options.Overwrite = False,
    verbose: options.Verbose = False,
) -> None:
    """Write the averaged weights of a run as a file that --weights takes."""
    from dain.training.exporting import export as write

    done = write(run, output, checkpoint, half, overwrite)
    scores = "".join(f", {name} {score:.2f} dB" for name, score in done.scores.items())
    print_note(f"weights after {done.step} steps{scores}: {done.path}, {show_bytes(done.size)}")
