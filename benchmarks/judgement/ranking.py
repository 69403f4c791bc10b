"""How well one figure ranks another: rank correlation, and the risk-coverage curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Ranking(NamedTuple):
    """How well doubt ranks true error.

    Attributes:
        correlation: of the ranks, Spearman's.
        risk: area under the risk-coverage curve: the mean error of what is left when the most
            doubtful is left out, averaged over all shares that can be left (AURC).
        best: the same where the true error ranks.
        random: the same in random order: the mean error.
    """

    correlation: float
    risk: float
    best: float
    random: float

    @property
    def excess(self) -> float:
        """0 for the best order, 1 for a random one."""
        return (self.risk - self.best) / (self.random - self.best)


def rank(doubt: npt.ArrayLike, error: npt.ArrayLike) -> Ranking:
    """How well doubt ranks error, both of any shape but the same."""
    one, two = np.ravel(np.asarray(doubt, np.float64)), np.ravel(np.asarray(error, np.float64))
    return Ranking(
        spearman(one, two), _risk(two[np.argsort(one)]), _risk(np.sort(two)), float(two.mean())
    )


def spearman(one: Floats, two: Floats) -> float:
    """Correlation of ranks; equal values share theirs."""
    return float(np.corrcoef(_ranks(one), _ranks(two))[0, 1])


def _ranks(values: Floats) -> Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray(((2 * last - counts - 1) / 2)[places])


def _risk(errors: Floats) -> float:
    """Mean over all beginnings of a list of the mean error in it."""
    return float((np.cumsum(errors) / np.arange(1, len(errors) + 1)).mean())
