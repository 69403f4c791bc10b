"""Curves of a run: its loss and rate, and how validation went."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dain.errors import MediaError, OptionError, OutputError
from dain.media.output import write_output
from dain.training.run_log import read_log

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Lines = Sequence[dict[str, Any]]
Pairs = list[tuple[int, float]]
Curves = dict[str, Pairs]

_ACROSS = 3
_OF_STEPS = {
    "gradient_norm": "norm of the gradient",
    "rate": "learning rate",
    "samples_per_second": "samples a second",
}
_OF_SCORES = {
    "psnr": "validation: PSNR in dB",
    "ssim": "validation: SSIM",
    "mae": "validation: mean absolute error, of 255",
}


def plot(run: Path) -> Figure:
    """Draw the log of a run.

    Args:
        run: its folder.

    Raises:
        OptionError: matplotlib is not installed.
        MediaError: there is no log, or it has nothing to draw yet.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OptionError(
            "dain train plot needs packages that are not installed; run pip install 'dain[train]'"
        ) from error
    lines = read_log(run)
    panels = _panels([line for line in lines if line["kind"] == "steps"])
    panels |= _score_panels([line for line in lines if line["kind"] == "validation"])
    if not panels:
        raise MediaError(f"the log in {run} has no steps yet; try again later")
    rows = math.ceil(len(panels) / _ACROSS)
    # Not by pyplot, which would choose a backend with windows and keep every figure.
    figure = Figure(figsize=(5 * _ACROSS, 3.2 * rows), layout="constrained")
    figure.suptitle(run.resolve().name)
    for place, (title, curves) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(rows, _ACROSS, place)
        axes.set_title(title, fontsize="medium")
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        for label, pairs in curves.items():
            steps, values = zip(*pairs, strict=True) if pairs else ((), ())
            axes.plot(steps, values, label=label, linewidth=1, marker="." if label else "")
        if any(curves):
            axes.legend(fontsize="small")
    return figure


def write_plot(run: Path, output: Path, overwrite: bool = False) -> None:
    """Draw the log of a run and write it as a picture; see `plot`.

    Args:
        run: its folder.
        output: file to write; its ending says in which format.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file is there already, cannot be written, or no such format is known.
        EncodeError: the disk is full.
    """
    figure = plot(run)
    buffer = io.BytesIO()
    kind = output.suffix.removeprefix(".")
    if kind not in figure.canvas.get_supported_filetypes():
        raise OutputError(f"expected a name of a picture for the output, such as .png: {output}")
    figure.savefig(buffer, format=kind)
    write_output(output, buffer.getvalue(), overwrite)


def _panels(steps: Lines) -> dict[str, Curves]:
    """Curves of the steps by title, one in each panel."""
    if not steps:
        return {}
    parts = dict.fromkeys(name for line in steps for name in line["parts"])
    panels = {"loss": _pairs(steps, "loss")}
    for part in parts:
        of_part = [{"step": line["step"], **line["parts"]} for line in steps]
        panels[f"training: {part}"] = _pairs(of_part, part)
    for key, title in _OF_STEPS.items():
        panels[title] = _pairs(steps, key)
    return {title: {"": pairs} for title, pairs in panels.items()}


def _score_panels(scores: Lines) -> dict[str, Curves]:
    """Curves of validation by title, one for each folder in each panel."""
    folders = dict.fromkeys(line["folder"] for line in scores)
    return {
        title: {
            Path(folder).name: _pairs([line for line in scores if line["folder"] == folder], key)
            for folder in folders
        }
        for key, title in _OF_SCORES.items()
        if folders
    }


def _pairs(lines: Lines, key: str) -> Pairs:
    """Step and value where there is one."""
    return [(line["step"], line[key]) for line in lines if line.get(key) is not None]
