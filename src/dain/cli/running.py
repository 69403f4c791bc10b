"""Running one job or several from the command line, and saying what came of them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dain.cli.interrupting import asked_by_interrupts
from dain.cli.messages import (
    counted,
    explain,
    forget_warnings,
    heard_warnings,
    number,
    print_error,
    print_json,
    print_note,
    print_warning,
    show_bytes,
    show_rate,
    show_seconds,
)
from dain.cli.naming import outputs_in
from dain.cli.progress import ProgressDisplay
from dain.errors import OptionError, OutputError, StoppedError, facts_of, reason_of, reworded

if TYPE_CHECKING:
    from dain.jobs import FrameInterpolator, JobEstimate, JobResult, OnReport, ReportFile
    from dain.media.remote import Place
    from dain.settings import JobSettings


@dataclass
class Runner:
    """Runs jobs and says what came of them.

    Attributes:
        settings: of every job.
        dry_run: estimate instead of running.
        as_json: print one object on stdout.
        quiet: print only warnings and errors.
        report: file for the report of the run, or the reports of several; None for none.
        verbose: show where failures of single jobs of several come from.
        interpolator: shared by several jobs.
    """

    settings: JobSettings
    dry_run: bool
    as_json: bool
    quiet: bool
    report: Path | None = None
    verbose: bool = False
    interpolator: FrameInterpolator | None = None
    _report_file: ReportFile | None = field(default=None, init=False)

    def run(
        self, source: Place, output: Place, settings: JobSettings | None = None
    ) -> JobResult | JobEstimate:
        """Run one job, with progress; by other settings than those of every job, if given."""
        from dain.jobs import StopRequest, estimate_anywhere, run_anywhere

        refuse_unfit_pipes(source, output, self.dry_run, self.as_json)
        on_report = self.on_report()
        settings = settings or self.settings
        with ProgressDisplay(self.quiet) as display:
            given = (source, output, settings, display.on_progress, self._engine_for(output))
            if self.dry_run:
                return estimate_anywhere(*given)
            try:
                with asked_by_interrupts(StopRequest(), self.quiet) as stop:
                    return run_anywhere(*given, stop, on_report)
            except KeyboardInterrupt as interrupt:
                if not str(interrupt):  # nothing is kept
                    raise
                error = StoppedError(f"interrupted; {interrupt}")
                error.facts = facts_of(interrupt)
                raise error from interrupt

    def _engine_for(self, output: Place) -> FrameInterpolator | None:
        """The shared engine; none where work is gone on with, which wants tiles as they were."""
        from dain.jobs.workfolder import work_path

        if self.interpolator is None or not isinstance(output, Path):
            return self.interpolator
        return None if os.path.isdir(work_path(output)) else self.interpolator  # noqa: PTH112

    def on_report(self, several: bool = False) -> OnReport | None:
        """What to hand to a run that is to be reported.

        Raises:
            OutputError: the report cannot be written where it was asked for.
            OptionError: nothing is run that could be reported.
        """
        from dain.jobs import ReportFile

        if self.report is None:
            return None
        if self.dry_run:
            raise OptionError("--dry-run does nothing that --report could tell; leave one out")
        file = self._report_file = self._report_file or ReportFile(self.report, several)

        def add(report: dict[str, Any]) -> None:
            file.add({**report, "warnings": [*heard_warnings(), *report["warnings"]]})

        return add

    def sources_of(self, inputs: Sequence[Place]) -> list[Place]:
        """The inputs, with folders of videos on this machine replaced by their videos.

        Raises:
            MediaError: a folder holds both videos and stills.
        """
        from dain.media.moving_files import files_to_run

        sources: list[Place] = []
        for given in inputs:
            sources += files_to_run(given) if isinstance(given, Path) else [given]
        return sources

    def run_all(self, sources: Sequence[Place], folder: Place, container: str | None = None) -> int:
        """Run several jobs into a folder, each named after its source.

        Args:
            sources: of the jobs.
            folder: of the results; made if only its parent is there.
            container: what the results become, such as ``mkv``; None for what the sources are.

        Returns:
            The worst exit code.

        Raises:
            StoppedError: it was asked to stop; bears the results so far.
        """
        from dain.jobs import make_interpolator

        outputs = outputs_in(folder, sources, container)
        self.on_report(several=True)
        needed = [folder, *(() if self.dry_run else self._own_folders().values())]
        new_folders = [each for each in needed if isinstance(each, Path) and not each.exists()]
        self.interpolator = make_interpolator(self.settings.engine, self.settings.judgement)
        objects: list[dict[str, Any]] = []
        try:
            for new in new_folders:  # a dry run removes them again
                _make_folder(new)
            for source, output in zip(sources, outputs, strict=True):
                objects.append({"input": str(source), **self.run_or_tell(source, output)})
        except StoppedError as error:
            raise reworded(error, str(error), results=objects) from error
        finally:
            for made in new_folders:
                if made.is_dir() and not any(made.iterdir()):
                    made.rmdir()
        if self.as_json:
            print_json({"results": objects})
        return max(int(found.get("exit_code", 0)) for found in objects)

    def run_or_tell(self, source: Place, output: Place) -> dict[str, Any]:
        """Run one job of several; its failure is told and is no reason to stop."""
        forget_warnings()
        try:
            result = self.run(source, output, self._one_of_several(output))
        except StoppedError as error:
            raise reworded(error, f"{source}: {error}") from error
        except KeyboardInterrupt as interrupt:
            line = f"{source}: interrupted; nothing unfinished was left behind"
            raise StoppedError(line) from interrupt
        except Exception as error:  # noqa: BLE001 - the next one may be better off
            if self.verbose:
                traceback.print_exc()
            message, code = explain(error)
            print_error(f"{source}: {message}")
            return {**facts_of(error), "error": message, "exit_code": code}
        self.tell(result)
        return _as_object(result)

    def _one_of_several(self, output: Place) -> JobSettings:
        """The settings of one job of several: its own folders are named after its output."""
        own = {
            name: folder and folder / output.name for name, folder in self._own_folders().items()
        }
        return replace(self.settings, **own)  # type: ignore[arg-type]

    def _own_folders(self) -> dict[str, Path | None]:
        """Folders of which each job of several has one for itself, in these."""
        asked = self.settings
        return {
            "frames_in": asked.frames_in,
            "frames_out": asked.frames_out,
            "review": asked.review,
        }

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


def refuse_unfit_pipes(source: Place, output: Place, dry_run: bool, as_json: bool) -> None:
    """Refuse what cannot be done with ``-``.

    Raises:
        OptionError: a sample is to be measured, or two things are to go to standard output.
    """
    from dain.media.pipes import is_pipe

    pipes = [isinstance(place, Path) and is_pipe(place) for place in (source, output)]
    if dry_run and any(pipes):
        raise OptionError(
            "--dry-run measures a sample, which a pipe (-) cannot give twice; name files"
        )
    if as_json and pipes[1]:
        raise OptionError(
            "--json writes to standard output, where the video goes; write a --report FILE instead"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        reason = reason_of(error)
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
        "warnings": [*heard_warnings(), *result.warnings],
    }
    if isinstance(result, JobEstimate):
        return value | {
            "dry_run": True,
            "bytes": result.bytes,
            "output_exists": result.output_exists,
        }
    return value | {"frames_kept": result.frames_kept, "found": list(result.found)}


def _summary(result: JobResult | JobEstimate) -> str:
    """A result for people."""
    from dain.jobs import JobEstimate

    what = (
        f"{counted(result.frames_out, 'frame')} at {show_rate(result.fps)} a second, "
        f"{show_seconds(float(result.duration))} long"
    )
    if not isinstance(result, JobEstimate):
        found = f"; found {', '.join(result.found)}" if result.found else ""
        return f"{result.output}: {what}; took {show_seconds(result.seconds)}{found}"
    exists = ", exists already" if result.output_exists else ""
    return (
        f"{result.output}{exists}: would be {what}, take about "
        f"{show_seconds(result.seconds)} and fill about {show_bytes(result.bytes)}"
    )
