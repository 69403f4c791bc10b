"""The exponential moving average of a network's weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class AveragedNetwork:
    """A copy of a network that holds the average of its weights, ready to run.

    Attributes:
        network: the copy, in evaluation mode, without gradients.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Begin with the network's present weights.

        Args:
            network: being trained; on its device already.
            decay: weight of the old average in each update, in [0, 1).
        """
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay
        pairs = list(zip(self.network.parameters(), network.parameters(), strict=True))
        self._averages: list[Tensor] = [average.data for average, _ in pairs]
        # Of the same storage as the parameters, which the optimiser updates in place.
        self._weights: list[Tensor] = [weight.data for _, weight in pairs]
        self._buffers = list(zip(self.network.buffers(), network.buffers(), strict=True))

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after a step.

        Args:
            step: from 0; early averages reach back less far.
        """
        decay = min(self._decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self._averages, self._weights, 1 - decay)
        for average, buffer in self._buffers:
            average.copy_(buffer)
