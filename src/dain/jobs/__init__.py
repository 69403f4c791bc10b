"""One run: open, plan, then decode, interpolate and encode at once; atomic finish."""

from __future__ import annotations

from dain.jobs.between import StillsResult, even_times, make_stills
from dain.jobs.estimate import JobEstimate, estimate_job
from dain.jobs.making import FrameInterpolator
from dain.jobs.progress import OnProgress, Progress
from dain.jobs.report import OnReport, ReportFile
from dain.jobs.run import JobResult, make_interpolator, run_job
from dain.jobs.staging import estimate_anywhere, run_anywhere
from dain.jobs.stopping import StopRequest

__all__ = [
    "FrameInterpolator",
    "JobEstimate",
    "JobResult",
    "OnProgress",
    "OnReport",
    "Progress",
    "ReportFile",
    "StillsResult",
    "StopRequest",
    "estimate_anywhere",
    "estimate_job",
    "even_times",
    "make_interpolator",
    "make_stills",
    "run_anywhere",
    "run_job",
]
