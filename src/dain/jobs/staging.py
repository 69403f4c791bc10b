"""Runs whose input or output is elsewhere: fetch, run on this machine, upload."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from dain.errors import DainError, MediaError, reworded
from dain.jobs.estimate import JobEstimate, estimate_job
from dain.jobs.making import FrameInterpolator
from dain.jobs.progress import OnProgress, ProgressMeter, Stage
from dain.jobs.report import OnReport, Relay
from dain.jobs.run import JobResult, run_job
from dain.jobs.staging_folder import StagingFolder, request_of, staging_folder
from dain.jobs.stopping import StopRequest
from dain.media.output import check_file_output
from dain.media.remote import Place, RemotePath, Upload, fetch, prepare_upload
from dain.media.stills_names import is_stills_output
from dain.settings import JobSettings
from dain.transfer.partial import OnTransfer, Patience


class Run(Protocol):
    """What `run_job` is: a run from a path to a path on this machine."""

    def __call__(
        self,
        source: Path,
        output: Path,
        settings: JobSettings,
        on_progress: OnProgress | None = None,
        interpolator: FrameInterpolator | None = None,
        stop: StopRequest | None = None,
        on_report: OnReport | None = None,
    ) -> JobResult:
        """Interpolate a video."""


def run_anywhere(
    source: Place,
    output: Place,
    settings: JobSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
    stop: StopRequest | None = None,
    on_report: OnReport | None = None,
    *,
    patience: Patience | None = None,
    run: Run = run_job,
) -> JobResult:
    """As `run_job`, for inputs and outputs here or elsewhere.

    An input elsewhere is fetched first and verified; an output elsewhere is made here, and
    uploaded when it is complete. When that fails, what was fetched and made is kept, and the
    same request goes on from there.

    Args:
        source: video, animated image, folder of stills, or pattern of stills.
        output: likewise.
        settings: what to do.
        on_progress: called in this thread with each progress event.
        interpolator: engine to use; by default one made from the settings.
        stop: asks the run to stop after the segment in hand.
        on_report: is given the report of the run, also where fetching or uploading fails.
        patience: with servers.
        run: what to do between fetching and uploading.

    Raises:
        InputError: the request or the input is unusable; also a store that refuses.
        TransferError: a connection was cut again and again.
        RunError: the run failed.
        StoppedError: it was asked to stop; the same call goes on from there.
    """
    if isinstance(source, Path) and isinstance(output, Path):
        return run(source, output, settings, on_progress, interpolator, stop, on_report)
    started = time.monotonic()
    patience = patience or Patience()
    with Relay(source, output, settings, on_report) as relay:
        upload = _prepared(output, settings, patience)
        with staging_folder(source, output) as staging, _kept(staging):
            here = _fetched(source, staging, patience, on_progress)
            make = partial(
                run,
                here,
                settings=settings,
                on_progress=on_progress,
                interpolator=interpolator,
                stop=stop,
                on_report=relay,
            )
            notes: list[str] = []
            with _said_of(source, here, staging):
                if upload is None:
                    assert isinstance(output, Path)
                    result = make(output)
                else:
                    request = request_of(here, settings)
                    result, notes = _made_and_sent(upload, staging, request, make, on_progress)
            relay.result = {**vars(result), "frames_kept": result.frames_out}
            staging.remove()
    return replace(
        result,
        output=output,
        seconds=time.monotonic() - started,
        warnings=(*result.warnings, *notes),
    )


def estimate_anywhere(
    source: Place,
    output: Place,
    settings: JobSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
    *,
    patience: Patience | None = None,
) -> JobEstimate:
    """As `estimate_job`, for inputs and outputs here or elsewhere.

    An input elsewhere is fetched, and kept for the run.

    Raises:
        InputError: the run would refuse; an output that exists is told, not refused.
        TransferError: a connection was cut again and again.
    """
    if isinstance(source, Path) and isinstance(output, Path):
        return estimate_job(source, output, settings, on_progress, interpolator)
    patience = patience or Patience()
    with staging_folder(source, output) as staging, _kept(staging):
        upload = None
        if isinstance(output, RemotePath):
            upload = prepare_upload(output, overwrite=True, patience=patience, trial=False)
        here = _fetched(source, staging, patience, on_progress)
        made = output if isinstance(output, Path) else staging.outgoing / output.name
        with _said_of(source, here, staging):
            found = estimate_job(here, made, settings, on_progress, interpolator)
        notes = [] if here == source else [f"the input was fetched to {here}, and kept for the run"]
        if staging.is_empty:
            staging.remove()
    exists = found.output_exists if upload is None else upload.exists
    return replace(found, output=output, output_exists=exists, warnings=(*found.warnings, *notes))


def _prepared(output: Place, settings: JobSettings, patience: Patience) -> Upload | None:
    """Refuse an output that cannot be written, before anything is fetched."""
    overwrite = settings.encode.overwrite
    if isinstance(output, RemotePath):
        return prepare_upload(output, overwrite, patience)
    if not is_stills_output(output):  # of folders, the writer tells
        check_file_output(output, overwrite)
    return None


def _made_and_sent(
    upload: Upload,
    staging: StagingFolder,
    request: str,
    make: Callable[[Path], JobResult],
    on_progress: OnProgress | None,
) -> tuple[JobResult, list[str]]:
    """The result of a run, or of an earlier one of the same request; and notes of its upload."""
    made = _local_output(upload, staging)
    result = staging.finished(request, _whole(upload, made))
    if result is None:
        result = make(made)
        staging.note_finished(request, result)
    return result, _sent(upload, _whole(upload, made), on_progress)


def _local_output(upload: Upload, staging: StagingFolder) -> Path:
    """Where the run is to write: the same name, in a folder of its own for a pattern."""
    name = upload.address.name
    if upload.address.pattern is None:
        return staging.outgoing / name
    folder = staging.outgoing / "stills"
    folder.mkdir(exist_ok=True)
    return folder / name


def _whole(upload: Upload, made: Path) -> Path:
    """The file or folder that holds all that was made."""
    return made if upload.address.pattern is None else made.parent


def _fetched(
    source: Place, staging: StagingFolder, patience: Patience, on_progress: OnProgress | None
) -> Path:
    if isinstance(source, Path):
        return source
    return fetch(source, staging.incoming, patience, _bytes("fetching", on_progress))


def _sent(upload: Upload, whole: Path, on_progress: OnProgress | None) -> list[str]:
    try:
        return upload.send(whole, _bytes("uploading", on_progress))
    except DainError as error:
        kept = f"the finished output is kept at {whole}, and the same command uploads it"
        raise reworded(error, f"{error}; {kept}") from error


def _bytes(stage: Stage, on_progress: OnProgress | None) -> OnTransfer:
    meter = ProgressMeter(on_progress)
    meter.enter(stage)

    def reach(done: int, total: int | None) -> None:
        meter.total = total or 0
        meter.reach(stage, done)

    return reach


@contextlib.contextmanager
def _said_of(source: Place, here: Path, staging: StagingFolder) -> Iterator[None]:
    """Say of the input what is wrong with its copy; one that nothing is made of is not kept."""
    try:
        yield
    except DainError as error:
        if here == source:
            raise
        if isinstance(error, MediaError) and not staging.has_output:
            staging.remove()
        told = str(error).replace(str(here), str(source).rstrip("/"))
        raise reworded(error, told) from error


@contextlib.contextmanager
def _kept(staging: StagingFolder) -> Iterator[None]:
    """Keep what a failed run may go on from, and say so."""
    try:
        yield
    except BaseException as error:
        if staging.is_empty:
            staging.remove()
        elif isinstance(error, DainError | KeyboardInterrupt) and str(staging.path) not in str(
            error
        ):
            kept = (
                f"what was fetched and made is kept in {staging.path}, and the same command goes "
                "on from there"
            )
            raise reworded(error, "; ".join(filter(None, (str(error), kept)))) from error
        raise
