"""`dain`: the network of Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019.

Flow, depth, context and interpolation kernels, joined by depth-aware projection, adaptive
warping and frame synthesis (section 3 and figure 2 of the paper).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional

from dain.networks.base import FrameFeatures, InterpolationNetwork, Motion, Synthesis
from dain.networks.certainty import certainty_of, sketch, trust_in_motion
from dain.networks.context import ContextNetwork
from dain.networks.depth import DepthNetwork
from dain.networks.flow import UNIT, FlowNetwork
from dain.networks.kernels import KernelNetwork
from dain.networks.layers import dtype_of
from dain.networks.padding import crop, pad
from dain.networks.painting import LEAST_TILE, Painter, View
from dain.networks.spectral import SpectralConvolution
from dain.networks.synthesis import SynthesisNetwork
from dain.networks.tiling import whole
from dain.ops import project_flow, resize_flow

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

# Inverse depth is this and 1 / exp(log depth), as published.
_LEAST_INVERSE_DEPTH = 1e-6

# Pixels beside a tile that its layers see, and that common flows lead to.
_AROUND_TILE = 150

# On top of the tensors counted: what the libraries under torch take for themselves, and a reserve.
_SCRATCH = 100 * 2**20
_CAUTION = 1.1

# Motion is estimated on pictures with sides of at least this many pixels, if the frame has them.
_LEAST_SIDE = 64


@dataclass(frozen=True)
class DainFeatures(FrameFeatures):
    """What is known of one frame.

    Attributes:
        motion_size: height and width at which motion is estimated.
        pyramid: of the flow network, at that size, padded.
        log_depth: ``(B, 1, H, W)`` float32, padded.
        context: ``(B, 196, H, W)``, padded: the frame, three stages of features, and log depth;
            None where it is made anew for each tile.
    """

    motion_size: tuple[int, int]
    pyramid: tuple[Tensor, ...]
    log_depth: Tensor
    context: Tensor | None


@dataclass(frozen=True)
class DainMotion(Motion):
    """How two frames move into each other, in float32 and padded.

    Attributes:
        kernels0: ``(B, 16, H, W)`` interpolation kernels on frame 0.
        kernels1: likewise, on frame 1.
    """

    kernels0: Tensor
    kernels1: Tensor


class Dain(InterpolationNetwork[DainFeatures, DainMotion]):
    """The paper's network, 24,045,800 parameters and buffers.

    Frames of any size: they are padded on the right and below by repeating their border, to
    multiples of 64 and no further, and the result is cropped. (The paper's demo pads all four
    sides to multiples of 128.)

    Attributes:
        multiple: to which the sides of frames are padded.
    """

    precisions = tuple(_DTYPES)
    least_tile = LEAST_TILE
    multiple = FlowNetwork.multiple

    def __init__(
        self,
        *,
        flow: FlowNetwork | None = None,
        depth: DepthNetwork | None = None,
        context: ContextNetwork | None = None,
        kernels: KernelNetwork | None = None,
        synthesis: SynthesisNetwork | None = None,
    ) -> None:
        """Join the parts; those of the paper where None is given."""
        super().__init__()
        self.flow = flow or FlowNetwork()
        self.depth = depth or DepthNetwork()
        self.context = context or ContextNetwork()
        self.kernels = kernels or KernelNetwork()
        self.synthesis = synthesis or SynthesisNetwork()

    def prepare(self, precision: str) -> None:
        """Fold normalisation into convolutions, and convert them. See the base class.

        Flows, projection and interpolation kernels stay in float32, and so do the last layers
        that make them.
        """
        super().prepare(precision)
        self.eval()
        dtype = _DTYPES[precision]
        self.depth.fold()
        self.depth.to(dtype)
        self.context.to(dtype)
        for part in (self.flow, self.kernels, self.synthesis):
            part.prepare(dtype)
        # Activations follow the weights' layout. (torch's own hint for this overload is missing.)
        nn.Module.to(self, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def working_set(self, height: int, width: int, scale: Fraction, tile: int | None) -> int:
        """Bytes at the peak. See the base class.

        Counted in tensors that live together, by what was measured, and rounded up.
        """
        element = dtype_of(self.synthesis).itemsize
        pixels = _padded(height, self.multiple) * _padded(width, self.multiple)
        seen = math.prod(_padded(side, self.multiple) for side in motion_size(height, width, scale))
        kept = 250 * pixels  # frames, depths, flows and kernels of a pair
        at_once = at_once_kernels = pixels
        if tile is None:
            kept += 2 * self.context.channels * element * pixels
        else:
            at_once = min(pixels, (tile + _AROUND_TILE) ** 2)
            at_once_kernels = min(pixels, (tile + 2 * self.kernels.reach) ** 2)
        depth = (370 * element + 100) * seen
        kernels = (100 * element + 300) * at_once_kernels
        painting = (950 * element + 500) * at_once
        if isinstance(self.synthesis.enter, SpectralConvolution):
            transforms = self.synthesis.enter.working_set(at_once)
            painting = max(painting, (565 * element + 300) * at_once + transforms)
        peak = kept + max(depth, kernels, 60 * pixels + painting)
        return int(_CAUTION * peak) + _SCRATCH

    def encode(self, frame: Tensor, scale: Fraction = Fraction(1)) -> DainFeatures:
        """Depth, flow pyramid and context of one frame. See the base class."""
        size = motion_size(frame.shape[2], frame.shape[3], scale)
        seen = self._input(pad(_resize(frame, size), self.multiple))
        log_depth = crop(self.depth(seen).float(), *size)
        features = DainFeatures(
            frame=frame,
            motion_size=size,
            pyramid=self.flow.pyramid(seen),
            log_depth=pad(_resize(log_depth, frame.shape[2:]), self.multiple),
            context=None,
        )
        return self.reframe(features, frame)

    def reframe(self, features: DainFeatures, picture: Tensor) -> DainFeatures:
        """The features with the context of another picture. See the base class."""
        context = None
        if self.tile is None:
            context = self._painter.describe(pad(picture, self.multiple), features.log_depth)
        return replace(features, frame=picture, context=context)

    def relate(self, features0: DainFeatures, features1: DainFeatures) -> DainMotion:
        """Flows both ways and kernels of both frames. See the base class."""
        flow01, flow10 = (
            self._full_size(raw, features0)
            for raw in self.flow.both(features0.pyramid, features1.pyramid)
        )
        frames = [pad(each.frame, self.multiple) for each in (features0, features1)]
        return DainMotion(flow01, flow10, *self._find_kernels(torch.cat(frames, dim=1)))

    def synthesise(
        self, features0: DainFeatures, features1: DainFeatures, motion: DainMotion, t: float
    ) -> Synthesis:
        """Project, warp, blend and add the synthesis residual. See the base class."""
        view0, view1 = self.look(features0, features1, motion, t)
        made = self._painter.paint(view0, view1, t, self.tile)
        height, width = features0.frame.shape[2:]
        frame, blended, apart = (crop(part, height, width) for part in made)
        with torch.no_grad():
            frames, flows, projected = (
                (crop(one, height, width), crop(two, height, width))
                for one, two in (
                    (view0.frame, view1.frame),
                    (motion.flow01, motion.flow10),
                    (view0.flow, view1.flow),
                )
            )
            trust = trust_in_motion(frames, flows, projected, t)
            return Synthesis(frame, blended, certainty_of(frame, blended, sketch(apart), trust))

    def look(
        self, features0: DainFeatures, features1: DainFeatures, motion: DainMotion, t: float
    ) -> tuple[View, View]:
        """Both frames as the one at time `t` in (0, 1) sees them, by projected flows."""
        log_depth = torch.cat([features0.log_depth, features1.log_depth])
        flow = torch.cat([motion.flow01 * t, motion.flow10 * (1 - t)])
        projected = project_flow(flow, _LEAST_INVERSE_DEPTH + torch.exp(-log_depth)).flow
        view0, view1 = (
            View(pad(each.frame, self.multiple), each.log_depth, each.context, flow, kernels)
            for each, flow, kernels in zip(
                (features0, features1),
                projected.chunk(2),
                (motion.kernels0, motion.kernels1),
                strict=True,
            )
        )
        return view0, view1

    def _full_size(self, raw: Tensor, features: DainFeatures) -> Tensor:
        """Flow in pixels of the padded frame, from the flow network's at a quarter of the size."""
        # Trained so: nn.Upsample's align_corners=False.
        flow = functional.interpolate(
            raw * UNIT, scale_factor=4, mode="bilinear", align_corners=False
        )
        height, width = features.frame.shape[2:]
        if features.motion_size == (height, width):
            return flow
        return pad(resize_flow(crop(flow, *features.motion_size), height, width), self.multiple)

    def _find_kernels(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Interpolation kernels of both frames, ``(B, 6, H, W)`` padded, whole or in tiles."""
        if self.tile is None:
            kernels0, kernels1 = self.kernels(self._input(frames))
            return kernels0, kernels1
        batch, _, height, width = frames.shape
        found = [frames.new_empty(batch, 16, height, width) for _ in range(2)]
        multiple = self.kernels.multiple
        for region in whole(frames).divided(max(self.tile // multiple * multiple, LEAST_TILE)):
            seen = region.grown(self.kernels.reach, whole(frames))
            inside = region.seen_from(seen)
            for kernels, made in zip(
                found, self.kernels(self._input(seen.of(frames))), strict=True
            ):
                region.of(kernels)[:] = inside.of(made)
        return found[0], found[1]

    @property
    def _painter(self) -> Painter:
        return Painter(self.context, self.synthesis)

    def _input(self, picture: Tensor) -> Tensor:
        """As the convolutions take it."""
        return picture.to(dtype_of(self.depth))


def _padded(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple


def motion_size(height: int, width: int, scale: Fraction) -> tuple[int, int]:
    """Size at which motion is estimated: no side of the frame falls below 64 by it."""
    height, width = (max(round(s * scale), min(s, _LEAST_SIDE)) for s in (height, width))
    return height, width


def _resize(picture: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, over the whole area of a pixel where it shrinks; cell edges coincide."""
    if tuple(picture.shape[2:]) == tuple(size):
        return picture
    # Metal reduces with antialias since PyTorch 2.7 only: the CPU does it there.
    place = torch.device("cpu") if picture.device.type == "mps" else picture.device
    resized = functional.interpolate(
        picture.to(place), tuple(size), mode="bilinear", align_corners=False, antialias=True
    )
    return resized.to(picture.device)
