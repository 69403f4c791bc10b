"""Checks of what is seen: pictures, colour, transparency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from benchmarks.media.finished import Finished, Verdict, wanted_times
from benchmarks.media.reading import Facts

from dain.media.frame import Colour

_PICTURE = 7.0  # of 255, mean over a frame: lossy codecs at small sizes
_ALPHA = 3.0
# By EXIF orientation.
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda frame: frame,
    2: lambda frame: frame[:, ::-1],
    3: lambda frame: frame[::-1, ::-1],
    4: lambda frame: frame[::-1],
    5: lambda frame: frame.swapaxes(0, 1),
    6: lambda frame: frame.swapaxes(0, 1)[:, ::-1],
    7: lambda frame: frame.swapaxes(0, 1)[::-1, ::-1],
    8: lambda frame: frame.swapaxes(0, 1)[::-1],
}
_UNTAGGED = frozenset({"gif", "apng", "webp", "vp8"})


def check_picture(run: Finished) -> Verdict:
    """Source frames are found again at their times, and frames between are not blank."""
    source, made = run.source, run.made
    if source is None or made is None or not run.expected.same:
        return None
    worst, compared = 0.0, 0
    for time, frame in zip(_real_times(run), source.frames, strict=True):
        index = _index_at(run, time)
        if index is None:
            continue
        compared += 1
        wanted, found = opaque(upright(run, frame)), opaque(made.frames[index])
        if wanted.shape != found.shape:
            return f"frames of {wanted.shape} became {found.shape}"
        change = np.abs(wanted - found).mean()
        worst = max(worst, float(change))
    if not compared:
        return "no frame of the source is found again"
    return f"source frames changed by {worst:.1f}" if worst > _PICTURE else ""


def _real_times(run: Finished) -> list[Fraction]:
    """When source frames are due in the output, after the first."""
    assert run.source is not None
    assert run.made is not None
    times = [time - run.source.times[0] for time in run.source.times]
    rate = run.expected.rate or Fraction(1)
    pace = Fraction(1)
    if run.source.pixel_format == "":  # stills count from one a second
        pace = 2 / rate
    if run.made.pixel_format == "":
        pace *= rate
    return [time * pace for time in times]


def upright(run: Finished, frame: np.ndarray) -> np.ndarray:
    """A frame of the source as it is to be seen."""
    clip = run.case.clip
    return _TURNS[clip.orientation](frame) if clip is not None else frame


def opaque(frame: np.ndarray) -> np.ndarray:
    """RGB weighted by opacity: what is invisible does not count."""
    return frame[..., :3].astype(np.float64) * (frame[..., 3:] / 255.0)


def _index_at(run: Finished, time: Fraction) -> int | None:
    """The output frame that is due at this time, if it falls on one."""
    assert run.made is not None
    wanted = wanted_times(run)
    if wanted is None:
        return None
    near = (k for k, each in enumerate(wanted) if abs(each - time) <= Fraction(1, 1000))
    index = next(near, None)
    return index if index is not None and index < len(run.made.frames) else None


def check_colour(run: Finished) -> Verdict:
    """Colour tags as in the source; mastering display and light levels where there are some."""
    assert run.made is not None
    if run.source is None or "" in (run.made.pixel_format, run.source.pixel_format):
        return None
    if run.made.codec in _UNTAGGED or run.source.codec in _UNTAGGED:
        return None
    if run.case.output.endswith(".avi") and run.expected.colour is None:
        return None  # neither it nor its usual codec stores any
    wanted = expected_colour(run.expected.colour or run.source.colour, run.source, run.made)
    found = expected_colour(run.made.colour, run.made, run.made)
    if wanted != found:
        return f"expected {wanted}, found {found}"
    if run.expected.light:
        assert run.source is not None
        if not run.source.light:
            return "the source lacks its light levels"
        if run.source.light.keys() != run.made.light.keys():
            return f"of {sorted(run.source.light)} only {sorted(run.made.light)} are left"
        if run.source.light != run.made.light:
            return "light levels changed"
    return ""


def expected_colour(colour: Colour, source: Facts, made: Facts) -> Colour:
    """Tags as they are to be: RGB has no matrix, luma and chroma are limited unless tagged."""
    if is_rgb(made):
        return replace(colour, matrix=0, range=2)
    if is_rgb(source):
        return replace(colour, matrix=6, range=1)  # standard definition, as the sizes here are
    return replace(colour, range=colour.range or 1)


def is_rgb(facts: Facts) -> bool:
    """Whether a video's pixels are stored without a matrix."""
    return facts.pixel_format.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb"))


def check_alpha(run: Finished) -> Verdict:
    """Transparency that does not change in time is the source's in every frame.

    But for those beside the flash, where motion is anybody's guess.
    """
    if not run.expected.alpha:
        return None
    assert run.made is not None
    assert run.source is not None
    wanted = run.source.frames[0][..., 3].astype(np.float64)
    if wanted.min() > 250:
        return "the source is opaque"
    means = [float(frame[..., :3].mean()) for frame in run.made.frames]
    flash = means.index(max(means))
    worst = max(
        float(np.abs(frame[..., 3] - wanted).mean())
        for index, frame in enumerate(run.made.frames)
        if abs(index - flash) != 1
    )
    return f"alpha changed by {worst:.1f}" if worst > _ALPHA else ""
