"""A network, its optimiser and the average of its weights: one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from dain.errors import OptionError, WeightsError
from dain.training.averaging import AveragedNetwork
from dain.training.samples import Batch
from dain.training.schedule import rate_at
from dain.training.settings import OptimisationSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric


class Losses(Protocol):
    """What a loss has to say of a batch."""

    @property
    def total(self) -> Tensor:
        """What is minimised, a scalar."""

    @property
    def parts(self) -> Mapping[str, Tensor]:
        """Detached scalars for the log; NaN where one says nothing of the batch."""


Loss = Callable[[Any, Batch], Losses]


@dataclass(frozen=True)
class StepResult:
    """A step, as scalars that may still be on their way.

    Attributes:
        parts: of the loss, with ``total``.
        norm: of the gradient before it is shortened.
        bad: whether loss or gradient was not finite, and the weights stayed as they were.
    """

    parts: dict[str, Tensor]
    norm: Tensor
    bad: Tensor


class _Held:
    """A batch in a form that Fabric hands on as it is.

    It would turn tensors, in collections and dataclasses, too, to bfloat16: colours would be
    off by half a level of 255, and flows by parts of a pixel.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch


class _LossModule(nn.Module):
    """Loss and network as one module, whose `forward` Fabric can wrap for many devices."""

    def __init__(self, network: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self._loss = loss

    def forward(self, held: _Held) -> tuple[Tensor, dict[str, Tensor]]:
        losses = self._loss(self.network, held.batch)
        return losses.total, {name: part.detach() for name, part in losses.parts.items()}


class Trainer:
    """Makes steps.

    Attributes:
        network: being trained.
        averaged: moving average of its weights.
        step: steps made.
    """

    def __init__(
        self, fabric: Fabric, network: nn.Module, loss: Loss, settings: OptimisationSettings
    ) -> None:
        """Put everything on its device.

        Args:
            fabric: launched.
            network: with its first weights.
            loss: of the network on a batch.
            settings: see there.

        Raises:
            OptionError: the network has nothing to learn.
        """
        self.network = network.to(fabric.device).train()
        if settings.channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = AveragedNetwork(self.network, settings.averaging)
        self.step = 0
        self._fabric, self._settings = fabric, settings
        self._adamw = torch.optim.AdamW(
            _parameter_groups(network, settings.weight_decay),
            lr=settings.rate,
            betas=settings.betas,
            fused=True,
        )
        self._module, self._optimiser = fabric.setup(_LossModule(self.network, loss), self._adamw)

    def make_step(self, tensors: Mapping[str, Tensor]) -> StepResult:
        """Learn from a batch, without waiting for the device.

        Args:
            tensors: by the names of `Batch`, on any device.
        """
        torch.manual_seed(self._seed())
        for group in self._adamw.param_groups:
            group["lr"] = rate_at(self.step, self._settings)
        batch = Batch(**tensors).to(self._fabric.device)
        total, parts = self._module(_Held(batch))
        self._fabric.backward(total)
        norm = self._fabric.clip_gradients(
            self._module,
            self._optimiser,
            max_norm=self._settings.clip,
            error_if_nonfinite=False,
        )
        assert norm is not None
        total = total.detach()
        bad = self._is_bad(total, norm)
        # The fused step leaves the weights alone where this is not 0, and nobody has to wait
        # to see whether it is; gradient scalers do the same.
        self._adamw.found_inf = bad.float()  # type: ignore[attr-defined]
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.averaged.update(self.step)
        self.step += 1
        return StepResult({"total": total, **parts}, norm.detach(), bad)

    def _seed(self) -> int:
        """Anew for each step, so that a run that goes on needs no state of the generator.

        The same on all devices: what a loss draws is drawn for the whole batch.
        """
        # Hashed, because the generator of CPUs looks at 32 bits only.
        sequence = [self._settings.seed, self.step]
        return int(np.random.SeedSequence(sequence).generate_state(1)[0])

    def _is_bad(self, total: Tensor, norm: Tensor) -> Tensor:
        bad = ~(torch.isfinite(total) & torch.isfinite(norm))
        if self._fabric.world_size > 1:  # all devices skip the step, or none
            counted = self._fabric.all_reduce(bad.float(), reduce_op="sum")
            assert isinstance(counted, Tensor)
            bad = counted > 0
        return bad

    def optimiser_state(self) -> dict[str, Any]:
        """State of AdamW."""
        return self._adamw.state_dict()

    def restore(
        self,
        step: int,
        network: Mapping[str, Tensor],
        average: Mapping[str, Tensor],
        optimiser: dict[str, Any],
    ) -> None:
        """Take up a state.

        Args:
            step: steps that were made.
            network: weights by name.
            average: likewise.
            optimiser: from `optimiser_state`.

        Raises:
            WeightsError: it is of another network.
        """
        try:
            self.network.load_state_dict(network)
            self.averaged.network.load_state_dict(average)
            self._adamw.load_state_dict(optimiser)
        except (RuntimeError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(
                f"the checkpoint is of another network than this dain has: {reason}"
            ) from error
        self.step = step


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Kernels and matrices, which decay, apart from biases and other vectors, which do not."""
    learned = [weight for weight in network.parameters() if weight.requires_grad]
    if not learned:
        raise OptionError("this network has nothing to learn; train another --model")
    groups = [
        {"params": [w for w in learned if w.ndim >= 2], "weight_decay": weight_decay},
        {"params": [w for w in learned if w.ndim < 2], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
