"""Single steps of training."""

import pytest
import torch
from tests.support.runs import (
    LossWithGaps,
    NoiseSource,
    TinyNetwork,
    noisy_loss,
    plain_loss,
    tiny_settings,
)
from torch import nn

from dain.errors import OptionError, WeightsError
from dain.training.launching import make_fabric
from dain.training.loading import StepIndices, load_batches
from dain.training.samples import Batch
from dain.training.schedule import rate_at
from dain.training.trainer import Trainer


def make_trainer(network=None, loss=noisy_loss, precision="fp32", **changes):
    settings = tiny_settings(precision=precision, **changes).optimisation
    fabric = make_fabric("cpu", 1, precision)
    fabric.launch()
    return Trainer(fabric, network or TinyNetwork(), loss, settings)


def make_batches(count, batch=2):
    return load_batches(NoiseSource(), StepIndices(0, count, batch), workers=0, pin=False)


def weights_of(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_a_step_is_what_adamw_makes_of_the_gradient():
    trainer = make_trainer(loss=plain_loss, clip=0.05, weight_decay=0.1)
    reference = TinyNetwork()
    optimiser = torch.optim.AdamW(
        [
            {"params": [reference.mix.weight], "weight_decay": 0.1},
            {"params": [reference.mix.bias], "weight_decay": 0.0},
        ],
        betas=(0.9, 0.999),
    )
    for step, batch in enumerate(make_batches(4)):
        result = trainer.make_step(batch)
        error = plain_loss(reference, Batch(**batch)).total
        error.backward()
        norm = nn.utils.clip_grad_norm_(reference.parameters(), 0.05)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, tiny_settings().optimisation)
        optimiser.step()
        optimiser.zero_grad()
        torch.testing.assert_close(result.norm, norm)
        torch.testing.assert_close(result.parts["total"], error.detach())
        assert norm > 0.05
    for name, weight in trainer.network.named_parameters():
        torch.testing.assert_close(weight, reference.get_parameter(name))
    assert trainer.step == 4


def test_learning_lowers_the_loss():
    trainer = make_trainer(steps=200, rate=0.02)
    losses = [float(trainer.make_step(batch).parts["total"]) for batch in make_batches(200)]
    assert sum(losses[-20:]) < 0.7 * sum(losses[:20])


def test_a_step_without_finite_numbers_changes_nothing():
    trainer = make_trainer(loss=LossWithGaps({2}))
    for step, batch in enumerate(make_batches(5)):
        before = weights_of(trainer.network.mix)
        moments = [s["exp_avg"].clone() for s in trainer.optimiser_state()["state"].values()]
        result = trainer.make_step(batch)
        after = weights_of(trainer.network.mix)
        same = [torch.equal(before[name], after[name]) for name in before]
        assert bool(result.bad) == (step == 2)
        assert same == [step == 2] * 2
        if step == 2:
            now = [s["exp_avg"] for s in trainer.optimiser_state()["state"].values()]
            assert all(torch.equal(a, b) for a, b in zip(now, moments, strict=True))
    assert all(torch.isfinite(w).all() for w in trainer.averaged.network.parameters())


def test_weights_lie_channels_last():
    trainer = make_trainer()
    assert trainer.network.mix.weight.is_contiguous(memory_format=torch.channels_last)
    trainer = make_trainer(channels_last=False)
    assert trainer.network.mix.weight.is_contiguous()


def test_bfloat16_is_for_the_layers_and_float32_for_the_weights():
    seen = []

    def loss(network, batch):
        seen.append(network.mix(torch.cat([batch.first, batch.last], 1)).dtype)
        return noisy_loss(network, batch)

    trainer = make_trainer(loss=loss, precision="bf16")
    for batch in make_batches(2):
        result = trainer.make_step(batch)
    assert seen == [torch.bfloat16] * 2
    assert result.parts["total"].dtype == torch.float32
    assert trainer.network.mix.weight.dtype == torch.float32


def test_a_network_without_weights_is_refused():
    with pytest.raises(OptionError, match="nothing to learn"):
        make_trainer(nn.Identity())


def test_a_checkpoint_of_another_network_is_refused():
    trainer = make_trainer()
    with pytest.raises(WeightsError, match="of another network") as caught:
        trainer.restore(1, nn.Linear(2, 2).state_dict(), {}, {})
    assert "\n" not in str(caught.value)
