"""What a source holds, by a bounded sample of it; for where the frames at hand cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

from dain.media.decoding import Picture
from dain.media.field_matching import Fit, fit, luma_of
from dain.media.film_votes import Kind, has_pulldown, is_film, kind_of, says_film
from dain.media.frame import VideoInfo
from dain.media.scan import PacketTimes

# Places and frames at each, from a keyframe on: three cycles of 3:2 and a neighbour on either side.
_PLACES, _FRAMES = 4, 17
# Votes that prove a source to be progressive; no more of it is then read.
_PLAINLY_WHOLE = 5
# Rates at which 3:2 pulldown is woven, and lines that interlaced pictures have at most.
_RATES = (Fraction(59, 2), Fraction(61, 2))
_MOST_LINES = 1088

Read = Callable[[int | None], Iterator[Picture]]


def film_expected(read: Read, times: PacketTimes) -> Kind | None:
    """Kind of film that most of an interlaced source is; None if it is not, or does not say.

    Args:
        read: gives decoded pictures from the last one at or before a time.
        times: of the source.
    """
    fits = [each for begin in _places(times) for each in _fits(read, begin)]
    if is_film(fits, expected=False):
        return kind_of(fits)
    return None


def may_be_woven(info: VideoInfo) -> bool:
    """Whether a source that is not flagged as interlaced is worth a sample."""
    low, high = _RATES
    return (
        info.height <= _MOST_LINES
        and info.pixel_format.startswith(("yuv", "nv"))
        and any(low <= rate <= high for rate in info.rates)
    )


def is_woven_unflagged(read: Read, times: PacketTimes) -> bool:
    """Whether a source that nobody flagged has 3:2 pulldown in its pictures.

    It takes a place that shows the whole pattern, before any that is plainly progressive. Reads
    one place of most progressive sources.
    """
    for begin in _places(times):
        fits = _fits(read, begin)
        if has_pulldown(fits):
            return True
        if sum(each.partner == 0 for each in fits if says_film(each)) >= _PLAINLY_WHOLE:
            return False
    return False


def _places(times: PacketTimes) -> list[int | None]:
    """Where to read: keyframes, evenly spaced; the beginning alone where seeking is slow."""
    if not times.seekable or len(times.pts) <= _PLACES * _FRAMES or not times.keyframes:
        return [None]
    keyframes = [pts for pts, _ in times.keyframes]
    chosen = (keyframes[len(keyframes) * (2 * k + 1) // (2 * _PLACES)] for k in range(_PLACES))
    return list(dict.fromkeys(chosen))


def _fits(read: Read, begin: int | None) -> list[Fit]:
    """Of the frames at one place that have two neighbours."""
    lumas = [luma_of(picture.native) for picture in islice(read(begin), _FRAMES)]
    return [
        fit(before, now, after)
        for before, now, after in zip(lumas, lumas[1:], lumas[2:], strict=False)
    ]
