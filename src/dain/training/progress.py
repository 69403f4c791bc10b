"""What a training run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TrainProgress:
    """Where a run is.

    Attributes:
        stage: ``training`` or ``validating``.
        step: steps made.
        steps: of the whole run.
        loss: mean over the last logged steps; None before the first.
        samples_per_second: over the same steps, without validation.
        waiting: share of their time that was spent waiting for samples.
        seconds_left: of training, at this speed.
        scores: PSNR in dB by folder, at the last validation.
    """

    stage: str
    step: int
    steps: int
    loss: float | None = None
    samples_per_second: float | None = None
    waiting: float | None = None
    seconds_left: float | None = None
    scores: Mapping[str, float] = field(default_factory=dict)


OnTrainProgress = Callable[[TrainProgress], None]
