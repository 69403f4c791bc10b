"""Pure maths on tensors: a differentiable PyTorch reference and fast kernels, one dispatch."""

from __future__ import annotations

from dain.ops.classical import ClassicalFlow, grey_pictures
from dain.ops.dispatch import BACKENDS, Backend
from dain.ops.projection import Projection, project_flow
from dain.ops.resizing import resize_flow
from dain.ops.warping import backward_warp

__all__ = [
    "BACKENDS",
    "Backend",
    "ClassicalFlow",
    "Projection",
    "backward_warp",
    "grey_pictures",
    "project_flow",
    "resize_flow",
]
