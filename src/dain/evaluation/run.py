"""Evaluating a model over samples, one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from statistics import fmean
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dain.errors import FrameError, MediaError
from dain.evaluation.measures import Picture, mean_absolute_error, psnr, ssim
from dain.evaluation.samples import Sample

# What an exact frame counts for in a mean, which its infinite PSNR would swallow.
EXACT_PSNR = 100.0


class Between(Protocol):
    """Whatever makes frames between two; see `dain.Interpolator.between`."""

    def between(
        self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any], times: Sequence[Fraction]
    ) -> list[npt.NDArray[Any]]:
        """Frames at `times` in (0, 1)."""


@dataclass(frozen=True)
class Score:
    """Measures of one made frame, on the rounded 8-bit frame.

    Attributes:
        name: of the sample.
        psnr: dB; infinite where the frame is exact.
        ssim: -1 to 1.
        mae: mean absolute error in levels of 255.
        time: of the frame between its neighbours, in (0, 1).
        subset: part of the dataset; empty where it has none.
        lpips: perceptual distance; None where it was not asked for.
        seconds: that making the frame took.
    """

    name: str
    psnr: float
    ssim: float
    mae: float
    time: Fraction = Fraction(1, 2)
    subset: str = ""
    lpips: float | None = None
    seconds: float = 0.0


class Measured(NamedTuple):
    """A made frame with all that it was made from and compared with.

    Attributes:
        score: its measures.
        first: frame 0, ``(H, W, 3)`` uint8 RGB.
        last: frame 1.
        truth: the true frame.
        made: the made one.
    """

    score: Score
    first: Picture
    last: Picture
    truth: Picture
    made: Picture


@dataclass(frozen=True)
class Report:
    """All scores and their plain means.

    Attributes:
        scores: one for each made frame; at least one.
    """

    scores: tuple[Score, ...]

    @property
    def psnr(self) -> float:
        """Mean PSNR, dB; an exact frame counts as `EXACT_PSNR`."""
        return fmean(min(score.psnr, EXACT_PSNR) for score in self.scores)

    @property
    def ssim(self) -> float:
        """Mean SSIM."""
        return fmean(score.ssim for score in self.scores)

    @property
    def mae(self) -> float:
        """Mean of the mean absolute errors, in levels of 255."""
        return fmean(score.mae for score in self.scores)

    @property
    def lpips(self) -> float | None:
        """Mean perceptual distance; None where it was not asked for."""
        known = [score.lpips for score in self.scores if score.lpips is not None]
        return fmean(known) if known else None

    @property
    def seconds(self) -> float:
        """Spent on making the frames, all together."""
        return sum(score.seconds for score in self.scores)

    @property
    def exact(self) -> int:
        """How many frames equal the true one."""
        return sum(score.mae == 0 for score in self.scores)

    @cached_property
    def samples(self) -> int:
        """How many samples the frames are of; a sample may have several."""
        return len({(score.subset, score.name) for score in self.scores})

    @cached_property
    def by_subset(self) -> dict[str, Report]:
        """A report for each subset; nothing where the dataset has none."""
        names = dict.fromkeys(score.subset for score in self.scores if score.subset)
        return {
            name: Report(tuple(score for score in self.scores if score.subset == name))
            for name in names
        }


def evaluate(
    interpolator: Between,
    samples: Iterable[Sample],
    on_score: Callable[[Score], None] | None = None,
    on_measured: Callable[[Measured], None] | None = None,
    perceptual: Callable[[Picture, Picture], float] | None = None,
) -> Report:
    """Make the frames between those of every sample and measure them against the true ones.

    One sample is held at a time.

    Args:
        interpolator: makes the frames.
        samples: read as they come.
        on_score: called with each score.
        on_measured: called with each score and its pictures.
        perceptual: a further measure of a made and a true frame; see `Perceptual`.

    Raises:
        MediaError: a sample cannot be read, or there is none.
        FrameError: a made frame is not as the true one in shape and type.
    """
    scores = []
    for sample in samples:
        for measured in _measure(interpolator, sample, perceptual):
            scores.append(measured.score)
            if on_measured is not None:
                on_measured(measured)
            if on_score is not None:
                on_score(measured.score)
    if not scores:
        raise MediaError("expected at least one sample, found none")
    return Report(tuple(scores))


def _measure(
    interpolator: Between,
    sample: Sample,
    perceptual: Callable[[Picture, Picture], float] | None,
) -> Iterator[Measured]:
    """Each true frame of a sample, made and measured, one at a time."""
    loaded = sample.load()
    for at, truth in loaded.truths:
        began = time.perf_counter()
        made = interpolator.between(loaded.first, loaded.last, [at])[0]
        seconds = time.perf_counter() - began
        score = score_of(made, truth, sample.name, at, sample.subset, perceptual, seconds)
        yield Measured(score, loaded.first, loaded.last, truth, made)


def score_of(
    made: npt.NDArray[Any],
    truth: Picture,
    name: str,
    time: Fraction,
    subset: str = "",
    perceptual: Callable[[Picture, Picture], float] | None = None,
    seconds: float = 0.0,
) -> Score:
    """Measure a made frame against the true one.

    Args:
        made: the made frame.
        truth: the true one.
        name: of the sample.
        time: of the frame between its neighbours.
        subset: part of the dataset.
        perceptual: a further measure.
        seconds: that making it took.

    Raises:
        FrameError: it is not as the true one in shape and type.
    """
    if made.dtype != np.uint8 or made.shape != truth.shape:
        raise FrameError(
            f"expected a made frame of {truth.shape} uint8, found {made.shape} {made.dtype}"
        )
    return Score(
        name=name,
        psnr=psnr(made, truth),
        ssim=ssim(made, truth),
        mae=mean_absolute_error(made, truth),
        time=time,
        subset=subset,
        lpips=None if perceptual is None else perceptual(made, truth),
        seconds=seconds,
    )
