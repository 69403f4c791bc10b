"""Pure maths on tensors: a differentiable PyTorch reference and fast kernels, one dispatch."""

from __future__ import annotations

from dain.ops.adaptive_warping import adaptive_warp
from dain.ops.bicubic import bicubic_warp
from dain.ops.classical import ClassicalFlow, grey_pictures
from dain.ops.correlation import correlation
from dain.ops.dispatch import BACKENDS, Backend
from dain.ops.projection import Projection, project_flow
from dain.ops.resizing import resize_flow
from dain.ops.warping import backward_warp

__all__ = [
    "BACKENDS",
    "Backend",
    "ClassicalFlow",
    "Projection",
    "adaptive_warp",
    "backward_warp",
    "bicubic_warp",
    "correlation",
    "grey_pictures",
    "project_flow",
    "resize_flow",
]
