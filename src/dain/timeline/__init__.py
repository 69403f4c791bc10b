"""Exact rational time: which output instants, from which pair of frames, at which t."""

from __future__ import annotations

from dain.timeline.kept import KeptPlan
from dain.timeline.parsing import parse_factor, parse_rate, parse_time
from dain.timeline.plan import OPEN_END, ConstantPlan, Instant, Plan
from dain.timeline.planning import make_plan, schedule
from dain.timeline.timing import Timing, live, measure

__all__ = [
    "OPEN_END",
    "ConstantPlan",
    "Instant",
    "KeptPlan",
    "Plan",
    "Timing",
    "live",
    "make_plan",
    "measure",
    "parse_factor",
    "parse_rate",
    "parse_time",
    "schedule",
]
