"""Before a run: the source's timing, the plan of its instants, and what the writer must know."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from dain.errors import MediaError, OptionError, OutputError, reason_of
from dain.jobs.ticks import common_time_base, varying_times
from dain.media import FrameReader, OutputSpec, VideoInfo, keeps_alpha, takes_scene_linear
from dain.media.clock import clock_start
from dain.media.pipes import is_pipe
from dain.settings import JobSettings, ReadSettings, TimeSettings
from dain.timeline import Plan, Timing, live, make_plan, measure

# Pixel formats of luma and chroma, which is what lossy codecs work in.
_LOSSY_FORMATS = ("yuv", "nv", "p0", "p2", "p4")


@dataclass(frozen=True)
class PreparedJob:
    """What a run will do, found without decoding a frame.

    Attributes:
        timing: of the source.
        plan: which instants become output frames.
        spec: what the writer must know.
        from_pts: where decoding starts; None for the beginning.
        promised_pts: of the last frame that the container promises.
        offset: time of the first output frame, in seconds.
        time_base: of the output frames, in which all their times are whole.
    """

    timing: Timing
    plan: Plan
    spec: OutputSpec
    from_pts: int | None
    promised_pts: int
    offset: Fraction
    time_base: Fraction


def prepare(reader: FrameReader, settings: JobSettings) -> PreparedJob:
    """Plan a run over an open source.

    Raises:
        MediaError: the source has fewer than two frames.
        OptionError: the range lies outside the video.
    """
    listed = reader.timestamps()
    if len(listed.pts) < 2:
        found = "one" if listed.pts else "none"
        raise MediaError(
            f"expected a video of at least two frames, found {found} in {reader.info.path}"
        )
    if reader.info.live:
        _refuse_keeping(settings.time)
        timing = live(reader.info.rates[0], len(listed.pts))
    else:
        timing = measure(
            listed.pts,
            listed.time_base,
            reader.info.rates,
            listed.last_duration,
            snap=not settings.time.keep_timing,
        )
    plan = make_plan(timing, settings.time, listed.pts)
    spec = _output_spec(reader.info, timing, plan, settings.time)
    spec = replace(spec, strict=settings.strict)
    time_base = common_time_base(plan, timing, spec.copy_offset)
    return PreparedJob(
        timing=timing,
        plan=plan,
        spec=replace(spec, varying=varying_times(plan, time_base)),
        from_pts=timing.pts_of(plan.start) if plan.start > 0 else None,
        promised_pts=listed.pts[-1],
        offset=spec.copy_offset,
        time_base=time_base,
    )


def _refuse_keeping(asked: TimeSettings) -> None:
    if asked.keep_timing:
        raise OptionError(
            "--keep-timing needs an input whose times can be listed, found a pipe, which has a "
            "constant rate; leave it out"
        )


def from_frame(job: PreparedJob, index: int, pts: Sequence[int], behind: int) -> PreparedJob:
    """The part of a job from the output frame `index` on, which is made from that one's frames.

    Args:
        job: the whole.
        index: of the first output frame to make, at least 1.
        pts: of every frame of the source, rising.
        behind: source frames that are read before those, to judge them by.
    """
    plan = replace(job.plan, first=index)
    stood = job.timing.pts_of(plan.source_time(index - 1))
    begin = bisect_right(pts, stood) - 1 - behind
    first = 0 if job.from_pts is None else bisect_right(pts, job.from_pts) - 1
    from_pts = job.from_pts if begin <= first else pts[begin]
    return replace(job, plan=plan, from_pts=from_pts)


def reading_for(output: Path, settings: JobSettings) -> ReadSettings:
    """How to read for an output: transparency and scene light are kept where it can hold them.

    Elsewhere they go before anything is interpolated, which is faster and looks better.
    """
    return replace(
        settings.read,
        alpha=keeps_alpha(output, settings.encode),
        scene_linear=takes_scene_linear(output, settings.encode),
    )


def check_names(source: Path, output: Path) -> None:
    """Refuse names that cannot work, before anything is opened.

    Folders of stills that are both read and written are the writer's to judge.

    Raises:
        OptionError: one cannot be a name here.
        OutputError: both are the same file.
    """
    for path in (source, output):
        if not is_pipe(path):
            check_name(path)
    if (
        not is_pipe(source)
        and not is_pipe(output)
        and source.is_file()
        and output.is_file()
        and source.samefile(output)
    ):
        raise OutputError(
            f"expected an output apart from the input, found {output} for both; choose another name"
        )


def check_name(path: Path) -> None:
    """Refuse a pipe where none can be, and what the system does not let us look at.

    Raises:
        OptionError: the name is ``-`` or too long, or a folder in it is not ours to enter.
    """
    if is_pipe(path):
        raise OptionError("expected a file or folder, found -; a pipe needs a run of its own")
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return  # an output still to be made; of an input, its reader tells
    except OSError as error:
        reason = reason_of(error)
        raise OptionError(f"cannot look up {path}: {reason}") from error
    if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
        raise OptionError(f"no permission to look into the folder {path}; change its mode or owner")


def _output_spec(info: VideoInfo, timing: Timing, plan: Plan, asked: TimeSettings) -> OutputSpec:
    first = timing.first_pts * timing.time_base
    has_end = asked.end is not None or asked.end_frame is not None
    stretch = plan.stretch
    # A whole video keeps its place beside its audio; a cut or stretched one starts at 0, and what
    # an audio codec adds at its end would be stretched as well.
    is_whole = plan.start == 0 and not has_end and stretch == 1
    return OutputSpec(
        width=info.width,
        height=info.height,
        rate=plan.output_rate,
        bit_depth=info.bit_depth,
        colour=info.colour,
        sample_aspect_ratio=info.sample_aspect_ratio,
        source=None if info.live else info.path,
        copy_start=first + plan.start,
        copy_end=first + plan.end if has_end or stretch != 1 else None,
        source_end=None if info.live else first + timing.duration,
        cut_start=plan.start > 0 or stretch != 1,
        copy_offset=_offset(info, first) if is_whole else Fraction(0),
        copy_stretch=stretch,
        alpha=info.alpha,
        # A loop that is made to close is made to go on; a film has no wish of its own.
        plays=0 if asked.loop or info.plays is None else info.plays,
        exact=not info.pixel_format.startswith(_LOSSY_FORMATS),
        pixel_format=info.pixel_format,
        hdr=info.hdr,
        profile=info.profile,
    )


def _offset(info: VideoInfo, first: Fraction) -> Fraction:
    """How much later than its file the video begins, in seconds."""
    return Fraction(0) if info.live else max(first - clock_start(info.path), Fraction(0))
