"""The doctor's report for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from dain.cli.messages import show_bytes

_WIDTH = 120
_WHERE = {
    "inside": "weights inside the package",
    "installed": "weights installed",
    "missing": "no weights here; tried with random ones, which take as long",
}

Row = tuple[str, str]


def print_report(report: Mapping[str, Any]) -> None:
    """Print a table on stdout.

    Args:
        report: as ``dain doctor --json`` prints it.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for row in (*_machine(report), *_software(report), *_models(report["models"])):
        table.add_row(*row)
    for name, outcome in report["checks"].items():
        table.add_row(f"check: {name}", outcome)
    for line in report["advice"]:
        table.add_row("note", line)
    # Off a terminal rich would cut it to 80 columns.
    width = None if sys.stdout.isatty() else _WIDTH
    # Brackets in what was found are no markup.
    Console(highlight=False, markup=False, width=width).print(table)


def _machine(report: Mapping[str, Any]) -> Iterator[Row]:
    cpu = report["cpu"]
    yield "dain", f"{report['dain']}, Python {report['python']}"
    yield "platform", report["platform"]
    yield "CPU", f"{cpu['name']}, {cpu['cores']} cores, {', '.join(cpu['features'])}"
    yield "bfloat16", "computed by the CPU" if cpu["bfloat16"] else "not computed by the CPU"
    yield "memory", _free_of(report["available_memory_bytes"], report["memory_bytes"])
    yield "disk here", _free_of(report["free_disk_bytes"], report["disk_bytes"])
    if not report["devices"]:
        yield "devices", "CPU only"
    for device in report["devices"]:
        yield device["device"], ", ".join(_about_device(device))
    nvidia = report["nvidia"]
    if nvidia["driver"]:
        built_for = nvidia["torch_cuda"] or "no CUDA"
        cards = f", {', '.join(nvidia['cards'])}" if nvidia["cards"] else ""
        yield "NVIDIA driver", f"{nvidia['driver']}{cards}; PyTorch is built for {built_for}"


def _free_of(free: int, total: int) -> str:
    return f"{show_bytes(free)} free of {show_bytes(total)}"


def _about_device(device: Mapping[str, Any]) -> Iterator[str]:
    yield device["name"]
    if device["compute_capability"]:
        yield f"compute capability {device['compute_capability']}"
    if device["memory_bytes"] and device["free_memory_bytes"]:
        yield _free_of(device["free_memory_bytes"], device["memory_bytes"])
    elif device["memory_bytes"]:
        yield show_bytes(device["memory_bytes"])


def _software(report: Mapping[str, Any]) -> Iterator[Row]:
    for title in ("libraries", "ffmpeg"):
        yield title, ", ".join(f"{name} {version}" for name, version in report[title].items())
    for title in ("encoders", "decoders"):
        yield title, ", ".join(name for name, has in report[title].items() if has)
        missing = [name for name, has in report[title].items() if not has]
        if missing:
            yield "", f"not here: {', '.join(missing)}"
    opened = ", ".join(report["hardware_encoders"])
    yield "", f"on the graphics card: {opened or 'none opens here'}"


def _models(models: list[Mapping[str, Any]]) -> Iterator[Row]:
    for model in models:
        title = f"model {model['model']}"
        if model["error"] is not None:
            yield title, f"cannot be used: {model['error']}"
            continue
        yield title, f"{model['device']}, {model['precision']}; {_WHERE[model['weights']]}"
        yield "", f"frames up to {_size(model['largest_whole'])}{_and_in_tiles(model)}"
        if model["trial"] is not None:
            yield "", _about_trial(model["trial"])


def _size(size: tuple[int, int] | None) -> str:
    return "none" if size is None else f"{size[0]}x{size[1]}"


def _and_in_tiles(model: Mapping[str, Any]) -> str:
    tiled = model["largest_tiled"]
    return "" if tiled is None else f" whole, {_size(tiled)} in tiles"


def _about_trial(trial: Mapping[str, Any]) -> str:
    speed = f"{trial['frames_per_second']:.3g} new frames per second"
    said = f"{speed} at {trial['width']}x{trial['height']}, measured on {trial['frames']}"
    if (trial["width"], trial["height"]) != (640, 480):
        said += f"; about {trial['frames_per_second_at_640x480']:.2g} at 640x480"
    return said
