"""The networks: `nn.Module`s only, without paths, downloads or a choice of device."""

from __future__ import annotations

from dain.networks.base import FrameFeatures, InterpolationNetwork, Motion, Output, Synthesis
from dain.networks.dain import Dain
from dain.networks.lite import DainLite

__all__ = [
    "Dain",
    "DainLite",
    "FrameFeatures",
    "InterpolationNetwork",
    "Motion",
    "Output",
    "Synthesis",
]
