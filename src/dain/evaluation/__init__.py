"""How good the new frames are: datasets with known middles, and measures on 8-bit frames."""

from __future__ import annotations

from dain.evaluation.datasets import DATASETS, Triplet, find_triplets
from dain.evaluation.measures import mean_absolute_error, psnr, ssim
from dain.evaluation.run import Report, Score, evaluate

__all__ = [
    "DATASETS",
    "Report",
    "Score",
    "Triplet",
    "evaluate",
    "find_triplets",
    "mean_absolute_error",
    "psnr",
    "ssim",
]
