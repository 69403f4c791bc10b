"""The yardstick: the paper's network as plain PyTorch, for speed to be measured against.

Float32, contiguous NCHW, normalisation not folded, every op by its PyTorch reference, and
everything anew for every pair, in the order of the authors' published code.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from dain.networks.dain import Dain
from dain.networks.flow import UNIT, FlowDecoder
from dain.ops import adaptive_warp, project_flow


class PlainDain:
    """The layers of a `Dain` that was not prepared, joined in the simplest way.

    Attributes:
        network: the layers.
    """

    def __init__(self, network: Dain) -> None:
        self.network = network
        for decoder in network.flow.decoders:
            assert isinstance(decoder, FlowDecoder)
            decoder.backend = "reference"

    def __call__(self, frame0: Tensor, frame1: Tensor, t: float) -> Tensor:
        """The frame at time `t`, neither clamped nor rounded.

        Args:
            frame0: ``(B, 3, H, W)`` RGB in [0, 1], sides multiples of 64.
            frame1: the same size.
            t: in (0, 1).
        """
        network, batch = self.network, frame0.shape[0]
        log_depth = network.depth(torch.cat([frame0, frame1]))
        nearness = 1e-6 + 1 / torch.exp(log_depth)
        context0 = network.context(frame0, log_depth[:batch])
        context1 = network.context(frame1, log_depth[batch:])
        kernels0, kernels1 = network.kernels(torch.cat([frame0, frame1], dim=1))
        flow0 = self._project(self._flow(frame0, frame1) * t, nearness[:batch])
        flow1 = self._project(self._flow(frame1, frame0) * (1 - t), nearness[batch:])
        warped0 = _warp(frame0, flow0, kernels0)
        warped1 = _warp(frame1, flow1, kernels1)
        blended = warped0 * (1 - t) + warped1 * t
        parts = [blended, warped0, warped1, flow0, flow1, kernels0, kernels1]
        parts += [_warp(context0, flow0, kernels0), _warp(context1, flow1, kernels1)]
        residual: Tensor = network.synthesis(torch.cat(parts, dim=1))
        return blended + residual

    def _flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Raw flow; the pyramids are made for each direction, as they are in the authors' code."""
        flow: Tensor = self.network.flow(
            self.network.flow.pyramid(first), self.network.flow.pyramid(second)
        )
        return flow

    def _project(self, raw: Tensor, nearness: Tensor) -> Tensor:
        # Trained so: nn.Upsample's align_corners=False.
        flow = functional.interpolate(
            raw * UNIT, scale_factor=4, mode="bilinear", align_corners=False
        )
        return project_flow(flow, nearness, backend="reference").flow


def _warp(image: Tensor, flow: Tensor, kernels: Tensor) -> Tensor:
    # The reference's result lies as channels last, and would pull the synthesis along.
    return adaptive_warp(image, flow, kernels, backend="reference").contiguous()
