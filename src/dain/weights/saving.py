"""Weights of our own training as a file that `load_network` takes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors.torch import save
from torch import Tensor

from dain._version import __version__
from dain.weights.loading import FORMAT_KEY, FORMAT_VERSION


def pack_weights(
    model: str, tensors: Mapping[str, Tensor], about: Mapping[str, str], half: bool
) -> bytes:
    """Tensors and what is known of them as safetensors.

    Args:
        model: name of the network.
        tensors: by our names; on any device, in any layout.
        about: more entries for the file's metadata.
        half: store floating tensors as float16.

    Raises:
        ValueError: a number is too large for float16, or not finite.
    """
    packed = {name: _packed(name, tensor, half) for name, tensor in tensors.items()}
    metadata = {
        **about,
        "format": "pt",  # as safetensors asks of files for PyTorch
        FORMAT_KEY: str(FORMAT_VERSION),
        "model": model,
        "dain_version": __version__,
    }
    return save(packed, metadata)


def _packed(name: str, tensor: Tensor, half: bool) -> Tensor:
    kept = tensor.detach().cpu()
    if kept.is_floating_point():
        kept = kept.half() if half else kept
        if not bool(torch.isfinite(kept).all()):
            raise ValueError(f"expected numbers that the file can hold, found others in {name}")
    # A parameter may be part of a larger storage, or lie channels last.
    return kept.clone(memory_format=torch.contiguous_format)
