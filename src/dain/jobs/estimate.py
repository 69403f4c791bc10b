"""What a run would take, measured on a small sample of it; nothing is left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from dain.errors import MediaError
from dain.jobs.conversion import refuse_damage
from dain.jobs.judging import judging_for
from dain.jobs.keeping import check_kept_folders
from dain.jobs.making import FrameInterpolator, FrameMaker
from dain.jobs.pipeline import run_pipeline
from dain.jobs.prepare import PreparedJob, check_names, prepare, reading_for
from dain.jobs.progress import OnProgress, ProgressMeter
from dain.jobs.run import make_interpolator
from dain.jobs.segmented import segment_length
from dain.media import Frame, FrameReader, OutputSpec, open_reader, open_writer
from dain.media.containers import open_container
from dain.media.joining import joined_packets
from dain.media.remote.addresses import Place
from dain.media.stills_names import is_stills, is_stills_output, pattern_of
from dain.settings import EncodeSettings, JobSettings

_SAMPLE_PAIRS = 8
_SAMPLE_SECONDS = 2.0
_FEWEST_FRAMES = 3  # the first tells of start-up alone; a rate needs two more
_KEYFRAME_INTERVAL = 250  # of x264 and x265, where the container demands no other


@dataclass(frozen=True)
class JobEstimate:
    """What a run would make and take.

    Attributes:
        output: file or folder that would be written.
        output_exists: whether something is there already.
        frames_in: source frames in the range, as the container promises them.
        frames_out: frames that would be written.
        fps: rate at which the output would play, exact.
        duration: of the output in seconds, exact.
        model: network that would make the frames.
        device: on which.
        precision: of its arithmetic.
        seconds: that the run would take on this machine, about.
        bytes: that the output would fill, about.
        warnings: one line each.
    """

    output: Place
    output_exists: bool
    frames_in: int
    frames_out: int
    fps: Fraction
    duration: Fraction
    model: str
    device: str
    precision: str
    seconds: float
    bytes: int
    warnings: tuple[str, ...]


def estimate_job(
    source: Path,
    output: Path,
    settings: JobSettings,
    on_progress: OnProgress | None = None,
    interpolator: FrameInterpolator | None = None,
) -> JobEstimate:
    """Measure a sample from the middle of a run: at most 8 pairs or about 2 seconds of work.

    Raises:
        InputError: the run would refuse; an output that exists is told, not refused.
        DamageError: the sample is damaged and the settings are strict.
    """
    check_names(source, output)
    check_kept_folders(source, output, settings)
    with open_reader(source, reading_for(output, settings)) as reader:
        meter = ProgressMeter(on_progress)
        meter.enter("reading")
        job = prepare(reader, settings)
        output_notes = _try_output(output, job.spec, settings.encode)
        started = time.monotonic()
        meter.enter("loading")
        engine = interpolator or make_interpolator(settings.engine, settings.judgement)
        loading = time.monotonic() - started
        meter.enter("interpolating")
        middle, beginning = _samples_of(job, reader.timestamps().pts)
        try:
            sample = _measure(reader, middle, engine, output, settings)
        except MediaError:  # it may be cut short; a run gets as far as it can
            sample = _measure(reader, beginning, engine, output, settings)
        if settings.strict:
            refuse_damage(reader)
        interval = _KEYFRAME_INTERVAL
        if settings.resume:
            interval = min(interval, segment_length(job.spec, engine.model))
        size = sample.bytes(job.plan.count, interval) + _copied_bytes(job.spec)
        notes = (*job.plan.messages, *reader.messages, *output_notes, *reader.damage.messages)
        notes += _notes_on_space(output, 2 * size if settings.resume else size)
        used = _count_used(job, reader.timestamps().pts)
        return JobEstimate(
            output=output,
            output_exists=_is_taken(output),
            frames_in=used,
            frames_out=job.plan.count,
            fps=job.plan.output_rate,
            duration=job.plan.duration,
            model=engine.model,
            device=engine.device,
            precision=engine.precision,
            seconds=loading + sample.seconds(job.plan.count, used),
            bytes=size,
            warnings=tuple(dict.fromkeys(notes)),
        )


def _try_output(output: Path, spec: OutputSpec, encode: EncodeSettings) -> list[str]:
    """Begin the output as a run would, drop it at once, and return the notes on it."""
    writer = open_writer(output, spec, replace(encode, overwrite=True))
    writer.abort()
    return writer.messages


def _notes_on_space(output: Path, needed: int) -> tuple[str, ...]:
    """A warning where the disk has less room than a run needs while it lasts."""
    home = next(folder for folder in output.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(home).free
    if needed <= free:
        return ()
    return (
        f"the run needs about {needed / 2**20:.0f} MiB beside the output and finds "
        f"{free / 2**20:.0f}; make room before it starts",
    )


def _is_taken(output: Path) -> bool:
    """Whether something is there that a run would replace."""
    pattern = pattern_of(output)
    if pattern is not None and output.parent.is_dir():
        return any(pattern.number(entry.name) is not None for entry in output.parent.iterdir())
    if output.is_dir():
        return any(entry.is_file() and entry.name[0] != "." for entry in output.iterdir())
    return output.exists()


def _count_used(job: PreparedJob, pts: Sequence[int]) -> int:
    """How many source frames a run uses, if none is damaged."""
    first = 0 if job.from_pts is None else bisect_right(pts, job.from_pts) - 1
    stop = bisect_left(pts, job.plan.end, key=job.timing.time_of)
    # The frame at or after the end is interpolated towards, unless the plan forbids it.
    return min(stop + (not job.plan.closed), len(pts)) - max(first, 0)


@dataclass(frozen=True)
class _Sample:
    """A short run: its frames, when the first and last were done, and what they filled.

    As judges look ahead, most source frames may be seen before the first frame is made: these
    are counted apart, with the time that it takes to see one.
    """

    frames: int
    first_seconds: float
    all_seconds: float
    first_bytes: int
    all_bytes: int
    seen_before: int = 0
    seen_later: int = 0
    seconds_to_see: float = 0.0

    def seconds(self, count: int, sources: int = 0) -> float:
        """Of a run of `count` frames from `sources`; the first one bears the start-up."""
        more = (count - 1) / max(1, self.frames - 1)
        unseen = max(0, sources - self.seen_before - round(self.seen_later * more))
        later = self.all_seconds - self.first_seconds
        return self.first_seconds + later * more + self.seconds_to_see * unseen

    def bytes(self, count: int, interval: int) -> int:
        """Of a run of `count` frames: keyframes like the first, the others like the rest."""
        keyframes = 1 + (count - 1) // interval
        if self.frames < 2:
            return self.first_bytes * count
        each = max(0, self.all_bytes - self.first_bytes) / (self.frames - 1)
        return round(keyframes * self.first_bytes + (count - keyframes) * each)


def _measure(
    reader: FrameReader,
    job: PreparedJob,
    interpolator: FrameInterpolator,
    output: Path,
    settings: JobSettings,
) -> _Sample:
    """Really interpolate and encode a sample, into a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="dain-estimate-") as folder:
        return _measure_in(Path(folder), reader, job, interpolator, output, settings)


def _measure_in(
    folder: Path,
    reader: FrameReader,
    job: PreparedJob,
    interpolator: FrameInterpolator,
    output: Path,
    settings: JobSettings,
) -> _Sample:
    spec = replace(job.spec, source=None, copy_offset=Fraction(0))
    encode = replace(settings.encode, overwrite=False)
    judging = judging_for(settings)
    name = _sample_name(output)
    folders = [folder / "one", folder / "all"]
    for each in folders:
        each.mkdir()
    marks: list[float] = []
    seen: list[float] = []
    first: list[Frame] = []
    started = time.monotonic()

    def arriving(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            seen.append(time.monotonic())
            yield frame

    def until_enough(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in FrameMaker(job, interpolator, judging=judging).make(arriving(frames)):
            if not first:
                first.append(frame)
            yield frame
            late = marks[-1] - marks[0] > _SAMPLE_SECONDS
            if late and len(marks) >= _FEWEST_FRAMES:
                return

    with open_writer(folders[1] / name, spec, encode) as writer:
        run_pipeline(
            decode=lambda: reader.frames(job.from_pts),
            transform=until_enough,
            encode=writer.write,
            on_made=lambda: marks.append(time.monotonic()),
        )
    finished = time.monotonic()
    with open_writer(folders[0] / name, spec, encode) as writer:
        writer.write(first[0])
    before = [moment for moment in seen if moment < marks[0]]
    return _Sample(
        frames=len(marks),
        first_seconds=marks[0] - started,
        all_seconds=finished - started,
        first_bytes=_size(folders[0]),
        all_bytes=_size(folders[1]),
        seen_before=len(before),
        seen_later=len(seen) - len(before),
        seconds_to_see=(before[-1] - before[0]) / max(1, len(before) - 1),
    )


def _samples_of(job: PreparedJob, pts: Sequence[int]) -> tuple[PreparedJob, PreparedJob]:
    """The same job, cut to a few pairs in the middle of its range, and at the beginning."""
    low = bisect_right(pts, job.timing.pts_of(job.plan.start)) - 1
    high = bisect_right(pts, job.timing.pts_of(job.plan.end)) - 1
    middle = max(low, (low + high - _SAMPLE_PAIRS) // 2)
    return _sample_of(job, pts, middle, high), _sample_of(job, pts, low, high)


def _sample_of(job: PreparedJob, pts: Sequence[int], begin: int, high: int) -> PreparedJob:
    """A few pairs from source frame `begin` on, up to `high`, the last one of the range."""
    timing, plan = job.timing, job.plan
    stop = min(high, begin + _SAMPLE_PAIRS)
    start = max(plan.start, timing.time_of(pts[begin]))
    end = min(plan.end, timing.time_of(pts[stop])) if stop > begin else plan.end
    # A range that holds its last frame is not measured by interpolating beyond it.
    closed = plan.closed and not plan.loop and end == plan.end
    return replace(job, plan=plan.part(start, end, closed), from_pts=pts[begin], offset=Fraction(0))


def _sample_name(output: Path) -> str:
    """A name that makes the same kind of output in a folder of its own."""
    if pattern_of(output) is not None:
        return output.name
    return "stills" if is_stills_output(output) else f"video{output.suffix}"


def _size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())


def _copied_bytes(spec: OutputSpec) -> int:
    """Bytes of the other streams' packets that lie in the range."""
    if spec.source is None or not spec.source.is_file():
        return 0
    if is_stills(spec.source):
        return 0
    total = 0
    with open_container(spec.source) as container:
        others = [stream for stream in container.streams if stream.type != "video"]
        for packet in joined_packets(container, *others) if others else ():
            if packet.pts is None or packet.time_base is None:
                continue
            moment = packet.pts * packet.time_base
            is_inside = spec.copy_end is None or moment < spec.copy_end
            if is_inside and moment >= spec.copy_start:
                total += packet.size
    return round(total * spec.copy_stretch)
