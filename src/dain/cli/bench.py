"""``dain bench``: how fast this computer makes frames, and how much memory that takes."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dain._version import __version__
from dain.cli import options
from dain.cli.bench_cell import Request, Result
from dain.cli.bench_runs import Cell, run_cell
from dain.cli.messages import print_error, print_json, print_note, print_warning, show_bytes
from dain.errors import OptionError

if TYPE_CHECKING:
    from dain.settings import EngineSettings
    from dain.weights import ModelRecord

_SIZES = ("640x480", "1280x720")
_LARGEST_SIDE = 32768
_SECONDS = 5.0
_WIDTH = 120


def bench(
    model: Annotated[
        list[str] | None, typer.Option("-m", "--model", help="Network; repeatable; else all.")
    ] = None,
    size: Annotated[
        list[str] | None,
        typer.Option(metavar="WxH", help=f"Of frames; repeatable; else {', '.join(_SIZES)}."),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(help="auto, fp32, bf16 or fp16; repeatable; else auto and fp32."),
    ] = None,
    device: options.Device = "auto",
    tile_size: options.TileSize = "auto",
    memory: options.Memory = None,
    seconds: Annotated[
        float,
        typer.Option(
            metavar="S",
            help="Time for each measurement, which makes one frame at least. A larger size, one "
            "frame of which would take longer, is skipped.",
        ),
    ] = _SECONDS,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure frames per second and peak memory of every model at every size and precision.

    One new frame between each two of a moving scene. Weights are random: speed does not depend
    on them.
    """
    options.refuse_both(quiet, verbose)
    if not 0 <= seconds < float("inf"):
        raise OptionError(f"--seconds must not be negative, found {seconds:g}")
    sizes = [read_size(text) for text in dict.fromkeys(size or _SIZES)]
    from dain.api import engine_settings

    wanted = [
        engine_settings(device=device, precision=one, tile_size=tile_size, memory=memory)
        for one in precision or ("auto", "fp32")
    ]
    cells: list[Cell] = []
    with tempfile.TemporaryDirectory(prefix="dain-bench-") as folder:
        requests = list(_requests(model, sizes, wanted, seconds, Path(folder)))
        if not quiet and any(request.weights for request in requests):
            print_note("with random weights, which take as long as learned ones")
        for request in requests:
            cells.append(run_cell(request, cells, verbose))
            _tell(cells[-1], quiet)
    if as_json:
        print_json(_as_object(cells))
    else:
        _print_table(cells)
    if all(cell.result is None for cell in cells):
        print_error(f"nothing was measured: {cells[0].reason}")
        raise typer.Exit(1)


def read_size(text: str) -> tuple[int, int]:
    """Width and height of ``640x480``.

    Raises:
        OptionError: it is not of that form, or out of range.
    """
    match = re.fullmatch(r"([0-9]{1,9})x([0-9]{1,9})", text)
    if match is None:
        raise OptionError(f"--size must be width and height like 640x480, found {text!r}")
    width, height = int(match[1]), int(match[2])
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        raise OptionError(f"--size must have sides from 1 to {_LARGEST_SIDE}, found {text!r}")
    return width, height


def _requests(
    models: Sequence[str] | None,
    sizes: Sequence[tuple[int, int]],
    wanted: Sequence[EngineSettings],
    seconds: float,
    folder: Path,
) -> Iterator[Request]:
    """Every combination, fit for running; random weights are put into `folder`."""
    from dain.engine.devices import resolve_device
    from dain.weights.registry import MODELS, find_record

    records = [find_record(name) for name in dict.fromkeys(models or MODELS)]
    device = str(resolve_device(wanted[0].device))
    for record in records:
        precisions = _precisions(record, wanted, is_asked_for=models is not None)
        weights = save_random_weights(record, folder) if precisions else None
        for width, height in sizes:
            for precision in precisions:
                yield Request(
                    model=record.name,
                    width=width,
                    height=height,
                    precision=precision,
                    device=device,
                    tile_size=wanted[0].tile_size,
                    memory=wanted[0].memory,
                    weights=weights,
                    seconds=seconds,
                )


def _precisions(
    record: ModelRecord, wanted: Sequence[EngineSettings], is_asked_for: bool
) -> list[str]:
    """Those of the wanted ones that a model can run in, resolved.

    Raises:
        OptionError: somebody asked for this model and it cannot run in one of them.
    """
    import torch

    from dain.engine.devices import resolve_device, resolve_precision

    with torch.device("meta"):  # the network without its numbers
        able = record.build().precisions
    found = []
    for settings in wanted:
        if is_asked_for or settings.precision in ("auto", *able):
            device = resolve_device(settings.device)
            found.append(resolve_precision(settings.precision, able, device, record.name))
    return list(dict.fromkeys(found))


def save_random_weights(record: ModelRecord, folder: Path) -> str | None:
    """A file of weights as PyTorch draws them; None for a model that brings its own."""
    import torch

    if record.checkpoint is None:
        return None
    torch.manual_seed(0)
    path = folder / f"{record.name}.pth"
    torch.save(record.build().state_dict(), path)
    return str(path)


def _tell(cell: Cell, quiet: bool) -> None:
    """A line on a cell as soon as it is there."""
    request = cell.request
    for warning in cell.result.warnings if cell.result else ():
        print_warning(f"{request.title}: {warning}")
    if cell.result is None:
        outcome = str(cell.reason)
    else:
        outcome = f"{1 / cell.result.seconds_per_frame:.3g} frames/s"
    if not quiet:
        print_note(f"{request.title}: {outcome}")


def _as_object(cells: Sequence[Cell]) -> dict[str, Any]:
    """The report for scripts."""
    import torch

    return {
        "dain": __version__,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cells": [_cell_as_object(cell) for cell in cells],
    }


def _cell_as_object(cell: Cell) -> dict[str, Any]:
    """One measurement; null wherever there is none."""
    request, result = cell.request, cell.result
    nothing = dict.fromkeys(field.name for field in fields(Result))
    return {
        "model": request.model,
        "width": request.width,
        "height": request.height,
        "outcome": cell.outcome,
        "reason": cell.reason,
        "frames_per_second": 1 / result.seconds_per_frame if result else None,
        **(asdict(result) if result else nothing),
        # As asked for, where nothing ran.
        "precision": result.precision if result else request.precision,
        "device": result.device if result else request.device,
    }


def _print_table(cells: Sequence[Cell]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    rows = [_row(cell) for cell in cells]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("model", "size", "precision", "device"):
        table.add_column(title, no_wrap=True)
    for title in ("tile", "frames/s", "s/frame", "memory"):
        table.add_column(title, no_wrap=True, justify="right")
    if any(note for *_, note in rows):
        table.add_column("note")
    for row in rows:
        table.add_row(*row[: len(table.columns)])
    # Off a terminal rich would cut it to 80 columns.
    width = None if sys.stdout.isatty() else _WIDTH
    Console(highlight=False, width=width).print(table)


def _row(cell: Cell) -> list[str]:
    request, result = cell.request, cell.result
    start = [request.model, f"{request.width}x{request.height}"]
    if result is None:
        return [*start, request.precision, request.device, *["-"] * 4, str(cell.reason)]
    tile = "whole" if result.tile is None else str(result.tile)
    memory = show_bytes(result.peak_memory_bytes) if result.peak_memory_bytes else "unknown"
    on_device = result.peak_device_memory_bytes
    return [
        *start,
        result.precision,
        result.device,
        tile,
        f"{1 / result.seconds_per_frame:.3g}",
        f"{result.seconds_per_frame:.3g}",
        memory,
        f"{show_bytes(on_device)} on the device" if on_device is not None else "",
    ]
