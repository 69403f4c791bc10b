"""One run: a video in, a smoother video out."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dain.engine.host_memory import used_memory
from dain.jobs.conversion import Task, make_at_once
from dain.jobs.doubt_log import DoubtLog
from dain.jobs.judging import judging_for
from dain.jobs.keeping import FrameKeeper, check_kept_folders
from dain.jobs.making import FrameInterpolator
from dain.jobs.prepare import check_names, prepare, reading_for
from dain.jobs.preview import check_preview_apart
from dain.jobs.progress import OnProgress, ProgressMeter
from dain.jobs.report import OnReport, Reporter
from dain.jobs.resuming import make_in_segments
from dain.jobs.review import check_review, write_review
from dain.jobs.room import Room, room_for
from dain.jobs.stopping import StopRequest
from dain.jobs.watching import Watch
from dain.media import open_reader
from dain.media.pipes import is_pipe
from dain.media.remote.addresses import Place
from dain.settings import EngineSettings, JobSettings, JudgementSettings


@dataclass(frozen=True)
class JobResult:
    """What a run did.

    Attributes:
        output: file or folder that was written.
        frames_in: source frames used.
        frames_out: frames written.
        frames_kept: of those, the frames that an earlier, unfinished run had made.
        fps: rate at which the output plays, frames per second, exact.
        duration: of the output in seconds, exact.
        model: network that made the frames.
        device: on which it ran.
        precision: of its arithmetic.
        seconds: that the run took.
        warnings: one line each: damage bridged, streams left behind, frames left out.
        found: what was found out about the source, in a few words each: cuts, repeats, overlays.
    """

    output: Place
    frames_in: int
    frames_out: int
    frames_kept: int
    fps: Fraction
    duration: Fraction
    model: str
    device: str
    precision: str
    seconds: float
    warnings: tuple[str, ...]
    found: tuple[str, ...] = ()


def run_job(
    source: Path,
    output: Path,
    settings: JobSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
    stop: StopRequest | None = None,
    on_report: OnReport | None = None,
) -> JobResult:
    """Interpolate a video; the output appears under its name only when it is complete.

    Args:
        source: video, animated image, folder of stills, or pattern of stills; ``-`` for Y4M on
            standard input.
        output: likewise; ``-`` for standard output, which is written as frames are made.
        settings: what to do.
        on_progress: called in this thread with each progress event.
        interpolator: engine to use; by default one made from the settings.
        stop: asks the run to stop after the segment in hand.
        on_report: is given the report of the run, also of one that fails or is interrupted.

    Raises:
        InputError: the request or the input is unusable.
        DamageError: the input is damaged and the settings are strict.
        EncodeError: the encoder or the disk gave up.
        PipeClosedError: the reader of standard output has gone.
        StoppedError: it was asked to stop; the same call goes on from there.
        KeyboardInterrupt: as it came, with a line on what is kept if anything is.
    """
    watch = Watch(on_progress, settings.preview)
    watch.findings.doubts = DoubtLog(pictures=settings.review is not None)
    with Reporter(source, output, settings, watch, on_report) as reporter:
        result = _run(reporter, interpolator, stop or StopRequest())
        reporter.result = vars(result)
        return result


def _run(
    reporter: Reporter, interpolator: FrameInterpolator | None, stop: StopRequest
) -> JobResult:
    source, output, settings = reporter.source, reporter.output, reporter.settings
    started = time.monotonic()
    check_names(source, output)
    check_kept_folders(source, output, settings)
    if settings.preview is not None:
        check_preview_apart(settings.preview, source, output)
    if settings.review is not None:
        check_review(settings.review)
    meter = reporter.meter = ProgressMeter(reporter.watch.progress)
    reading = reading_for(output, settings)
    with open_reader(source, reading) as reader, FrameKeeper(settings) as keeper:
        reporter.reader = reader
        meter.enter("reading")
        job = prepare(reader, settings)
        meter.total = job.plan.count
        reporter.watch.begin(job)
        judging = judging_for(settings)
        room = room_for(job.spec, settings.engine.memory, judging.judges.ahead)
        task = Task(
            source=source,
            output=output,
            settings=settings,
            reader=reader,
            job=job,
            meter=meter,
            load=lambda engine: _beside(
                room, make_interpolator(engine, settings.judgement), engine.memory
            ),
            interpolator=interpolator and _beside(room, interpolator, settings.engine.memory),
            stop=stop,
            watch=reporter.watch,
            keeper=keeper,
            room=room,
            judging=judging,
        )
        # What goes through a pipe is gone: there is nothing to go back to.
        is_kept = settings.resume and not (is_pipe(source) or is_pipe(output))
        made = make_in_segments(task) if is_kept else make_at_once(task)
    if settings.review is not None:
        doubts = reporter.watch.findings.doubts
        how = settings.judgement.doubt
        write_review(settings.review, doubts.entries(), _title_of(source), how, doubts.count)
    return JobResult(
        output=output,
        frames_in=made.frames_in,
        frames_out=made.frames_out,
        frames_kept=made.kept,
        fps=job.plan.output_rate,
        duration=made.duration,
        model=made.model,
        device=made.device,
        precision=made.precision,
        seconds=time.monotonic() - started,
        warnings=_unique(
            (*job.plan.messages, *reader.messages, *made.messages, *reader.damage.messages)
        ),
        found=reporter.watch.findings.lines(),
    )


def _title_of(source: Path) -> str:
    """What people call a source; a folder may be given as a dot."""
    return "standard input" if is_pipe(source) else source.resolve().name


def _beside(room: Room, engine: FrameInterpolator, memory: int | None) -> FrameInterpolator:
    """The engine, told what the rest of the run needs of the memory that it may count on."""
    reserve = getattr(engine, "reserve", None)
    if reserve is not None:
        # What is free is counted without what we hold already; what a person allows is not.
        reserve(room.needed + (used_memory() if memory is not None else 0))
    return engine


def make_interpolator(
    settings: EngineSettings, judgement: JudgementSettings | None = None
) -> FrameInterpolator:
    """Load the engine; torch is imported here and not before.

    Args:
        settings: of the engine.
        judgement: what to do about doubt and sharpness; None for the network's frames as they are.
    """
    from dain.engine import Interpolator

    judgement = judgement or JudgementSettings.all_off()

    return Interpolator(
        model=settings.model,
        weights=settings.weights,
        device=settings.device,
        precision=settings.precision,
        scale=settings.scale,
        tile_size=settings.tile_size,
        memory=settings.memory,
        doubt=judgement.doubt,
        sharpness=judgement.sharpness,
    )


def _unique(messages: Iterable[str]) -> tuple[str, ...]:
    """In order, each once."""
    return tuple(dict.fromkeys(messages))
