"""How the scores are spread, drawn as SVG for the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

_WIDTH, _HEIGHT = 640, 100  # of the drawing, which the page stretches
_LEAST_BARS, _MOST_BARS = 10, 40
_LEAST_VALUES = 8  # fewer are read off the list
_STEPS = (0.25, 0.5, 1, 2, 5, 10)


def histogram(values: Sequence[float]) -> str:
    """A figure of how many frames have which PSNR; nothing for a handful.

    Args:
        values: PSNR of each frame, dB; infinite ones are left out.
    """
    finite = [value for value in values if math.isfinite(value)]
    if len(finite) < _LEAST_VALUES:
        return ""
    low, high = min(finite), max(finite)
    most = min(max(len(finite) // 4, _LEAST_BARS), _MOST_BARS)
    step = next((s for s in _STEPS if (high - low) / s < most), _STEPS[-1])
    start = math.floor(low / step) * step
    count = int((high - start) // step) + 1
    counts = [0] * count
    for value in finite:
        counts[int((value - start) // step)] += 1
    left_out = len(values) - len(finite)
    without = f", without {left_out} exact" if left_out else ""
    bars = "".join(_bar(k, counts, start, step) for k in range(count) if counts[k])
    mean = fmean(finite)
    place = (mean - start) / (step * count)
    return (
        f'<figure class="card spread"><figcaption>PSNR of {len(finite)} frames, dB{without}'
        f'</figcaption><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="PSNR from {low:.1f} to {high:.1f} dB, mean {mean:.1f} dB">{bars}'
        f'<line class="mean" x1="{place * _WIDTH:.1f}" x2="{place * _WIDTH:.1f}" y1="0" '
        f'y2="{_HEIGHT}"/></svg><div class="axis"><span>{start:g}</span>'
        f'<span style="left:{100 * place:.1f}%">mean {mean:.2f}</span>'
        f"<span>{start + step * count:g}</span></div></figure>"
    )


def _bar(place: int, counts: Sequence[int], start: float, step: float) -> str:
    width = _WIDTH / len(counts)
    height = _HEIGHT * 0.92 * counts[place] / max(counts)
    low = start + place * step
    return (
        f'<rect x="{place * width + 1:.1f}" y="{_HEIGHT - height:.1f}" width="{width - 2:.1f}" '
        f'height="{height:.1f}"><title>{low:g} to {low + step:g} dB: {counts[place]}</title></rect>'
    )
