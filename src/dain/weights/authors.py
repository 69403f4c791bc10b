"""Names of the layers in the authors' checkpoint, and ours for the same layers.

The authors' names follow the construction order of their layers (``depthNet.3.0.0.1.2.3``);
ours say what a layer is for. A tensor has the name of its layer and one of its own, such as
``weight``, which is the same for both.
"""

from __future__ import annotations

import functools


def their_name(name: str) -> str:
    """The authors' name of the tensor that we call `name`.

    Raises:
        KeyError: the paper's network has no such layer.
    """
    layer, _, tensor = name.rpartition(".")
    return f"{_layers()[layer]}.{tensor}"


@functools.cache
def _layers() -> dict[str, str]:
    """Our name of every layer to the authors'."""
    parts = (
        ("flownets", "flow", _flow()),
        ("depthNet", "depth", _depth()),
        ("ctxNet", "context", {"block1.0": "enter.0"} | _residual(2, ["near", "far"])),
        (
            "rectifyNet",
            "synthesis",
            {"block1.0": "enter", "block5.0": "leave"}
            | _residual(2, ["blocks.0", "blocks.1", "blocks.2"]),
        ),
        ("initScaleNets_filter", "kernels", _encoder_decoder()),
        ("initScaleNets_filter1", "kernels.heads.0", {"0": "0", "2": "2"}),
        ("initScaleNets_filter2", "kernels.heads.1", {"0": "0", "2": "2"}),
    )
    return {
        f"{ours}.{our_layer}": f"{theirs}.{their_layer}"
        for theirs, ours, layers in parts
        for their_layer, our_layer in layers.items()
    }


# Each of these gives the authors' names to ours.


def _flow() -> dict[str, str]:
    """``conv3aa.0``, ``conv5_2.0``, ``predict_flow4``, ``dc_conv3.0``."""
    layers = {"dc_conv7": "refine"}
    for level in range(1, 7):
        # The first of level 6 is "aa", where the other levels call it "a".
        steps = ("aa", "a", "b") if level == 6 else ("a", "aa", "b")
        for index, name in enumerate(steps):
            layers[f"conv{level}{name}.0"] = f"pyramid.levels.{level - 1}.{index}.0"
    for level in range(2, 7):
        decoder = f"decoders.{6 - level}"
        for step in range(5):
            layers[f"conv{level}_{step}.0"] = f"{decoder}.dense.{step}.0"
        layers[f"predict_flow{level}"] = f"{decoder}.predict"
        layers[f"deconv{level}"] = f"{decoder}.upsample_flow"
        if level > 2:
            layers[f"upfeat{level}"] = f"{decoder}.upsample_features"
    for step in range(1, 7):
        layers[f"dc_conv{step}.0"] = f"context.{step - 1}.0"
    return layers


def _depth() -> dict[str, str]:
    """``0``, ``1`` and ``4`` at the ends, and the inception modules in between.

    Each size of the hourglass is a pair of branches; modules of the pooled one count from 1,
    after the pooling layer. At the two smallest sizes the authors put the skip branch first.
    """
    layers = {"0": "enter.0", "1": "enter.1", "4": "leave"}
    theirs, ours = "3", "hourglass"
    for skip, pooled, skipped, modules, inner in (
        ("0.1", "0.0", (0,), (1, 2, 4, 5), 3),
        ("0.1", "0.0", (0, 1), (1, 2, 4, 5), 3),
        ("0.0", "0.1", (0, 1), (1, 2, 4, 5), 3),
        ("0.0", "0.1", (0, 1), (1, 2, 3), 0),
    ):
        for index in skipped:
            layers |= _inception(f"{theirs}.{skip}.{index}", f"{ours}.skip.{index}")
        for index in modules:
            layers |= _inception(f"{theirs}.{pooled}.{index}", f"{ours}.pooled.{index - 1}")
        theirs, ours = f"{theirs}.{pooled}.{inner}", f"{ours}.pooled.{inner - 1}"
    return layers


def _inception(theirs: str, ours: str) -> dict[str, str]:
    """Convolutions and normalisations of one module: a branch of one pair, and three of two."""
    layers = {f"{theirs}.0.{layer}": f"{ours}.point.{layer}" for layer in (0, 1)}
    for branch in range(3):
        for step in range(2):
            for layer in (0, 1):
                their_layer = f"{theirs}.{branch + 1}.{3 * step + layer}"
                layers[their_layer] = f"{ours}.wide.{branch}.{step}.{layer}"
    return layers


def _encoder_decoder() -> dict[str, str]:
    layers = {"0": "enter.0", "17": "bottom.0"}
    for step in range(5):
        layers[str(2 + 3 * step)] = f"down.{step}.0"
        layers[str(20 + 3 * step)] = f"up.{step}.0"
    return layers


def _residual(first: int, blocks: list[str]) -> dict[str, str]:
    layers = {}
    for index, ours in enumerate(blocks, first):
        layers[f"block{index}.conv1"] = f"{ours}.first"
        layers[f"block{index}.conv2"] = f"{ours}.second"
    return layers
