"""`dain-lite`: our own compact depth-aware network.

A classical flow prior (DIS, both ways), projection to time t in which the better explained
pixel wins, and a blend weighted by visibility. It has no learned parts yet: consistency stands
in for inverse depth, since a pixel that is about to be covered is one that flow cannot explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from dain.networks.base import FrameFeatures, InterpolationNetwork, Motion
from dain.ops import ClassicalFlow, backward_warp, grey_pictures, project_flow, resize_flow

# Above this many pixels flow is searched on frames of half the size. Measured on the DAVIS
# triplets: the finest level buys 0.14 dB for more than four times the work.
_FULL_SEARCH_PIXELS = 200_000

# Confidence is exp(-(a * photometric error in grey levels of 255 + b * forward-backward error
# in pixels)). Chosen on the DAVIS triplets; the result moves by less than 0.03 dB for values
# twice or half as large.
_PER_GREY_LEVEL = 0.03
_PER_PIXEL = 0.1
_WORST_DISAGREEMENT = 20.0  # pixels; beyond it all disagreements are alike

_LEAST_VISIBILITY = 0.05  # of a pixel that was covered in one frame
_OUTSIDE = 0.01  # factor on the visibility of a pixel that lies outside one frame


@dataclass(frozen=True)
class LiteFeatures(FrameFeatures):
    """A frame and its grey picture.

    Attributes:
        grey: ``(B, h, w)`` uint8 on the CPU, at the size at which flow is searched.
    """

    grey: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LiteMotion(Motion):
    """Flows both ways and how far each of their pixels can be trusted.

    Attributes:
        confidence0: ``(B, 1, h, w)`` in (0, 1], on frame 0.
        confidence1: likewise, on frame 1.
    """

    confidence0: Tensor
    confidence1: Tensor


class DainLite(InterpolationNetwork[LiteFeatures, LiteMotion]):
    """Classical flow, depth-aware projection, warping, and a visibility-weighted blend."""

    def __init__(self) -> None:
        super().__init__()
        self._flow = ClassicalFlow()

    def encode(self, frame: Tensor, scale: Fraction = Fraction(1)) -> LiteFeatures:
        """Keep the frame and its grey picture at search size. See the base class."""
        height, width = search_size(frame.shape[2], frame.shape[3], scale)
        return LiteFeatures(frame, grey_pictures(frame, height, width))

    def relate(self, features0: LiteFeatures, features1: LiteFeatures) -> LiteMotion:
        """Search flow both ways and weigh it by consistency. See the base class."""
        device = features0.frame.device
        pairs = [
            self._flow.both(grey0, grey1)
            for grey0, grey1 in zip(features0.grey, features1.grey, strict=True)
        ]
        flow01, flow10 = (
            torch.from_numpy(np.stack(flows)).permute(0, 3, 1, 2).contiguous().to(device)
            for flows in zip(*pairs, strict=True)
        )
        grey0, grey1 = (
            torch.from_numpy(features.grey).to(device, torch.float32)[:, None]
            for features in (features0, features1)
        )
        confidence = _confidence(
            torch.cat([flow01, flow10]),
            torch.cat([flow10, flow01]),
            torch.cat([grey0, grey1]),
            torch.cat([grey1, grey0]),
        )
        confidence0, confidence1 = confidence.chunk(2)
        return LiteMotion(flow01, flow10, confidence0, confidence1)

    def synthesise(
        self, features0: LiteFeatures, features1: LiteFeatures, motion: LiteMotion, t: float
    ) -> tuple[Tensor, Tensor]:
        """Project, warp and blend; there is no residual yet. See the base class."""
        height, width = features0.frame.shape[2:]
        confidence = torch.cat([motion.confidence0, motion.confidence1])
        # Squared: where two pixels meet, the better explained one should win outright.
        projected = project_flow(
            torch.cat([motion.flow01 * t, motion.flow10 * (1 - t)]), confidence.square()
        )
        seen = torch.where(projected.weight > 0, backward_warp(confidence, projected.flow), 0.0)
        visibility = (seen + _LEAST_VISIBILITY) * torch.where(
            _inside(projected.flow), 1.0, _OUTSIDE
        )
        visibility0, visibility1 = visibility.chunk(2)
        share0 = visibility0 * (1 - t)
        share0 = share0 / (share0 + visibility1 * t)
        if share0.shape[2:] != (height, width):
            # Edges of cells coincide, as in `resize_flow`: align_corners=False.
            share0 = functional.interpolate(
                share0, size=(height, width), mode="bilinear", align_corners=False
            )
        warped0, warped1 = backward_warp(
            torch.cat([features0.frame, features1.frame]),
            resize_flow(projected.flow, height, width),
        ).chunk(2)
        blended = torch.lerp(warped1, warped0, share0)
        return blended, blended


def search_size(height: int, width: int, scale: Fraction) -> tuple[int, int]:
    """Size at which flow is searched for a frame of this size: at least one pixel a side."""
    if height * width * scale * scale > _FULL_SEARCH_PIXELS:
        scale = scale / 2
    return max(round(height * scale), 1), max(round(width * scale), 1)


def _confidence(flow: Tensor, back: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Trust in each pixel of `flow`, from how well colours and the way back agree.

    Args:
        flow: ``(B, 2, h, w)``.
        back: the flow of the other direction.
        start: ``(B, 1, h, w)`` grey picture on which `flow` starts, 0 to 255.
        end: the one it leads to.
    """
    arrived = backward_warp(torch.cat([end, back], dim=1), flow)
    photometric = (start - arrived[:, :1]).abs()
    gap = flow + arrived[:, 1:]
    disagreement = torch.hypot(gap[:, :1], gap[:, 1:]).clamp(max=_WORST_DISAGREEMENT)
    return torch.exp(-_PER_GREY_LEVEL * photometric - _PER_PIXEL * disagreement)


def _inside(flow: Tensor) -> Tensor:
    """Whether ``p + flow(p)`` lies on the picture, by more than half a pixel: ``(B, 1, h, w)``."""
    height, width = flow.shape[2:]
    x = torch.arange(width, device=flow.device).view(1, 1, width) + flow[:, 0]
    y = torch.arange(height, device=flow.device).view(1, height, 1) + flow[:, 1]
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return inside[:, None]
