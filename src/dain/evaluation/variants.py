"""The variants that are compared: plain, each judgement alone, and all of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy.typing as npt

from dain.evaluation.run import Between
from dain.settings import JudgementSettings

PLAIN, JUDGED = "plain", "judged"
JUDGEMENTS = ("cuts", "cadence", "overlays", "sharpness", "doubt")

_PAIRS = 2  # whose frames are kept: that of most variants, and one that passes over a repeat


def variants_of(asked: JudgementSettings) -> dict[str, JudgementSettings]:
    """Settings by name: plain, each judgement that is asked for alone, and all as asked.

    Nothing but plain if none is asked for. Those that make frames of other pairs, if anything, come
    last, so that the others find the work on a pair done.
    """
    plain = replace(JudgementSettings.all_off(), at_cuts=asked.at_cuts)
    alone = {
        "cuts": replace(plain, scene_threshold=asked.scene_threshold),
        "overlays": replace(plain, overlays=asked.overlays),
        "sharpness": replace(plain, sharpness=asked.sharpness),
        "doubt": replace(plain, doubt=asked.doubt),
        "cadence": replace(plain, cadence=asked.cadence),
    }
    found = {name: settings for name, settings in alone.items() if settings != plain}
    return {PLAIN: plain, **found, JUDGED: asked} if found else {PLAIN: plain}


def engines_for(
    engine: Between, variants: Mapping[str, JudgementSettings]
) -> dict[str, SharedEngine]:
    """An engine for each variant; those that finish frames alike have one in common.

    Args:
        engine: whose `finishing` tells how it finishes frames otherwise; without that, it makes
            the frames of all.
        variants: by name.
    """
    finishing = getattr(engine, "finishing", None)
    made: dict[tuple[str, str], SharedEngine] = {}
    for settings in variants.values():
        way = settings.sharpness, settings.doubt
        if finishing is None:
            made[way] = next(iter(made.values()), SharedEngine(engine))
        elif way not in made:
            own = finishing(sharpness=settings.sharpness, doubt=settings.doubt)
            made[way] = SharedEngine(own)
    return {name: made[each.sharpness, each.doubt] for name, each in variants.items()}


@dataclass
class _Pair:
    """Two frames, and those made between them, by time."""

    frame0: npt.NDArray[Any]
    frame1: npt.NDArray[Any]
    made: dict[Fraction, npt.NDArray[Any]] = field(default_factory=dict)


class SharedEngine:
    """Makes each frame once, however many ask one after the other.

    What is made is given to several, and is not to be changed.

    Attributes:
        model: name of the network.
        device: on which it runs.
        seconds: that the work took so far.
    """

    def __init__(self, engine: Between) -> None:
        self._engine = engine
        self._pairs: deque[_Pair] = deque(maxlen=_PAIRS)
        self.model: str = getattr(engine, "model", "")
        self.device: str = getattr(engine, "device", "")
        self.seconds = 0.0

    @property
    def precision(self) -> str:
        """Arithmetic of the learned layers."""
        return str(getattr(self._engine, "precision", ""))

    def between(
        self,
        frame0: npt.NDArray[Any],
        frame1: npt.NDArray[Any],
        times: Sequence[Fraction | float],
    ) -> list[npt.NDArray[Any]]:
        """Frames between two; the same arrays if the same two arrays come again."""
        asked = [Fraction(t) for t in times]
        pair = self._pair(frame0, frame1)
        if new := [t for t in asked if t not in pair.made]:
            began = time.perf_counter()
            made = self._engine.between(frame0, frame1, new)
            self.seconds += time.perf_counter() - began
            pair.made.update(zip(new, made, strict=True))
        return [pair.made[t] for t in asked]

    def _pair(self, frame0: npt.NDArray[Any], frame1: npt.NDArray[Any]) -> _Pair:
        for pair in self._pairs:
            if pair.frame0 is frame0 and pair.frame1 is frame1:
                return pair
        self._pairs.append(_Pair(frame0, frame1))
        return self._pairs[-1]
