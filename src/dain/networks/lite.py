"""`dain-lite`: our own compact depth-aware network.

A classical flow prior (DIS, both ways) that a first small network corrects; projection to time
t in which the nearer pixel wins, by a weight that is learned from scenes whose depth is known;
and a second small network that corrects the flows, the blend and the colours of the new frame.
Untrained, it is the classical method: consistency stands in for nearness, since a pixel that
is about to be covered is one that flow cannot explain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from dain.networks.base import FrameFeatures, InterpolationNetwork, Motion, Synthesis
from dain.networks.certainty import certainty_of, difference_in_cells, sketch
from dain.networks.classical import log_confidence, search_both, search_size, visibility
from dain.networks.lite_layers import (
    FrameEncoder,
    FrameRefiner,
    MotionRefiner,
    Pyramid,
    Residuals,
    fuse,
)
from dain.networks.padding import crop, pad
from dain.ops import (
    ClassicalFlow,
    backward_warp,
    bicubic_warp,
    grey_pictures,
    project_flow,
    resize_flow,
)

_MULTIPLE = 16  # of the sides of frames: three halvings of a frame that is halved itself
_STEEPEST = 6.0  # bound on the logarithm of a learned weight

# Of working memory: for a frame, and for finding motion at the frame's own size.
_BYTES_PER_PIXEL, _BYTES_PER_PIXEL_OF_MOTION = 380, 180
_SCRATCH = 2**25


@dataclass(frozen=True)
class LiteFeatures(FrameFeatures):
    """A frame and what is seen in it.

    Attributes:
        pyramid: features for making frames, of the frame extended to whole multiples of 16.
        motion_pyramid: features for finding motion; the same unless motion has another scale.
        luma: ``(B, 1, h, w)`` in [0, 1], at half the size at which motion is found.
        grey: ``(B, h', w')`` uint8 on the CPU, at the size at which flow is searched.
    """

    pyramid: Pyramid
    motion_pyramid: Pyramid
    luma: Tensor
    grey: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class LiteMotion(Motion):
    """Flows both ways, how far to trust them, and what is near.

    Attributes:
        confidence: ``(2 * B, 1, h, w)`` in (0, 1], on frames 0, then on frames 1.
        nearness: likewise, the logarithm of a weight that is larger for what is nearer.
    """

    confidence: Tensor
    nearness: Tensor


@dataclass(frozen=True)
class _Painted:
    """A new frame, and what it was made of.

    Attributes:
        frame: ``(B, 3, H, W)``.
        blended: before its colours were corrected.
        warped: both old frames, brought to it.
        seen: how well either is seen from it, ``(B, 2, h, w)`` at half the extended size: the
            confidence, and whether anything led there.
        share: ``(B, 1, H, W)``, of frame 0 in the blend.
    """

    frame: Tensor
    blended: Tensor
    warped: tuple[Tensor, Tensor]
    seen: tuple[Tensor, Tensor]
    share: Tensor

    def certainty(self) -> Tensor:
        """Of the frame. See `Synthesis`."""
        share = sketch(self.share)
        height, width = share.shape[2:]
        # From half the size to a quarter: confidence is smooth, every other value tells it.
        seen0, seen1 = (crop(seen[:, :1, ::2, ::2], height, width) for seen in self.seen)
        apart, trust = difference_in_cells(*self.warped), torch.lerp(seen1, seen0, share)
        return certainty_of(self.frame, self.blended, apart, trust)


class DainLite(InterpolationNetwork[LiteFeatures, LiteMotion]):
    """Classical flow and blend, corrected by two small networks."""

    precisions = ("fp32", "bf16", "fp16")

    def __init__(self) -> None:
        super().__init__()
        self._flow = ClassicalFlow()
        self.encoder = FrameEncoder()
        self.motion_refiner = MotionRefiner()
        self.frame_refiner = FrameRefiner()

    def prepare(self, precision: str) -> None:
        """Turn the learned layers to a precision and the fast memory layout."""
        super().prepare(precision)
        dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
        self.to(dtype)
        fuse(self)
        # (torch's own hint for this overload is missing.)
        nn.Module.to(self, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def working_set(self, height: int, width: int, scale: Fraction, tile: int | None) -> int:
        """Bytes at the peak. See the base class.

        By what was measured in float32; 16 bits take a fifth to a tenth less.
        """
        per_pixel = _BYTES_PER_PIXEL + _BYTES_PER_PIXEL_OF_MOTION * scale * scale
        return int(per_pixel * height * width) + _SCRATCH

    def encode(
        self, frame: Tensor, scale: Fraction = Fraction(1), *, search: Fraction | None = None
    ) -> LiteFeatures:
        """Extract features and keep the grey picture at search size. See the base class.

        Args:
            frame: see the base class.
            scale: likewise.
            search: share of the size at which flow is searched; None to go by it, as frames that
                people have are searched.
        """
        height, width = frame.shape[2:]
        extended = pad(frame, _MULTIPLE)
        pyramid = motion_pyramid = self.encoder(extended)
        if scale != 1:
            size = motion_size(height, width, scale)
            extended = functional.interpolate(extended, size=size, mode="area")
            motion_pyramid = self.encoder(extended)
        weights = frame.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
        luma = functional.avg_pool2d((extended * weights).sum(1, keepdim=True), 2)
        tall, wide = search_size(extended.shape[2], extended.shape[3], search)
        grey = grey_pictures(extended, tall, wide)
        return LiteFeatures(frame, pyramid, motion_pyramid, luma, grey)

    def relate(self, features0: LiteFeatures, features1: LiteFeatures) -> LiteMotion:
        """Search flow both ways, correct it and weigh it. See the base class."""
        luma = torch.cat([features0.luma, features1.luma])
        size = (luma.shape[2], luma.shape[3])
        flow = search_both(self._flow, features0.grey, features1.grey, size, luma.device)
        # A quarter of the frame's size, so that half of the flow's.
        quarter = functional.avg_pool2d(torch.cat([flow / 2, log_confidence(flow, luma)], 1), 2)
        seen = torch.cat([features0.motion_pyramid.quarter, features1.motion_pyramid.quarter])
        met = torch.cat([features1.motion_pyramid.quarter, features0.motion_pyramid.quarter])
        change, nearness = self.motion_refiner(
            seen, backward_warp(met, quarter[:, :2]), quarter[:, :2], quarter[:, 2:]
        )
        flow = flow + change
        confidence = log_confidence(flow, luma).exp()
        flow01, flow10 = flow.chunk(2)
        return LiteMotion(flow01, flow10, confidence, nearness.clamp(-_STEEPEST, _STEEPEST))

    def synthesise(
        self, features0: LiteFeatures, features1: LiteFeatures, motion: LiteMotion, t: float
    ) -> Synthesis:
        """Project, warp, correct and blend. See the base class."""
        time = features0.frame.new_full((1, 1, 1, 1), t)
        made = self._make(features0, features1, motion, time)
        with torch.no_grad():
            return Synthesis(made.frame, made.blended, made.certainty())

    def synthesise_at(
        self, features0: LiteFeatures, features1: LiteFeatures, motion: LiteMotion, t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The new frame, and what it was before its colours were corrected, for training.

        Each sample of the batch has a time: `t` is ``(B, 1, 1, 1)``.
        """
        made = self._make(features0, features1, motion, t)
        return made.frame, made.blended

    def _make(
        self, features0: LiteFeatures, features1: LiteFeatures, motion: LiteMotion, t: Tensor
    ) -> _Painted:
        half = (features0.pyramid.half.shape[2], features0.pyramid.half.shape[3])
        flow, seen = _project(motion, t)
        flow0, flow1 = resize_flow(flow, *half).chunk(2)
        if seen.shape[2:] != half:
            # Edges of cells coincide, as in `resize_flow`: align_corners=False.
            seen = functional.interpolate(seen, size=half, mode="bilinear", align_corners=False)
        seen0, seen1 = seen.chunk(2)
        share = visibility(flow0, seen0[:, :1]).log() - visibility(flow1, seen1[:, :1]).log()
        share = share + torch.logit(1 - t)
        change = self.frame_refiner(
            _lead(features0.pyramid, flow0),
            _lead(features1.pyramid, flow1),
            [flow0, flow1, seen0, seen1, t.expand_as(share)],
        )
        frames = (features0.frame, features1.frame)
        return _paint(frames, (flow0, flow1), (seen0, seen1), share, change)


def motion_size(height: int, width: int, scale: Fraction) -> tuple[int, int]:
    """Size at which motion is found in a frame of this size: whole multiples of 16."""
    tall, wide = (max(math.ceil(side * scale / _MULTIPLE), 1) for side in (height, width))
    return tall * _MULTIPLE, wide * _MULTIPLE


def _project(motion: LiteMotion, t: Tensor) -> tuple[Tensor, Tensor]:
    """Flows from the new frame to frame 0, then to frame 1, and what is seen there.

    Returns:
        ``(2 * B, 2, h, w)`` flow, and ``(2 * B, 2, h, w)``: the confidence where it leads (0 if
        nothing came from there), and whether anything did.
    """
    # Squared: where two pixels meet, the better explained one should win outright.
    weight = motion.confidence.square() * motion.nearness.exp()
    projected = project_flow(torch.cat([motion.flow01 * t, motion.flow10 * (1 - t)]), weight)
    covered = (projected.weight > 0).to(weight.dtype)
    confidence = backward_warp(motion.confidence, projected.flow) * covered
    return projected.flow, torch.cat([confidence, covered], dim=1)


def _lead(pyramid: Pyramid, flow: Tensor) -> Pyramid:
    """Features of a source frame, brought to the new frame by `flow`."""
    quarter_flow = functional.avg_pool2d(flow, 2) / 2
    return Pyramid(backward_warp(pyramid.half, flow), backward_warp(pyramid.quarter, quarter_flow))


def _paint(
    frames: tuple[Tensor, Tensor],
    flows: tuple[Tensor, Tensor],
    seen: tuple[Tensor, Tensor],
    share: Tensor,
    change: Residuals,
) -> _Painted:
    """The new frame at full size."""
    height, width = frames[0].shape[2:]
    tall, wide = change.share.shape[2:]
    flow = torch.cat([resize_flow(part, tall, wide) for part in flows], dim=1) + change.flow
    # Edges of cells coincide, as in `resize_flow`: align_corners=False.
    share = functional.interpolate(share, size=(tall, wide), mode="bilinear", align_corners=False)
    share = crop(torch.sigmoid(share + change.share), height, width)
    flow = crop(flow, height, width)
    warped0, warped1 = (
        bicubic_warp(frame, part.contiguous())
        for frame, part in zip(frames, (flow[:, :2], flow[:, 2:]), strict=True)
    )
    blended = torch.lerp(warped1, warped0, share)
    painted = blended + crop(change.colour, height, width)
    return _Painted(painted, blended, (warped0, warped1), seen, share)
