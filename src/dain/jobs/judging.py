"""Which judges a run asks, by its settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from dain.judgement import CadenceJudge, Judges, OverlayJudge, ShotJudge
from dain.settings import AtCuts, JobSettings


@dataclass(frozen=True)
class Judging:
    """How the source frames of a run are judged.

    Attributes:
        judges: that are asked.
        at_cuts: what fills the time between two shots.
    """

    judges: Judges = field(default_factory=Judges)
    at_cuts: AtCuts = "nearest"


def judging_for(settings: JobSettings) -> Judging:
    """The judges that the settings ask for.

    Where every frame is to keep its instant there is nothing to be done about cadence.
    """
    asked = settings.judgement
    threshold = asked.scene_threshold
    is_retimed = asked.cadence == "auto" and not settings.time.keep_timing
    judges = Judges(
        passages=None if threshold == "off" else ShotJudge(float(threshold)),
        beats=CadenceJudge() if is_retimed else None,
        standing=OverlayJudge() if asked.overlays == "auto" else None,
    )
    return Judging(judges, asked.at_cuts)
