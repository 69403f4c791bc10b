"""A page of the worst frames: one HTML file with everything in it, to look at in a browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from fractions import Fraction
from html import escape
from importlib.resources import files
from string import Template

from dain.evaluation.comparison import Baseline
from dain.evaluation.gains import Gains
from dain.evaluation.histogram import histogram
from dain.evaluation.run import Report, Score
from dain.evaluation.variants import JUDGED, JUDGEMENTS, PLAIN
from dain.evaluation.worst import AMPLIFICATION, Exhibit
from dain.jobs import pages


def make_page(
    title: str,
    facts: Sequence[str],
    report: Report,
    exhibits: Sequence[Exhibit],
    baseline: Baseline | None = None,
    footer: str = "",
    gains: Gains | None = None,
) -> str:
    """The page as HTML, which needs no other file.

    Args:
        title: what was evaluated on what.
        facts: how: device, precision, weights, and the like.
        report: all scores.
        exhibits: the frames to show, in this order.
        baseline: what the model is compared with.
        footer: what made the page.
        gains: what judgements buy, by shot.
    """
    folder = files("dain.evaluation")
    template = Template(folder.joinpath("page.html").read_text(encoding="utf-8"))
    count = len(exhibits)
    body = template.substitute(
        overview=_means(report, baseline) + histogram([score.psnr for score in report.scores]),
        tables=_subsets(report, baseline) + _shots(gains),
        heading="The worst frame" if count == 1 else f"The {count} worst frames",
        explanation=(
            "Lowest PSNR first. Click a picture to enlarge it, and again, or use the arrow keys, "
            "to flip between made and true frame in the same place."
        ),
        brightest=255 // AMPLIFICATION,
        articles="\n".join(
            _article(rank, exhibit, baseline) for rank, exhibit in enumerate(exhibits, 1)
        ),
    )
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    return pages.make_page(title, facts, body, footer, style)


def _measures(report: Report | Score) -> list[tuple[str, str, float, int, int]]:
    """Name, unit, value, digits, and whether more is better (1) or worse (-1)."""
    found = [
        ("PSNR", "dB", report.psnr, 2, 1),
        ("SSIM", "", report.ssim, 4, 1),
        ("MAE", "of 255", report.mae, 3, -1),
    ]
    if report.lpips is not None:
        found.append(("LPIPS", "", report.lpips, 4, -1))
    return found


def _means(report: Report, baseline: Baseline | None) -> str:
    others = _measures(baseline.report) if baseline else []
    parts = []
    for place, (name, unit, value, digits, better) in enumerate(_measures(report)):
        text = f"{value:.{digits}f} <small>{unit}</small>" if unit else f"{value:.{digits}f}"
        note = ""
        if baseline is not None:
            gain = _gain(value - others[place][2], digits, better)
            note = f"<small>{gain} against {escape(baseline.name)}</small>"
        label = "Mean absolute error" if name == "MAE" else name
        parts.append(f"<div><dt>{label}</dt><dd>{text}</dd>{note}</div>")
    exact = f"<small>{report.exact} of them exact</small>" if report.exact else ""
    parts.append(f"<div><dt>Frames</dt><dd>{len(report.scores)}</dd>{exact}</div>")
    return f'<dl class="card means" style="margin:0">{"".join(parts)}</dl>\n'


def _gain(value: float, digits: int, better: int) -> str:
    """A difference with its sign, coloured by whether it is a good one."""
    rounded = round(value, digits) + 0.0
    kind = "good" if rounded * better > 0 else "bad" if rounded * better < 0 else ""
    sign = "\N{MINUS SIGN}" if rounded < 0 else "+" if rounded > 0 else "\N{PLUS-MINUS SIGN}"
    return f'<span class="{kind}">{sign}{abs(rounded):.{digits}f}</span>'


def _subsets(report: Report, baseline: Baseline | None) -> str:
    """A table of means by subset, if there are several."""
    if len(report.by_subset) < 2:
        return ""
    names = [name for name, *_ in _measures(report)]
    heads = ["subset", "frames", *names, *([f"PSNR against {baseline.name}"] if baseline else [])]
    rows = []
    for subset, part in report.by_subset.items():
        cells = [escape(subset), str(len(part.scores))]
        cells += [f"{value:.{digits}f}" for _, _, value, digits, _ in _measures(part)]
        if baseline is not None:
            cells.append(_gain(part.psnr - baseline.report.by_subset[subset].psnr, 2, 1))
        rows.append(cells)
    return _table(heads, rows)


def _shots(gains: Gains | None) -> str:
    """A table of what judgements add to the PSNR of each shot, if it was asked for."""
    if gains is None:
        return ""
    alone = [name for name in JUDGEMENTS if name in gains.names]
    heads = ["shot", "from, s", "to, s", "frames", "PSNR plain", *alone, "all judgements"]
    rows = []
    for row in (*gains.shots, gains.whole):
        kind = "whole clip" if row.number == 0 else f"{row.number}{' fade' if row.fades else ''}"
        psnr = row.outcomes[PLAIN].psnr
        cells = [kind, f"{float(row.start):.2f}", f"{float(row.end):.2f}", str(row.frames)]
        cells += [f"{psnr:.2f}", *(_gain(row.gain(name), 2, 1) for name in (*alone, JUDGED))]
        rows.append(cells)
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in a box; cells are HTML."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>" for cells in rows
    )
    return (
        f'<div class="card scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _article(rank: int, exhibit: Exhibit, baseline: Baseline | None) -> str:
    score = exhibit.score
    name = score.name if not score.subset else f"{score.subset}: {score.name}"
    when = f", t = {_time(score.time)}" if score.time != Fraction(1, 2) else ""
    values = [
        f"<li><span>{label}</span>{_number(value, digits)}{f' {unit}' if unit == 'dB' else ''}</li>"
        for label, unit, value, digits, _ in _measures(score)
    ]
    other = baseline.of(score) if baseline else None
    if baseline is not None and other is not None and max(score.psnr, other.psnr) < float("inf"):
        gain = _gain(score.psnr - other.psnr, 2, 1)
        values.append(f"<li><span>against {escape(baseline.name)}</span>{gain} dB</li>")
    title = escape(name + when)
    pictures = {
        "Both inputs": exhibit.inputs,
        "True frame": exhibit.truth,
        "Made frame": exhibit.made,
        f"Difference \N{MULTIPLICATION SIGN} {AMPLIFICATION}": exhibit.difference,
    }
    figures = "".join(_figure(kind, data, title, exhibit.size) for kind, data in pictures.items())
    return (
        f'<article class="card"><header><h3><span>{rank}</span>{title}</h3>'
        f'<ul>{"".join(values)}</ul></header><div class="pictures">{figures}</div></article>'
    )


def _figure(kind: str, data: bytes, title: str, size: tuple[int, int]) -> str:
    """A picture inside the page; `title` is escaped already."""
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return pages.figure(kind, source, title, size)


def _number(value: float, digits: int) -> str:
    return "exact" if value == float("inf") else f"{value:.{digits}f}"


def _time(time: Fraction) -> str:
    """A simple fraction as such, any other one by its decimals."""
    return str(time) if time.denominator <= 32 else f"{float(time):.3f}"
