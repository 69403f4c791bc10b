"""Typed records of the models, and how a network is made from one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dain.errors import OptionError, WeightsError
from dain.networks import DainLite, InterpolationNetwork


@dataclass(frozen=True)
class ModelRecord:
    """One model as a person chooses it.

    Attributes:
        name: as given to ``--model``.
        summary: one line for lists.
        build: makes the network, untrained.
        has_weights: whether it has learned parts at all.
    """

    name: str
    summary: str
    build: Callable[[], InterpolationNetwork[Any, Any]]
    has_weights: bool


MODELS: dict[str, ModelRecord] = {
    record.name: record
    for record in (
        ModelRecord(
            name="dain-lite",
            summary="compact and depth-aware: DIS flow, projection, visibility-weighted blend",
            build=DainLite,
            has_weights=False,
        ),
    )
}


def load_network(name: str, weights: str | Path | None = None) -> InterpolationNetwork[Any, Any]:
    """Make the network `name`, in float32, on the CPU, in evaluation mode.

    Args:
        name: a key of `MODELS`.
        weights: a file of weights; None for those inside the package.

    Raises:
        OptionError: no model has this name.
        WeightsError: the model takes no weights.
    """
    record = MODELS.get(name)
    if record is None:
        raise OptionError(f"--model must be one of {', '.join(MODELS)}, found {name!r}")
    if weights is not None and not record.has_weights:
        raise WeightsError(
            f"model {name} has no learned parts and takes no weights, found {str(weights)!r}"
        )
    return record.build().eval()
