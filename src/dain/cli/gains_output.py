"""How ``dain evaluate`` tells what judgements buy: a table of shots, and objects for scripts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dain.cli.messages import number

if TYPE_CHECKING:
    from fractions import Fraction

    from dain.evaluation import Gains, Outcome, Row
    from dain.settings import JudgementSettings

_LEAST_WIDTH = 126  # a narrower terminal breaks lines, which is better than figures cut off
_NOTE = (
    "PSNR, SSIM and detail are of plain interpolation, and with all judgements. Between them: what "
    "each judgement alone adds to PSNR, in dB; blank where it changed no frame. Detail: power of "
    "the finest octave over that of the true frames."
)


def gains_as_object(gains: Gains) -> dict[str, Any]:
    """The gains for scripts."""
    return {
        "settings": _settings(gains.asked),
        **_as_object(gains.whole),
        "shots": [
            {
                "number": row.number,
                "start": float(row.start),
                "end": float(row.end),
                "fades": row.fades,
                **_as_object(row),
            }
            for row in gains.shots
        ],
    }


def _settings(asked: JudgementSettings) -> dict[str, Any]:
    threshold = asked.scene_threshold
    told = {
        "scene_threshold": threshold if threshold == "off" else number(threshold),
    }
    names = ("at_cuts", "cadence", "overlays", "sharpness", "doubt")
    return {**told, **{name: getattr(asked, name) for name in names}}


def _as_object(row: Row) -> dict[str, Any]:
    return {
        "frames": row.frames,
        "ways": {
            name: {
                "psnr": outcome.psnr,
                "gain": row.gain(name),
                "ssim": outcome.ssim,
                "detail": outcome.detail,
                "changed": outcome.changed,
            }
            for name, outcome in row.outcomes.items()
        },
    }


def print_gains(gains: Gains) -> None:
    """A row for each shot, and one for the whole clip."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from dain.evaluation.variants import JUDGEMENTS

    table = Table(
        title="What judgement buys, by shot",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        caption=_NOTE,
        caption_justify="left",
    )
    alone = [name for name in JUDGEMENTS if name in gains.names]
    measures = ("PSNR", "judged", *alone, "SSIM", "judged", "detail", "judged")
    for name in ("shot", "from - to", "frames", *measures):
        table.add_column(name, justify="left" if name == "shot" else "right", no_wrap=True)
    for row in gains.shots:
        table.add_row(f"{row.number} fade" if row.fades else str(row.number), *_cells(row, alone))
    if len(gains.shots) > 1:
        table.add_section()
        table.add_row("all", *_cells(gains.whole, alone))
    width = Console().width if sys.stdout.isatty() else 0
    Console(highlight=False, width=max(width, _LEAST_WIDTH)).print(table)


def _cells(row: Row, alone: list[str]) -> list[str]:
    from dain.evaluation.variants import JUDGED, PLAIN

    plain, judged = row.outcomes[PLAIN], row.outcomes[JUDGED]
    return [
        f"{_clock(row.start)} - {_clock(row.end)}",
        str(row.frames),
        f"{plain.psnr:.2f}",
        f"{judged.psnr:.2f}",
        *(_gain(row, name, row.outcomes[name]) for name in alone),
        f"{plain.ssim:.4f}",
        f"{judged.ssim:.4f}",
        f"{plain.detail:.2f}",
        f"{judged.detail:.2f}",
    ]


def _gain(row: Row, name: str, outcome: Outcome) -> str:
    return f"{row.gain(name):+.2f}" if outcome.changed else ""


def _clock(time: Fraction) -> str:
    """A place in a film: ``0:07.25``."""
    minutes, hundredths = divmod(round(time * 100), 6000)
    return f"{minutes}:{hundredths // 100:02}.{hundredths % 100:02}"
