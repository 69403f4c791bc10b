"""The largest frames that a network can take within some memory, by its own prediction."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dain.networks import InterpolationNetwork

_ASPECT = Fraction(16, 9)
_LARGEST_HEIGHT = 2**16  # larger than any video; the search ends somewhere
_FULL_SCALE_PIXELS = 2560 * 1440


@dataclass(frozen=True)
class FrameLimits:
    """Width and height of the largest frames of 16:9, with sides that are even.

    Attributes:
        whole: made in one piece; None where not even the smallest fits.
        tiled: made in the smallest tiles; None for a network that makes no tiles, or where
            not even the smallest fits.
    """

    whole: tuple[int, int] | None
    tiled: tuple[int, int] | None


def automatic_scale(height: int, width: int) -> Fraction:
    """Size at which motion is estimated unless somebody says otherwise.

    1 up to 1080p, with some room for tall and wide pictures; beyond it halved until no more
    pixels are searched.
    """
    scale = Fraction(1)
    while height * width * scale * scale > _FULL_SCALE_PIXELS:
        scale /= 2
    return scale


def find_limits(network: InterpolationNetwork[Any, Any], budget: int) -> FrameLimits:
    """The largest frames whose working set fits a budget.

    Args:
        network: in the precision in which it will run.
        budget: in bytes.
    """

    def fits_in(tile: int | None) -> Callable[[int], bool]:
        def fits(height: int) -> bool:
            width = _width(height)
            scale = automatic_scale(height, width)
            return network.working_set(height, width, scale, tile) <= budget

        return fits

    least = network.least_tile
    return FrameLimits(
        whole=_largest(fits_in(None)),
        tiled=None if least is None else _largest(fits_in(least)),
    )


def _width(height: int) -> int:
    return int(height * _ASPECT) // 2 * 2


def _largest(fits: Callable[[int], bool]) -> tuple[int, int] | None:
    """The even height, with its width, up to which every frame fits.

    Not the largest that does: where the scale is halved, slightly larger frames need less.
    """
    heights = itertools.takewhile(fits, range(2, _LARGEST_HEIGHT, 2))
    height = max(heights, default=None)
    return None if height is None else (_width(height), height)
