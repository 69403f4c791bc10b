"""``dain evaluate``: how good the new frames are, where the true ones are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dain.cli import options
from dain.cli.messages import print_json
from dain.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from dain.evaluation import Report


def evaluate(
    dataset: Annotated[str, typer.Option(help="triplets: folders NAME/im1, im2 (truth), im3.")],
    root: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the dataset.", parser=options.read_path)
    ],
    model: options.Model = DEFAULT_MODEL,
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
) -> None:
    """Make the middle frame of every sample and compare it with the true one."""
    from dain.engine import Interpolator
    from dain.evaluation import evaluate as run
    from dain.evaluation import find_triplets

    samples = find_triplets(dataset, root)
    interpolator = Interpolator(model=model, device=device)
    report = run(interpolator, samples)
    if as_json:
        summary = {
            "dataset": dataset,
            "model": interpolator.model,
            "device": interpolator.device,
            "precision": interpolator.precision,
            "samples": len(report.scores),
            "psnr": _finite(report.psnr),
            "ssim": report.ssim,
            "mae": report.mae,
            "seconds": report.seconds,
            "scores": [
                {"name": s.name, "psnr": _finite(s.psnr), "ssim": s.ssim, "mae": s.mae}
                for s in report.scores
            ],
        }
        print_json(summary)
        return
    _print_table(report, f"{interpolator.model} on {dataset}, {interpolator.device}")


def _finite(value: float) -> float | None:
    """JSON has no infinity: the PSNR of an exact frame is null."""
    return None if value == float("inf") else value


def _print_table(report: Report, title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    table.add_column("sample")
    for name in ("PSNR dB", "SSIM", "MAE"):
        table.add_column(name, justify="right")
    for s in report.scores:
        table.add_row(s.name, f"{s.psnr:.2f}", f"{s.ssim:.4f}", f"{s.mae:.3f}")
    table.add_section()
    table.add_row("mean", f"{report.psnr:.2f}", f"{report.ssim:.4f}", f"{report.mae:.3f}")
    Console().print(table)
