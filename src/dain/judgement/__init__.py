"""What must not be interpolated: cuts and fades, repeats, what stands still. Pictures only.

Each judge looks at every frame once and decides from a bounded window of looks (`judges`);
`streaming` runs them over a video in one pass.
"""

from __future__ import annotations

from dain.judgement.cadence import CadenceJudge
from dain.judgement.drawings import Way, drawings
from dain.judgement.glance import Glance, glance_at
from dain.judgement.judges import BeatJudge, Judge, Judges, PassageJudge, StandingJudge
from dain.judgement.overlays import OverlayJudge
from dain.judgement.shots import ShotJudge
from dain.judgement.streaming import judged
from dain.judgement.verdict import Beat, Judged, Passage, Pixels, StandingPicture

__all__ = [
    "Beat",
    "BeatJudge",
    "CadenceJudge",
    "Glance",
    "Judge",
    "Judged",
    "Judges",
    "OverlayJudge",
    "Passage",
    "PassageJudge",
    "Pixels",
    "ShotJudge",
    "StandingJudge",
    "StandingPicture",
    "Way",
    "drawings",
    "glance_at",
    "judged",
]
