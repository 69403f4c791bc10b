"""LPIPS, the learned measure of how alike two pictures look; an optional extra."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dain.errors import OptionError, RunError
from dain.evaluation.measures import Picture


class Perceptual:
    """LPIPS with AlexNet, Zhang et al. 2018: 0 for equal pictures, larger for less alike ones.

    The library fetches AlexNet's weights when they are first asked for, and keeps them.

    Args:
        device: on which it runs, as PyTorch names it.

    Raises:
        OptionError: the library is not installed.
        RunError: it cannot be set up; most often its weights cannot be fetched.
    """

    def __init__(self, device: str = "cpu") -> None:
        try:
            library: Any = importlib.import_module("lpips")
        except (ImportError, RuntimeError) as error:  # the latter for a torchvision unlike torch
            raise OptionError(
                f"--lpips needs the library lpips, found that it cannot be imported ({error}); "
                "install it with: pip install 'dain[lpips]'"
            ) from error
        self._device = torch.device(device)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it calls torchvision by older names
                network = library.LPIPS(net="alex", verbose=False)
        except (OSError, RuntimeError) as error:
            raise RunError(f"LPIPS could not be set up: {error}") from error
        self._network = network.to(self._device).eval()

    def __call__(self, made: Picture, true: Picture) -> float:
        """The distance of two pictures, ``(H, W, 3)`` uint8 RGB of one size."""
        with torch.inference_mode():
            return float(self._network(self._tensor(made), self._tensor(true)))

    def _tensor(self, picture: Picture) -> Tensor:
        """``(1, 3, H, W)`` in [-1, 1], as the library takes it."""
        values = torch.from_numpy(np.ascontiguousarray(picture)).to(self._device)
        return values.permute(2, 0, 1)[None].float().div_(127.5).sub_(1)
