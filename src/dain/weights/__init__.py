"""Which networks there are, and what they are loaded from."""

from __future__ import annotations

from dain.weights.registry import MODELS, ModelRecord, load_network

__all__ = ["MODELS", "ModelRecord", "load_network"]
