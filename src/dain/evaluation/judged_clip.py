"""A clip's evaluation with judgements on and off, by the code of a run, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, cast

import numpy as np

from dain.evaluation.clip import ClipSamples, Window, name_of
from dain.evaluation.detail import detail_power
from dain.evaluation.gains import Gains, GainsMeter, Quality
from dain.evaluation.measures import Picture, psnr, ssim
from dain.evaluation.run import Measured, Report, Score, score_of
from dain.evaluation.samples import as_8_bit
from dain.evaluation.shots import in_shots
from dain.evaluation.thinned import Shown, in_branches, thinned, truth_plan
from dain.evaluation.variants import PLAIN, SharedEngine
from dain.jobs.judging import Judging, judging_for
from dain.jobs.making import FrameMaker
from dain.jobs.prepare import PreparedJob, prepare
from dain.judgement import Judges, judged
from dain.media import Frame, FrameReader, open_reader
from dain.settings import JobSettings, JudgementSettings, TimeSettings


class Remade(NamedTuple):
    """A frame that was taken out, made again in several ways.

    Attributes:
        before: the frame before it.
        truth: itself.
        after: the frame after it.
        made: by name of the variant; one array for frames that are alike for sure.
        seconds: that making the plain one took.
    """

    before: Shown
    truth: Shown
    after: Shown
    made: Mapping[str, Picture]
    seconds: float


def judge_clip(
    clip: ClipSamples,
    engines: Mapping[str, SharedEngine],
    variants: Mapping[str, JudgementSettings],
    on_measured: Callable[[Measured], None],
    perceptual: Callable[[Picture, Picture], float] | None = None,
) -> tuple[Report, Gains]:
    """Make the frames of a clip's samples in several ways, side by side, and measure them.

    Frames at hand are those that the judges look ahead to, however long the clip.

    Args:
        clip: what to evaluate.
        engines: by name of the variant.
        variants: settings by name; the last one is what was asked for, and tells how shots are
            found.
        on_measured: called with each plain frame.
        perceptual: a further measure of those.

    Returns:
        The scores of the plain frames, and what the judgements buy.

    Raises:
        MediaError: nothing can be decoded.
    """
    asked = list(variants.values())[-1]
    scores: list[Score] = []
    meter = GainsMeter(asked)
    for remade in _remade(clip, engines, variants):
        measured = _measured(remade, perceptual)
        scores.append(measured.score)
        truth = measured.truth
        meter.add(remade.truth.shot, _qualities(remade, measured.score), detail_power(truth))
        on_measured(measured)
    if not scores:
        raise clip.nothing_decoded()
    return Report(tuple(scores)), meter.told()


def _measured(remade: Remade, perceptual: Callable[[Picture, Picture], float] | None) -> Measured:
    """The plain frame as every evaluation measures it."""
    before, truth, after = remade.before, remade.truth, remade.after
    score = score_of(
        remade.made[PLAIN],
        truth.picture,
        name=name_of(truth.frame.index, truth.time),
        time=(truth.time - before.time) / (after.time - before.time),
        perceptual=perceptual,
        seconds=remade.seconds,
    )
    return Measured(score, before.picture, after.picture, truth.picture, remade.made[PLAIN])


def _qualities(remade: Remade, plain: Score) -> dict[str, Quality]:
    """Of each variant's frame; those that are alike share one."""
    truth, picture = remade.truth.picture, remade.made[PLAIN]
    known = [(picture, Quality(plain.psnr, plain.ssim, detail_power(picture)))]
    found = {}
    for name, made in remade.made.items():
        quality = next(
            (quality for other, quality in known if other is made or np.array_equal(other, made)),
            None,
        )
        if quality is None:
            quality = Quality(psnr(made, truth), ssim(made, truth), detail_power(made))
            known.append((made, quality))
        found[name] = quality
    return found


def _remade(
    clip: ClipSamples,
    engines: Mapping[str, SharedEngine],
    variants: Mapping[str, JudgementSettings],
) -> Iterator[Remade]:
    """Each frame that was taken out, made again, window by window."""
    judgings = {name: judging_for(_as_a_run(each)) for name, each in variants.items()}
    judges = [judging.judges for judging in judgings.values()]
    windows = clip.windows(
        behind=max(each.behind for each in judges), ahead=max(each.ahead for each in judges)
    )
    shots = 0
    with open_reader(clip.path) as reader:
        job = prepare(reader, _as_a_run(variants[PLAIN]))
        for window in windows:
            frames = _shown(clip, reader, window, judges[-1], shots)
            for remade in _in_step(job, window, frames, engines, judgings):
                yield remade
                shots = remade.truth.shot.number
        clip.hear(reader)


def _as_a_run(judgement: JudgementSettings) -> JobSettings:
    return JobSettings(time=TimeSettings(factor=Fraction(2)), judgement=judgement)


def _shown(
    clip: ClipSamples, reader: FrameReader, window: Window, judges: Judges, shots: int
) -> Iterator[Shown]:
    """The frames of a window, each with its shot, found by all of them."""
    timing = clip.timing
    found = judged(
        _decoded(reader, window),
        Judges(passages=judges.passages),
        time_of=lambda frame: timing.time_of(frame.pts),
        pixels_of=lambda frame: frame.pixels,
    )
    for each, shot in in_shots(found, lambda frame: timing.span_of(frame.duration), shots):
        yield Shown(each.item, each.at, shot)


def _decoded(reader: FrameReader, window: Window) -> Iterator[Frame]:
    for frame in reader.frames(from_pts=window.first):
        if frame.pts > window.last:
            return
        yield replace(frame, pixels=as_8_bit(frame.pixels))


def _in_step(
    whole: PreparedJob,
    window: Window,
    frames: Iterator[Shown],
    engines: Mapping[str, SharedEngine],
    judgings: Mapping[str, Judging],
) -> Iterator[Remade]:
    """Run all variants over a window, each one frame further at a time."""
    plan = truth_plan(whole.timing.rate)
    job = replace(whole, plan=plan)
    steps = thinned(frames, plan, lambda frame: window.wants(frame.pts))
    pace, *branches = in_branches(steps, 1 + len(judgings))
    runs = {
        name: FrameMaker(job, engines[name], judging=judging).make(
            step.kept.frame for step in branch
        )
        for (name, judging), branch in zip(judgings.items(), branches, strict=True)
    }
    before: Shown | None = None
    for step in pace:
        if step.truth is not None and before is not None:
            began = engines[PLAIN].seconds
            made = {PLAIN: _next_picture(runs[PLAIN])}
            seconds = engines[PLAIN].seconds - began
            made |= {name: _next_picture(run) for name, run in runs.items() if name != PLAIN}
            yield Remade(before, step.truth, step.kept, made, seconds)
        before = step.kept


def _next_picture(run: Iterator[Frame]) -> Picture:
    return cast(Picture, next(run).pixels)  # made of 8-bit frames, and so 8-bit
