"""Which judges a run asks, by its settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from dain.judgement import Judges
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
    """The judges that the settings ask for."""
    return Judging(Judges(), settings.judgement.at_cuts)
