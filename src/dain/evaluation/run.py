"""Evaluating a model over a dataset."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import Any, Protocol

import numpy.typing as npt

from dain.evaluation.datasets import Triplet
from dain.evaluation.measures import mean_absolute_error, psnr, ssim


class Between(Protocol):
    """Whatever makes frames between two; see `dain.Interpolator.between`."""

    def between(
        self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any], times: Sequence[Fraction]
    ) -> list[npt.NDArray[Any]]:
        """Frames at `times` in (0, 1)."""


@dataclass(frozen=True)
class Score:
    """Measures of one sample, on the rounded 8-bit frame.

    Attributes:
        name: of the sample.
        psnr: dB; infinite where the frame is exact.
        ssim: -1 to 1.
        mae: mean absolute error in levels of 255.
    """

    name: str
    psnr: float
    ssim: float
    mae: float


@dataclass(frozen=True)
class Report:
    """All scores and their plain means.

    Attributes:
        scores: one for each sample.
        seconds: spent on making the frames, all samples together.
    """

    scores: tuple[Score, ...]
    seconds: float

    @property
    def psnr(self) -> float:
        """Mean PSNR, dB."""
        return fmean(score.psnr for score in self.scores)

    @property
    def ssim(self) -> float:
        """Mean SSIM."""
        return fmean(score.ssim for score in self.scores)

    @property
    def mae(self) -> float:
        """Mean of the mean absolute errors, in levels of 255."""
        return fmean(score.mae for score in self.scores)


def evaluate(
    interpolator: Between,
    samples: Sequence[Triplet],
    on_score: Callable[[Score], None] | None = None,
) -> Report:
    """Make the middle frame of every sample and measure it against the true one.

    Raises:
        MediaError: a sample cannot be read.
    """
    scores = []
    seconds = 0.0
    for sample in samples:
        first, middle, last = sample.load()
        began = time.perf_counter()
        made = interpolator.between(first, last, [Fraction(1, 2)])[0]
        seconds += time.perf_counter() - began
        score = Score(
            sample.name, psnr(made, middle), ssim(made, middle), mean_absolute_error(made, middle)
        )
        scores.append(score)
        if on_score is not None:
            on_score(score)
    return Report(tuple(scores), seconds)
