"""Devices and arithmetic of a run, by Lightning Fabric."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import torch

from dain.engine.devices import computes_in_bfloat16, resolve_device
from dain.errors import OptionError

if TYPE_CHECKING:
    from lightning_fabric import Fabric

# The others wait while the first one validates, on however many pictures.
_PATIENCE = timedelta(days=2)


def resolve_training_precision(name: str, device: torch.device) -> str:
    """What ``auto`` stands for: bf16 where the device computes in it, else fp32.

    Args:
        name: of the settings.
        device: to train on.
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    return "bf16" if device.type == "cpu" and computes_in_bfloat16() else "fp32"


def is_first_process() -> bool:
    """Whether this is the process that starts others for further devices, and speaks for all."""
    return all(os.environ.get(name, "0") == "0" for name in ("LOCAL_RANK", "RANK", "NODE_RANK"))


def make_fabric(device: str, devices: int, precision: str) -> Fabric:
    """Look whether the devices are there.

    To be launched: with several devices, that starts the same command once more for each but
    the first, and returns in all of them.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        devices: how many; on a CPU, processes.
        precision: ``bf16`` or ``fp32``.

    Raises:
        OptionError: there are not as many, or Fabric is not installed.
    """
    try:
        from lightning_fabric import Fabric
        from lightning_fabric.strategies.ddp import DDPStrategy
    except ImportError as error:
        raise OptionError(
            "dain train needs packages that are not installed; run pip install 'dain[train]'"
        ) from error
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    chosen = resolve_device(device)
    if chosen.type == "cuda":
        torch.backends.cudnn.benchmark = True  # every batch is of one size
    return Fabric(
        accelerator=chosen.type,
        devices=_which(chosen, device, devices),
        strategy=DDPStrategy(timeout=_PATIENCE) if devices > 1 else "auto",
        precision="bf16-mixed" if precision == "bf16" else "32-true",
    )


def _which(chosen: torch.device, asked: str, count: int) -> int | list[int]:
    """Number of devices, or the numbers of those wanted."""
    if count < 1:
        raise OptionError(f"--devices must be a whole number, at least 1, found {count}")
    if chosen.type != "cuda":
        if count > 1 and chosen.type != "cpu":
            raise OptionError(f"--devices {count}: {chosen.type} has one device")
        return count
    if count == 1:
        return [chosen.index or 0]
    available = torch.cuda.device_count()
    if ":" in asked or count > available:
        raise OptionError(
            f"--devices {count}: expected --device cuda and that many of them, found --device "
            f"{asked} and {available}"
        )
    return count
