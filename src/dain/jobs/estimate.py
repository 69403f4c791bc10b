"""What a run would take, measured on a small sample of it; nothing is left behind."""

from __future__ import annotations

import tempfile
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from dain.jobs.making import FrameInterpolator, FrameMaker
from dain.jobs.pipeline import run_pipeline
from dain.jobs.prepare import PreparedJob, prepare, refuse_own_input
from dain.jobs.progress import OnProgress, ProgressMeter
from dain.jobs.run import make_interpolator
from dain.media import Frame, FrameReader, OutputSpec, open_reader, open_writer
from dain.media.containers import open_container
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

    output: Path
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
    """
    with open_reader(source, settings.read) as reader:
        refuse_own_input(source, output)
        meter = ProgressMeter(on_progress)
        meter.enter("reading")
        job = prepare(reader, settings)
        started = time.monotonic()
        meter.enter("loading")
        engine = interpolator or make_interpolator(settings.engine)
        loading = time.monotonic() - started
        meter.enter("interpolating")
        with tempfile.TemporaryDirectory(prefix="dain-estimate-") as folder:
            sample = _measure(reader, job, engine, Path(folder), output, settings.encode)
        pts = reader.timestamps().pts
        inside = [job.timing.time_of(value) < job.plan.end for value in pts]
        skipped = bisect_right(pts, job.from_pts) - 1 if job.from_pts is not None else 0
        return JobEstimate(
            output=output,
            output_exists=output.exists(),
            frames_in=sum(inside) - max(0, skipped),
            frames_out=job.plan.count,
            fps=job.plan.output_rate,
            duration=job.plan.duration,
            model=engine.model,
            device=engine.device,
            precision=engine.precision,
            seconds=loading + sample.seconds(job.plan.count),
            bytes=sample.bytes(job.plan.count) + _copied_bytes(job.spec),
            warnings=tuple(dict.fromkeys((*job.plan.messages, *reader.messages))),
        )


@dataclass(frozen=True)
class _Sample:
    """A short run: its frames, when the first and last were done, and what they filled."""

    frames: int
    first_seconds: float
    all_seconds: float
    first_bytes: int
    all_bytes: int

    def seconds(self, count: int) -> float:
        """Of a run of `count` frames; the first one bears the start-up."""
        each = (self.all_seconds - self.first_seconds) / max(1, self.frames - 1)
        return self.first_seconds + each * (count - 1)

    def bytes(self, count: int) -> int:
        """Of a run of `count` frames: keyframes like the first, the others like the rest."""
        keyframes = 1 + (count - 1) // _KEYFRAME_INTERVAL
        if self.frames < 2:
            return self.first_bytes * count
        each = max(0, self.all_bytes - self.first_bytes) / (self.frames - 1)
        return round(keyframes * self.first_bytes + (count - keyframes) * each)


def _measure(
    reader: FrameReader,
    job: PreparedJob,
    interpolator: FrameInterpolator,
    folder: Path,
    output: Path,
    encode: EncodeSettings,
) -> _Sample:
    """Really interpolate and encode a sample, into a temporary folder."""
    sample_job = _middle_of(job, reader.timestamps().pts)
    spec = replace(job.spec, source=None, copy_offset=Fraction(0))
    encode = replace(encode, overwrite=False)
    paths = [folder / name / output.name for name in ("one", "all")]
    for path in paths:
        path.parent.mkdir()
    marks: list[float] = []
    first: list[Frame] = []
    started = time.monotonic()

    def until_enough(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in FrameMaker(sample_job, interpolator).make(frames):
            if not first:
                first.append(frame)
            yield frame
            late = marks[-1] - marks[0] > _SAMPLE_SECONDS
            if late and len(marks) >= _FEWEST_FRAMES:
                return

    with open_writer(paths[1], spec, encode) as writer:
        run_pipeline(
            decode=lambda: reader.frames(sample_job.from_pts),
            transform=until_enough,
            encode=writer.write,
            on_made=lambda: marks.append(time.monotonic()),
        )
    finished = time.monotonic()
    with open_writer(paths[0], spec, encode) as writer:
        writer.write(first[0])
    return _Sample(
        frames=len(marks),
        first_seconds=marks[0] - started,
        all_seconds=finished - started,
        first_bytes=_size(paths[0]),
        all_bytes=_size(paths[1]),
    )


def _middle_of(job: PreparedJob, pts: Sequence[int]) -> PreparedJob:
    """The same job, cut to a few pairs in the middle of its range."""
    timing, plan = job.timing, job.plan
    low = bisect_right(pts, timing.pts_of(plan.start)) - 1
    high = bisect_right(pts, timing.pts_of(plan.end)) - 1
    begin = max(low, (low + high - _SAMPLE_PAIRS) // 2)
    stop = min(high, begin + _SAMPLE_PAIRS)
    start = max(plan.start, timing.time_of(pts[begin]))
    end = min(plan.end, timing.time_of(pts[stop])) if stop > begin else plan.end
    sample = replace(plan, start=start, end=end, loop=False, closed=False)
    return replace(job, plan=sample, from_pts=pts[begin], offset=Fraction(0))


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
    return path.stat().st_size


def _copied_bytes(spec: OutputSpec) -> int:
    """Bytes of the other streams' packets that lie in the range."""
    if spec.source is None or not spec.source.is_file() or not spec.copy_streams:
        return 0
    total = 0
    with open_container(spec.source) as container:
        others = [stream for stream in container.streams if stream.type != "video"]
        for packet in container.demux(others) if others else ():
            if packet.pts is None or packet.time_base is None:
                continue
            moment = packet.pts * packet.time_base
            is_inside = spec.copy_end is None or moment < spec.copy_end
            if is_inside and moment >= spec.copy_start:
                total += packet.size
    return total
