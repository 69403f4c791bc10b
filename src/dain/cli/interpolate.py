"""``dain interpolate``: videos in, smoother videos out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dain.cli.messages import (
    number,
    print_error,
    print_json,
    print_note,
    print_warning,
    show_bytes,
    show_rate,
    show_seconds,
)
from dain.cli.progress import ProgressDisplay
from dain.errors import DainError, OptionError, OutputError
from dain.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from dain.jobs import FrameInterpolator, JobEstimate, JobResult
    from dain.settings import JobSettings

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
    face = _Face(settings, dry_run, as_json, quiet)
    if len(inputs) == 1:
        face.show(face.run(inputs[0], output))
        return
    code = face.run_all(inputs, output)
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


@dataclass
class _Face:
    """Runs jobs and says what came of them."""

    settings: JobSettings
    dry_run: bool
    as_json: bool
    quiet: bool
    interpolator: FrameInterpolator | None = None

    def run(self, source: Path, output: Path) -> JobResult | JobEstimate:
        """Run one job, with progress."""
        from dain.jobs import estimate_job, run_job

        work = estimate_job if self.dry_run else run_job
        with ProgressDisplay(self.quiet) as display:
            return work(source, output, self.settings, display.on_progress, self.interpolator)

    def run_all(self, sources: Sequence[Path], folder: Path) -> int:
        """Run several jobs into a folder, each named after its source.

        Returns:
            The worst exit code.
        """
        from dain.jobs import make_interpolator

        outputs = _outputs_in(folder, sources)
        is_new = not folder.exists()
        self.interpolator = make_interpolator(self.settings.engine)
        try:
            if is_new and not self.dry_run:
                _make_folder(folder)
            objects = [
                {"input": str(source), **self.run_or_tell(source, output)}
                for source, output in zip(sources, outputs, strict=True)
            ]
        finally:
            if is_new and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        if self.as_json:
            print_json({"results": objects})
        return max(int(found.get("exit_code", 0)) for found in objects)

    def run_or_tell(self, source: Path, output: Path) -> dict[str, Any]:
        """Run one job of several; its failure is told and is no reason to stop."""
        try:
            result = self.run(source, output)
        except DainError as error:
            print_error(f"{source}: {error}")
            return {"error": str(error), "exit_code": error.exit_code}
        self.tell(result)
        return _as_object(result)

    def show(self, result: JobResult | JobEstimate) -> None:
        """Say what came of a single job."""
        self.tell(result)
        if self.as_json:
            print_json(_as_object(result))

    def tell(self, result: JobResult | JobEstimate) -> None:
        """Warnings, and a line for people."""
        for warning in result.warnings:
            print_warning(warning)
        if not self.quiet:
            print_note(_summary(result))


def _outputs_in(folder: Path, sources: Sequence[Path]) -> list[Path]:
    """One output for each source, named after it."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"expected a folder as the output of several inputs, found {folder}")
    outputs = [folder / source.name for source in sources]
    for index, output in enumerate(outputs):
        if output in outputs[:index]:
            raise OptionError(
                f"expected inputs of different names, found {output.name} twice; "
                "run them one by one"
            )
    return outputs


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot make the output folder {folder}: {reason}") from error


def _as_object(result: JobResult | JobEstimate) -> dict[str, Any]:
    """A result for scripts."""
    from dain.jobs import JobEstimate

    value: dict[str, Any] = {
        "output": str(result.output),
        "frames_in": result.frames_in,
        "frames_out": result.frames_out,
        "fps": number(result.fps),
        "fps_exact": f"{result.fps.numerator}/{result.fps.denominator}",
        "duration": number(result.duration),
        "model": result.model,
        "device": result.device,
        "precision": result.precision,
        "seconds": round(result.seconds, 3),
        "warnings": list(result.warnings),
    }
    if isinstance(result, JobEstimate):
        value |= {"dry_run": True, "bytes": result.bytes, "output_exists": result.output_exists}
    return value


def _summary(result: JobResult | JobEstimate) -> str:
    """A result for people."""
    from dain.jobs import JobEstimate

    what = (
        f"{result.frames_out} frames at {show_rate(result.fps)} a second, "
        f"{show_seconds(float(result.duration))} long"
    )
    if not isinstance(result, JobEstimate):
        return f"{result.output}: {what}; took {show_seconds(result.seconds)}"
    exists = ", exists already" if result.output_exists else ""
    return (
        f"{result.output}{exists}: would be {what}, take about "
        f"{show_seconds(result.seconds)} and fill about {show_bytes(result.bytes)}"
    )
