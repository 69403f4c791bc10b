"""One run: a video in, a smoother video out."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dain.errors import DamageError
from dain.jobs.making import FrameInterpolator, FrameMaker, checked
from dain.jobs.pipeline import run_pipeline
from dain.jobs.prepare import PreparedJob, check_names, prepare, reading_for
from dain.jobs.progress import OnProgress, ProgressMeter
from dain.media import FrameReader, FrameWriter, open_reader, open_writer
from dain.settings import EngineSettings, JobSettings


@dataclass(frozen=True)
class JobResult:
    """What a run did.

    Attributes:
        output: file or folder that was written.
        frames_in: source frames used.
        frames_out: frames written.
        fps: rate at which the output plays, frames per second, exact.
        duration: of the output in seconds, exact.
        model: network that made the frames.
        device: on which it ran.
        precision: of its arithmetic.
        seconds: that the run took.
        warnings: one line each: damage bridged, streams left behind, frames left out.
    """

    output: Path
    frames_in: int
    frames_out: int
    fps: Fraction
    duration: Fraction
    model: str
    device: str
    precision: str
    seconds: float
    warnings: tuple[str, ...]


def run_job(
    source: Path,
    output: Path,
    settings: JobSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
) -> JobResult:
    """Interpolate a video; the output appears under its name only when it is complete.

    Args:
        source: video, animated image, folder of stills, or pattern of stills; ``-`` for Y4M on
            standard input.
        output: likewise; ``-`` for standard output, which is written as frames are made.
        settings: what to do.
        on_progress: called in this thread with each progress event.
        interpolator: engine to use; by default one made from the settings.

    Raises:
        InputError: the request or the input is unusable.
        DamageError: the input is damaged and the settings are strict.
        EncodeError: the encoder or the disk gave up.
        PipeClosedError: the reader of standard output has gone.
        KeyboardInterrupt: as it came, after what was written has been removed.
    """
    started = time.monotonic()
    meter = ProgressMeter(on_progress)
    check_names(source, output)
    with open_reader(source, reading_for(output, settings)) as reader:
        meter.enter("reading")
        job = prepare(reader, settings)
        meter.total = job.plan.count
        writer = open_writer(output, job.spec, settings.encode)
        try:
            if interpolator is None:
                meter.enter("loading")
                interpolator = make_interpolator(settings.engine)
            maker = FrameMaker(job, interpolator)
            meter.enter("interpolating")
            _convert(reader, writer, job, maker, meter, settings.strict)
            meter.enter("finishing")
            writer.finish()
        except BaseException:
            writer.abort()
            raise
    return JobResult(
        output=output,
        frames_in=maker.frames_in,
        frames_out=meter.done,
        fps=job.plan.output_rate,
        duration=maker.duration,
        model=interpolator.model,
        device=interpolator.device,
        precision=interpolator.precision,
        seconds=time.monotonic() - started,
        warnings=_unique(
            (
                *job.plan.messages,
                *reader.messages,
                *writer.messages,
                *reader.damage.messages,
                *_notes_on_end(reader, job, maker),
            )
        ),
    )


def make_interpolator(settings: EngineSettings) -> FrameInterpolator:
    """Load the engine; torch is imported here and not before."""
    from dain.engine import Interpolator

    return Interpolator(
        model=settings.model,
        weights=settings.weights,
        device=settings.device,
        precision=settings.precision,
        scale=settings.scale,
        tile_size=settings.tile_size,
        memory=settings.memory,
    )


def refuse_damage(reader: FrameReader) -> None:
    """Stop a strict run over an input in which damage was found so far.

    Raises:
        DamageError: there is some.
    """
    if reader.damage:
        found = "; ".join(reader.damage.messages) or "damage"
        raise DamageError(f"expected an undamaged input because of --strict, found: {found}")


def _convert(
    reader: FrameReader,
    writer: FrameWriter,
    job: PreparedJob,
    maker: FrameMaker,
    meter: ProgressMeter,
    strict: bool,
) -> None:
    """Decode, interpolate and encode side by side."""

    def stop_at_damage() -> None:
        if strict:
            refuse_damage(reader)

    def stop_waiting() -> None:
        reader.interrupt()
        writer.interrupt()

    run_pipeline(
        decode=lambda: reader.frames(job.from_pts),
        transform=lambda frames: maker.make(checked(frames, stop_at_damage)),
        encode=writer.write,
        on_made=meter.count,
        interrupt=stop_waiting,
    )
    stop_at_damage()


def _notes_on_end(reader: FrameReader, job: PreparedJob, maker: FrameMaker) -> tuple[str, ...]:
    """What only its end tells of an input that came through a pipe."""
    if not reader.info.live or job.plan.is_open or maker.duration >= job.plan.duration:
        return ()
    return (f"standard input ended after {maker.frames_in} frames, before the end asked for",)


def _unique(messages: Iterable[str]) -> tuple[str, ...]:
    """In order, each once."""
    return tuple(dict.fromkeys(messages))
