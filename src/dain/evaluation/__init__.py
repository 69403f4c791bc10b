"""How good the new frames are: datasets with known middles, and measures on 8-bit frames."""

from __future__ import annotations

from dain.evaluation.blend import Blend
from dain.evaluation.clip import ClipSamples
from dain.evaluation.comparison import Baseline, Evaluation, run_evaluation
from dain.evaluation.datasets import DATASETS, doubts, find_samples
from dain.evaluation.gains import Gains, Outcome, Row
from dain.evaluation.measures import mean_absolute_error, psnr, ssim
from dain.evaluation.run import Measured, Report, Score, evaluate
from dain.evaluation.samples import Loaded, Sample, StillSample, Truth

__all__ = [
    "DATASETS",
    "Baseline",
    "Blend",
    "ClipSamples",
    "Evaluation",
    "Gains",
    "Loaded",
    "Measured",
    "Outcome",
    "Report",
    "Row",
    "Sample",
    "Score",
    "StillSample",
    "Truth",
    "doubts",
    "evaluate",
    "find_samples",
    "mean_absolute_error",
    "psnr",
    "run_evaluation",
    "ssim",
]
