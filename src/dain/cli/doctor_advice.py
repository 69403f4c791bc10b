"""What the doctor's findings mean for a run here, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dain.cli.messages import show_bytes

_LITTLE_MEMORY = 4 * 2**30
_LITTLE_DISK = 5 * 2**30
_FULL_DISK = 0.05  # free share


def advise(report: Mapping[str, Any]) -> list[str]:
    """One line for each thing that limits this machine or lies idle on it.

    Args:
        report: as ``dain doctor --json`` prints it, without its ``advice``.
    """
    return [
        *_about_devices(report),
        *_about_precision(report),
        *_about_room(report),
        *_about_models(report["models"]),
        *_about_encoders(report["hardware_encoders"]),
    ]


def _about_devices(report: Mapping[str, Any]) -> Iterator[str]:
    nvidia = report["nvidia"]
    if report["devices"]:
        if all(device["device"] == "mps" for device in report["devices"]):
            yield "the GPU is used where asked for: --device mps"
        return
    if nvidia["driver"] is None:
        yield "no GPU that PyTorch can use: frames are made on the CPU, which is far slower"
    elif nvidia["torch_cuda"] is None:
        yield (
            f"an NVIDIA driver ({nvidia['driver']}) is here, but PyTorch "
            f"{report['libraries']['torch']} is built without CUDA: install its CUDA build, see "
            "https://pytorch.org/get-started/locally"
        )
    else:
        yield (
            f"an NVIDIA driver ({nvidia['driver']}) is here, but PyTorch, built for CUDA "
            f"{nvidia['torch_cuda']}, finds no card it can use: update the driver"
        )


def _about_precision(report: Mapping[str, Any]) -> Iterator[str]:
    if not report["devices"] and not report["cpu"]["bfloat16"]:
        yield (
            "this CPU does not compute in bfloat16: float32 is used, in which the learned layers "
            "take several times as long"
        )


def _about_room(report: Mapping[str, Any]) -> Iterator[str]:
    available = report["available_memory_bytes"]
    if available < _LITTLE_MEMORY:
        yield (
            f"only {show_bytes(available)} of memory is free: close other programs before large "
            "videos"
        )
    free, size = report["free_disk_bytes"], report["disk_bytes"]
    if free < _LITTLE_DISK or free < _FULL_DISK * size:
        yield f"the disk here is nearly full: {show_bytes(free)} of {show_bytes(size)} is free"


def _about_models(models: list[Mapping[str, Any]]) -> Iterator[str]:
    for model in models:
        name = model["model"]
        if model["weights"] == "missing":
            yield f"model {name} has no weights here: dain models fetch {name}"
        in_tiles = [size for size, manner in model["sizes"].items() if manner == "tiles"]
        too_large = [size for size, manner in model["sizes"].items() if manner == "no"]
        if in_tiles:
            yield f"model {name} makes frames from {in_tiles[0]} on in tiles, for want of memory"
        if too_large:
            yield f"model {name} lacks the memory for frames of {too_large[0]} and more"


def _about_encoders(names: list[str]) -> Iterator[str]:
    if names:
        yield (
            f"the graphics card can encode: --codec {names[0]} leaves the CPU to other work, at "
            "some cost in quality for the size"
        )
