"""A run that can be cut off anywhere and goes on from the last sealed segment.

Every such run goes the same way, broken or not: frames are encoded in segments of a fixed
length, each by an encoder of its own, and joined at the end. So the output is the same to the
byte however often the run was cut off, where the frames themselves are (docs/resume.md).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from dain.errors import (
    DainError,
    DamageError,
    MediaError,
    OptionError,
    StoppedError,
    reworded,
)
from dain.jobs.conversion import Made, Task, convert
from dain.jobs.fingerprint import INPUT, Fingerprint, differences, fingerprint, identity
from dain.jobs.making import FrameInterpolator, FrameMaker
from dain.jobs.prepare import from_frame
from dain.jobs.segmented import SegmentWriter, segment_length
from dain.jobs.workfolder import WorkFolder
from dain.media import Frame, FrameWriter, open_writer
from dain.settings import EngineSettings

_COMPARED = ("model", "device", "precision", "weights")
_WHOLE = 2**16  # pixels, a tile that no frame exceeds


def make_in_segments(task: Task) -> Made:
    """Make what is missing, segment by segment, and join all of them.

    Raises:
        StoppedError: it was asked to stop, and did so where it can go on.
        KeyboardInterrupt: as it came, with a line on what is kept.
        DainError: likewise, the line added to its own.
    """
    # Opened to prove, before any work, that it can be; and again when everything is made.
    trial = open_writer(task.output, task.job.spec, task.settings.encode)
    trial.abort()
    folder = WorkFolder(task.output)
    with _kept(task, folder):
        depends_on = fingerprint(task.source, task.settings)
        messages = folder.open(depends_on)
        if not task.keeper.holds(folder.frames, folder.source_frames):
            gone = "what was kept for --frames-in or --frames-out is gone or damaged"
            messages.append(f"starting over: {gone}")
            folder.begin_again()
        task.reader.know_damage(folder.manifest.damage)
        for message in messages:  # now, and not only when all is done
            task.meter.say(message)
        if folder.manifest.result is None:
            messages += _make_the_rest(task, folder, trial)
        else:
            task.meter.go_on_from(folder.frames)
            task.watch.findings.go_on_from(folder.manifest.findings)
        task.meter.enter("finishing")
        _refuse_another(task.source, depends_on)
        with open_writer(task.output, task.job.spec, task.settings.encode) as writer:
            for record in folder.records():
                writer.put(record)
        # While the work is there: it may be all that a run has to go on from.
        task.keeper.resumable = True
        task.keeper.finish()
    manifest = folder.manifest
    assert manifest.result is not None
    return Made(
        frames_in=manifest.result["frames_in"],
        frames_out=folder.frames,
        duration=Fraction(manifest.result["duration"]),
        model=manifest.engine["model"],
        device=manifest.engine["device"],
        precision=manifest.engine["precision"],
        kept=task.meter.kept,
        messages=(*messages, *trial.messages, *writer.messages),
    )


def _refuse_another(source: Path, before: Fingerprint) -> None:
    """Refuse a source that is not what the frames were made of: its sound is still to be copied.

    Raises:
        MediaError: it has changed or is gone.
    """
    if identity(source) != before[INPUT]:
        raise MediaError(f"{source} has changed since the run began; put back what it was")


@contextlib.contextmanager
def _kept(task: Task, folder: WorkFolder) -> Iterator[None]:
    """Remove the folder when all is done; else leave what can be gone on from, and say so."""
    try:
        yield
    except BaseException as error:
        is_made = folder.manifest.result is not None  # and only other streams are damaged
        if isinstance(error, DamageError) and not folder.found and not is_made:
            folder.remove()  # the same command would end in the same way
            task.keeper.begin()
            raise
        folder.leave()
        if not folder.frames:
            raise
        task.keeper.resumable = True
        line = f"{folder.frames} of {task.job.plan.count} frames are kept"
        if not isinstance(error, DamageError | OptionError):
            line += ", and the same command goes on from there"
        kept = folder.frames
        if isinstance(error, DainError):
            raise reworded(error, f"{error}; {line}", frames_kept=kept) from error
        if isinstance(error, KeyboardInterrupt):
            raise reworded(error, line, frames_kept=kept) from error
        error.__dict__["facts"] = {"frames_kept": kept}
        raise
    folder.remove()


def _make_the_rest(task: Task, folder: WorkFolder, trial: FrameWriter) -> list[str]:
    """Make and seal the segments that are missing; returns messages."""
    engine, messages = _engine_for(task, folder)
    done = folder.frames
    task.keeper.begin(done)
    task.meter.go_on_from(done)
    job, opening, findings = task.job, None, task.watch.findings
    if done:
        task.meter.say(f"going on after {done} of {job.plan.count} frames")
        # Judges count the frames they see; damaged ones are listed, but do not come.
        behind = task.judging.judges.warm_up + len(folder.manifest.damage)
        job = from_frame(task.job, done, task.reader.timestamps().pts, behind)
        findings.go_on_from(folder.manifest.findings)
        opening = next(task.reader.frames(task.job.from_pts), None) if job.plan.loop else None
    segments = folder.manifest.segments
    watched = task.watch.engine(engine)
    maker = FrameMaker(
        job,
        watched,
        folder.source_frames,
        opening,
        task.room.batch_bytes,
        task.judging,
        findings,
    )
    length = segment_length(job.spec, engine.model)
    writer = SegmentWriter(folder, length, trial.segment_encoder, task.reader.damage_places)

    stopped = False

    def is_last(frame: Frame) -> bool:
        nonlocal stopped
        folder.manifest.engine |= _state(engine)
        writer.expect(frame.index, maker.done, findings.as_record)
        stopped = task.stop.asked and writer.ends_with(frame.index)
        return stopped

    task.meter.enter("interpolating")
    task.stop.heeded = True
    try:
        convert(task, job, maker, writer.write, is_last)
        if stopped and folder.frames < job.plan.count:
            raise StoppedError("stopped as asked")
        end = maker.duration or Fraction(segments[-1].end) - job.offset
        result = {"frames_in": maker.frames_in, "duration": str(end)}
        writer.finish(result, findings.as_record())
    finally:
        task.stop.heeded = False
        writer.close()
    return messages


def _engine_for(task: Task, folder: WorkFolder) -> tuple[FrameInterpolator, list[str]]:
    """The engine, as the kept frames were made; where that cannot be, they are let go of."""
    known, messages = folder.manifest.engine, []
    engine = task.interpolator
    if engine is None:
        task.meter.enter("loading")
        try:
            engine = task.load(_as_before(task.settings.engine, known))
        except OptionError:  # such as a GPU that is gone
            if not known:
                raise
            engine = task.load(task.settings.engine)
        if known.get("threads"):
            engine.use_threads(known["threads"])  # type: ignore[attr-defined]
    now = _state(engine) | {"memory": str(task.settings.engine.memory)}
    changed = differences(
        {name: str(known.get(name)) for name in _COMPARED},
        {name: str(now.get(name)) for name in _COMPARED},
    )
    if folder.frames and changed:
        messages.append(f"starting over: other {' and '.join(changed)} than in the unfinished run")
        folder.begin_again()
    elif folder.frames and known.get("processors") != now["processors"]:
        messages.append(
            f"going on with {now['processors']} processors instead of {known.get('processors')}: "
            "the output may differ in its bytes from that of an unbroken run"
        )
    for message in messages:
        task.meter.say(message)
    folder.manifest.engine = now
    return engine, messages


def _as_before(settings: EngineSettings, known: dict[str, Any]) -> EngineSettings:
    """Settings resolved as an earlier run resolved them; as they are if there was none."""
    if not known:
        return settings
    tile = settings.tile_size
    if known["memory"] == str(settings.memory):
        tile = known["tile"] or _WHOLE
    return replace(settings, device=known["device"], precision=known["precision"], tile_size=tile)


def _state(engine: FrameInterpolator) -> dict[str, Any]:
    """How an engine makes frames now; it may have stepped down to save memory."""
    return {
        "model": engine.model,
        "device": engine.device,
        "precision": engine.precision,
        "weights": getattr(engine, "weights_digest", ""),
        "tile": getattr(engine, "tile", None),
        "threads": getattr(engine, "threads", None),
        "processors": os.cpu_count(),
    }
