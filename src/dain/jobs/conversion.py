"""What every way of running a job shares: the task, its conversion, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dain.errors import DamageError
from dain.jobs.judging import Judging
from dain.jobs.keeping import FrameKeeper
from dain.jobs.making import FrameInterpolator, FrameMaker, checked, until
from dain.jobs.pipeline import run_pipeline
from dain.jobs.prepare import PreparedJob
from dain.jobs.progress import ProgressMeter
from dain.jobs.room import Room
from dain.jobs.stopping import StopRequest
from dain.jobs.watching import Watch
from dain.jobs.workfolder import WorkFolder
from dain.media import Frame, FrameReader, open_writer
from dain.media.pipes import is_pipe
from dain.settings import EngineSettings, JobSettings


@dataclass
class Task:
    """A job that is ready to be run.

    Attributes:
        source: where the reader reads.
        output: file or folder to be written.
        settings: what to do.
        reader: of the source, open.
        job: what was planned for it.
        meter: is told how far the run is.
        load: makes an engine from its settings.
        keeper: is given the frames that go in and come out.
        interpolator: engine to use instead.
        stop: asks the run to stop where it can go on later.
        watch: over the stages.
        room: for frames in flight.
        judging: how source frames are judged.
    """

    source: Path
    output: Path
    settings: JobSettings
    reader: FrameReader
    job: PreparedJob
    meter: ProgressMeter
    load: Callable[[EngineSettings], FrameInterpolator]
    keeper: FrameKeeper
    interpolator: FrameInterpolator | None = None
    stop: StopRequest = field(default_factory=StopRequest)
    watch: Watch = field(default_factory=Watch)
    room: Room = field(default_factory=Room)
    judging: Judging = field(default_factory=Judging)


@dataclass(frozen=True)
class Made:
    """What a run made.

    Attributes:
        frames_in: source frames used.
        frames_out: frames written.
        duration: of the output in seconds.
        model: network that made the frames.
        device: on which it ran.
        precision: of its arithmetic.
        kept: frames of those written that an earlier run had made.
        messages: notes of the writer and on the work that was kept.
    """

    frames_in: int
    frames_out: int
    duration: Fraction
    model: str
    device: str
    precision: str
    kept: int
    messages: tuple[str, ...]


def make_at_once(task: Task) -> Made:
    """Write the output as the frames come; whatever ends the run, nothing is kept of it."""
    task.keeper.begin()
    with _claimed(task), open_writer(task.output, task.job.spec, task.settings.encode) as writer:
        engine = task.interpolator
        if engine is None:
            task.meter.enter("loading")
            engine = task.load(task.settings.engine)
        maker = FrameMaker(
            task.job,
            task.watch.engine(engine),
            batch_bytes=task.room.batch_bytes,
            judging=task.judging,
            findings=task.watch.findings,
        )
        task.meter.enter("interpolating")
        convert(task, task.job, maker, writer.write, interrupt=writer.interrupt)
        task.meter.enter("finishing")
    return Made(
        frames_in=maker.frames_in,
        frames_out=task.meter.done,
        duration=maker.duration,
        model=engine.model,
        device=engine.device,
        precision=engine.precision,
        kept=0,
        messages=(*writer.messages, *_notes_on_end(task, maker)),
    )


def _claimed(task: Task) -> contextlib.AbstractContextManager[object]:
    """Keep other runs off the output, and clear what an earlier one kept for it."""
    if is_pipe(task.output):
        return contextlib.nullcontext()
    open_writer(task.output, task.job.spec, task.settings.encode).abort()  # refuses first
    return WorkFolder(task.output)


def _notes_on_end(task: Task, maker: FrameMaker) -> tuple[str, ...]:
    """What only its end tells of an input that came through a pipe."""
    plan = task.job.plan
    if not task.reader.info.live or plan.is_open or maker.duration >= plan.duration:
        return ()
    return (f"standard input ended after {maker.frames_in} frames, before the end asked for",)


def convert(
    task: Task,
    job: PreparedJob,
    maker: FrameMaker,
    encode: Callable[[Frame], None],
    is_last: Callable[[Frame], bool] = lambda frame: False,
    interrupt: Callable[[], None] = lambda: None,
) -> None:
    """Decode, interpolate and encode side by side.

    Args:
        task: what is run.
        job: its plan, or the part of it that is still to be done.
        maker: of that job.
        encode: takes each frame, in a thread of its own.
        is_last: asked of each frame before that, in order; the work may end with any of them.
        interrupt: called when the work ends; lets `encode` return where it waits for a reader.

    Raises:
        DamageError: the input is damaged and the settings are strict.
    """
    watch = task.watch

    def stop_at_damage() -> None:
        if task.settings.strict:
            refuse_damage(task.reader)

    def stop_waiting() -> None:
        task.reader.interrupt()
        interrupt()

    def used(frames: Iterator[Frame]) -> Iterator[Frame]:
        return task.keeper.used(checked(frames, stop_at_damage))

    def keep_and_encode(frame: Frame) -> None:
        task.keeper.made(frame)  # first: what is encoded may be sealed, and is not made again
        encode(frame)

    run_pipeline(
        decode=lambda: watch.decoding(task.reader.frames(job.from_pts)),
        transform=lambda frames: watch.leaving(
            until(is_last, maker.make(watch.arriving(used(frames))))
        ),
        encode=watch.encoding(keep_and_encode),
        on_made=task.meter.count,
        interrupt=stop_waiting,
        capacity=task.room.queue,
    )
    stop_at_damage()


def refuse_damage(reader: FrameReader) -> None:
    """Stop a strict run over an input in which damage was found so far.

    Raises:
        DamageError: there is some.
    """
    if reader.damage:
        found = "; ".join(reader.damage.messages) or "damage"
        raise DamageError(f"expected an undamaged input because of --strict, found: {found}")
