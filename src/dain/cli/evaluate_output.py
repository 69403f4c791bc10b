"""What ``dain evaluate`` says: a table, an object for scripts, a page."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dain._version import __version__
from dain.cli.gains_output import gains_as_object
from dain.cli.messages import counted, number, show_seconds

if TYPE_CHECKING:
    from rich.table import Table

    from dain.evaluation import Baseline, Evaluation, Report, Score

_MOST_ROWS = 60  # beyond it, a table shows means alone
_WIDTH = 120


@dataclass(frozen=True)
class Told:
    """An evaluation with what only the command knows of it.

    Attributes:
        dataset: its name, or ``clip``.
        source: folder or file that holds the samples.
        evaluation: what came of it.
        warnings: a line each.
    """

    dataset: str
    source: str
    evaluation: Evaluation
    warnings: list[str]

    @property
    def title(self) -> str:
        """What was evaluated on what."""
        what = Path(self.source).name if self.dataset == "clip" else self.dataset
        return f"{self.evaluation.model} on {what}"

    @property
    def facts(self) -> list[str]:
        """How it was evaluated."""
        done = self.evaluation
        own = [f"weights {done.weights}"] if done.weights else []
        return [
            *own,
            f"{counted(done.report.samples, 'sample')} of {self.source}",
            f"{done.device}, {done.precision}",
            f"{show_seconds(done.report.seconds)} to make {counted(_frames(done), 'frame')}",
        ]


def _frames(evaluation: Evaluation) -> int:
    return len(evaluation.report.scores)


def as_object(told: Told, page: Path | None) -> dict[str, Any]:
    """The report for scripts."""
    done = told.evaluation
    baseline = done.baseline
    return {
        "dataset": told.dataset,
        "source": told.source,
        "model": done.model,
        "weights": None if done.weights is None else str(done.weights),
        "device": done.device,
        "precision": done.precision,
        **_means(done.report),
        "subsets": {name: _means(part) for name, part in done.report.by_subset.items()},
        "against": None
        if baseline is None
        else {"name": baseline.name, **_means(baseline.report), "scores": _scores(baseline.report)},
        "judged": None if done.gains is None else gains_as_object(done.gains),
        "page": None if page is None else str(page),
        "warnings": told.warnings,
        "scores": _scores(done.report),
    }


def _means(report: Report) -> dict[str, Any]:
    return {
        "samples": report.samples,
        "frames": len(report.scores),
        "exact": report.exact,
        "psnr": report.psnr,
        "ssim": report.ssim,
        "mae": report.mae,
        "lpips": report.lpips,
        "seconds": report.seconds,
    }


def _scores(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "name": score.name,
            "subset": score.subset or None,
            "time": number(score.time),
            # JSON has no infinity: the PSNR of an exact frame is null.
            "psnr": None if score.psnr == float("inf") else score.psnr,
            "ssim": score.ssim,
            "mae": score.mae,
            "lpips": score.lpips,
            "seconds": score.seconds,
        }
        for score in report.scores
    ]


def print_table(told: Told) -> None:
    """Every frame's scores where they are few, and the means, by subset if there are several."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    report, baseline = told.evaluation.report, told.evaluation.baseline
    table = Table(
        title=_plain(told.title), box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left"
    )
    table.caption = _plain(", ".join(told.facts[-2:]))
    table.add_column("sample", overflow="fold")
    names = ["PSNR dB", "SSIM", "MAE", *(["LPIPS"] if report.lpips is not None else [])]
    names += [_plain(f"dB against {baseline.name}")] if baseline else []
    for name in names:
        table.add_column(name, justify="right")
    parts = report.by_subset or {"": report}
    for subset, part in parts.items():
        _add_part(table, subset, part, baseline)
    if len(parts) > 1:
        table.add_section()
        other = baseline.report if baseline else None
        table.add_row(*_mean_cells(f"mean of all{_exact(report)}", report, other))
    # Off a terminal rich would cut it to 80 columns.
    width = None if sys.stdout.isatty() else _WIDTH
    Console(highlight=False, width=width).print(table)


def _add_part(table: Table, subset: str, part: Report, baseline: Baseline | None) -> None:
    """A subset's rows; without those of its frames if they are many."""
    if len(part.scores) <= _MOST_ROWS:
        for score in part.scores:
            table.add_row(*_score_cells(score, baseline))
        table.add_section()
    other = None
    if baseline is not None:
        other = baseline.report.by_subset[subset] if subset else baseline.report
    label = f"mean of {counted(len(part.scores), 'frame')}{_exact(part)}"
    table.add_row(*_mean_cells(f"{subset}: {label}" if subset else label, part, other))
    table.add_section()


def _exact(report: Report) -> str:
    """How many frames have no finite PSNR, and count as 100 dB in the mean."""
    return f", {report.exact} exact" if report.exact else ""


def _score_cells(score: Score, baseline: Baseline | None) -> list[str]:
    name = f"{score.subset}: {score.name}" if score.subset else score.name
    if score.time.denominator != 2:
        name += f", t = {float(score.time):.3f}"
    other = None if baseline is None else baseline.of(score)
    return _cells(name, score, other, baseline is not None)


def _mean_cells(label: str, report: Report, other: Report | None) -> list[str]:
    return _cells(label, report, other, other is not None)


def _cells(
    label: str, value: Report | Score, other: Report | Score | None, is_compared: bool
) -> list[str]:
    cells = [_plain(label), _decibels(value.psnr), f"{value.ssim:.4f}", f"{value.mae:.3f}"]
    if value.lpips is not None:
        cells.append(f"{value.lpips:.4f}")
    if is_compared:
        known = other is not None and max(value.psnr, other.psnr) < float("inf")
        cells.append(f"{value.psnr - other.psnr:+.2f}" if known and other else "-")
    return cells


def _plain(text: str) -> str:
    """A name out of a foreign file without what a terminal, or rich, would obey."""
    from rich.markup import escape

    return escape("".join(c if c.isprintable() else "?" for c in text))


def _decibels(value: float) -> str:
    return "exact" if value == float("inf") else f"{value:.2f}"


def write_page(told: Told, path: Path, overwrite: bool) -> None:
    """Write the page of the worst frames; it appears when it is complete.

    Raises:
        OutputError: it exists already, or its folder cannot be written.
        EncodeError: the disk gave up.
    """
    from dain.evaluation.page import make_page
    from dain.media.output import write_output

    done = told.evaluation
    footer = f"Made by dain {__version__}, dain evaluate."
    text = make_page(
        told.title, told.facts, done.report, done.exhibits, done.baseline, footer, done.gains
    )
    write_output(path, text.encode("utf-8", errors="replace"), overwrite)
