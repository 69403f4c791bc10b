"""Maps of one bit per pixel: small enough to keep for many frames, quick to count over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dain.judgement.masks import Mask

Bits = npt.NDArray[np.uint8]


def packed(mask: Mask | npt.NDArray[np.bool_]) -> Bits:
    """Eight pixels a byte; what is not zero is set."""
    return np.packbits(mask.reshape(-1))


def unpacked(bits: Bits, shape: tuple[int, int]) -> Mask:
    """The map of a picture of that height and width again."""
    return np.unpackbits(bits, count=shape[0] * shape[1]).reshape(shape)


def missing(maps: Sequence[Bits], times: int) -> Bits:
    """Where pixels are not set in at least so many of the maps.

    Counters that stop at `times`, one plane a count, for all pixels at once.
    """
    counted = [np.zeros_like(maps[0]) for _ in range(times)]
    for bits in maps:
        now = ~bits
        for plane in range(times - 1, 0, -1):
            counted[plane] |= counted[plane - 1] & now
        counted[0] |= now
    return counted[-1]


LEVEL = 4
"""Grey levels that `levels` tells apart."""


def levels(grey: npt.NDArray[np.uint8]) -> tuple[Bits, Bits, Bits]:
    """The grey of each pixel in steps of `LEVEL`, but for multiples of 8 steps."""
    steps = np.asarray(grey // LEVEL, np.uint8)
    lowest, middle, highest = (np.bitwise_and(steps, np.uint8(bit)) for bit in (1, 2, 4))
    return packed(lowest), packed(middle), packed(highest)


def alike(one: tuple[Bits, Bits, Bits], other: tuple[Bits, Bits, Bits]) -> Bits:
    """Where two `levels` are at most a step apart, by subtraction of all pixels at once."""
    low = one[0] ^ other[0]
    borrow = ~one[0] & other[0]
    middle = one[1] ^ other[1] ^ borrow
    borrow = (~one[1] & (other[1] | borrow)) | (other[1] & borrow)
    high = one[2] ^ other[2] ^ borrow
    return np.asarray(~(high | middle) | (high & middle & low), np.uint8)
