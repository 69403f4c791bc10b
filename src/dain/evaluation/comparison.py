"""One whole evaluation: a model over samples, another beside it, and the worst frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from dain.errors import OptionError
from dain.evaluation.blend import Blend
from dain.evaluation.clip import ClipSamples
from dain.evaluation.gains import Gains
from dain.evaluation.judged_clip import judge_clip
from dain.evaluation.measures import Picture
from dain.evaluation.run import Between, Measured, Report, Score, evaluate
from dain.evaluation.samples import StillSample
from dain.evaluation.variants import engines_for, variants_of
from dain.evaluation.worst import Exhibit, Worst
from dain.jobs import OnProgress
from dain.jobs.progress import ProgressMeter
from dain.jobs.run import make_interpolator
from dain.settings import EngineSettings, JudgementSettings

AVERAGE = "average"

Samples = list[StillSample] | ClipSamples


@dataclass(frozen=True)
class Baseline:
    """What the evaluated model is compared with.

    Attributes:
        name: as people are told.
        report: on the same samples.
    """

    name: str
    report: Report

    def of(self, score: Score) -> Score | None:
        """Its score of the same frame."""
        return self._scores.get(_key(score))

    @cached_property
    def _scores(self) -> dict[tuple[str, str, Fraction], Score]:
        return {_key(score): score for score in self.report.scores}


def _key(score: Score) -> tuple[str, str, Fraction]:
    return score.subset, score.name, score.time


@dataclass(frozen=True)
class Evaluation:
    """What came of an evaluation.

    Attributes:
        model: name of the network.
        weights: file of weights that was given; None for its own.
        device: on which it ran.
        precision: of its arithmetic.
        report: its scores.
        baseline: what it was compared with, if with anything.
        exhibits: the worst frames, the worst first.
        gains: what each judgement buys, if that was asked.
    """

    model: str
    weights: Path | None
    device: str
    precision: str
    report: Report
    baseline: Baseline | None
    exhibits: list[Exhibit]
    gains: Gains | None = None


def run_evaluation(
    samples: Samples,
    engine: EngineSettings,
    against: str | None = None,
    with_lpips: bool = False,
    worst: int = 0,
    on_progress: OnProgress | None = None,
    judgement: JudgementSettings | None = None,
) -> Evaluation:
    """Evaluate a model, and what it is compared with after it.

    Args:
        samples: from `find_samples`, or a clip's.
        engine: how frames are made.
        against: ``average``, the name of a model, or a file of weights for the same model.
        with_lpips: measure LPIPS, too.
        worst: how many of the worst frames to keep.
        on_progress: called with each progress event.
        judgement: of a clip, tell what each of these judgements buys, too; all other figures are
            of plain interpolation.

    Raises:
        OptionError: nothing is known by the name in `against`, or LPIPS is not installed.
        WeightsError: weights cannot be used.
        MediaError: a sample cannot be read.
        RunError: LPIPS cannot be set up, or there is not enough memory.
    """
    meter = ProgressMeter(on_progress)
    meter.enter("loading")
    variants = variants_of(judgement or JudgementSettings.all_off())
    interpolator = make_interpolator(engine)
    # Before the work begins, as these may be refused.
    opponent = None if against is None else _opponent(against, engine)
    perceptual = _perceptual(interpolator.device) if with_lpips else None
    meter.total = _count(samples) * (1 if opponent is None else 2)
    kept = Worst(worst)

    def take(measured: Measured) -> None:
        if worst:
            kept.add(measured)
        meter.count()

    gains = None
    if isinstance(samples, ClipSamples) and len(variants) > 1:
        meter.say(f"made in {len(variants)} ways: {', '.join(variants)}")
        engines = engines_for(interpolator, variants)
        report, gains = judge_clip(samples, engines, variants, take, perceptual)
    else:
        report = evaluate(interpolator, samples, on_measured=take, perceptual=perceptual)
    baseline = None
    if against is not None and opponent is not None:
        other = evaluate(
            opponent, samples, on_score=lambda score: meter.count(), perceptual=perceptual
        )
        baseline = Baseline(Path(against).name, other)
    return Evaluation(
        model=interpolator.model,
        weights=engine.weights,
        device=interpolator.device,
        precision=interpolator.precision,
        report=report,
        baseline=baseline,
        exhibits=kept.exhibits,
        gains=gains,
    )


def _opponent(against: str, engine: EngineSettings) -> Between:
    from dain.weights.registry import MODELS

    if against == AVERAGE:
        return Blend()
    if against in MODELS:
        return make_interpolator(replace(engine, model=against, weights=None))
    if Path(against).is_file():
        return make_interpolator(replace(engine, weights=Path(against)))
    raise OptionError(
        f"--against must be {AVERAGE}, a model ({', '.join(MODELS)}) or a file of weights, "
        f"found {against!r}"
    )


def _perceptual(device: str) -> Callable[[Picture, Picture], float]:
    from dain.evaluation.perceptual import Perceptual

    return Perceptual(device)


def _count(samples: Samples) -> int:
    """How many frames will be made."""
    if isinstance(samples, ClipSamples):
        return len(samples)
    return sum(len(sample.between) for sample in samples)
