"""What is evaluated: two frames, and the true ones between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from dain.errors import MediaError
from dain.evaluation.measures import Picture
from dain.jobs.between import read_still
from dain.media.frame import Pixels
from dain.media.stills_codec import to_depth


class Truth(NamedTuple):
    """A true frame between two others.

    Attributes:
        time: in (0, 1), from the first frame to the last; exact.
        picture: ``(H, W, 3)`` uint8 RGB.
    """

    time: Fraction
    picture: Picture


class Loaded(NamedTuple):
    """A sample's pictures.

    Attributes:
        first: frame 0, ``(H, W, 3)`` uint8 RGB.
        last: frame 1, of the same size.
        truths: those between, of the same size; read one after the other, once.
    """

    first: Picture
    last: Picture
    truths: Iterable[Truth]


class Sample(Protocol):
    """Two frames and what lies between them."""

    @property
    def name(self) -> str:
        """Of the sample, unlike any other of its subset."""

    @property
    def subset(self) -> str:
        """Part of the dataset to which it belongs; empty where a set has no parts."""

    def load(self) -> Loaded:
        """Read the two frames, and the true ones as they are asked for.

        Raises:
            MediaError: a picture is missing or damaged, or sizes differ.
        """


@dataclass(frozen=True)
class StillSample:
    """A sample of image files.

    Attributes:
        name: of the sample.
        first: file of frame 0.
        last: file of frame 1.
        between: time in (0, 1) and file of each true frame between them.
        subset: part of the dataset; empty where it has none.
        reshape: what the dataset's protocol does to every picture first; None for nothing.
    """

    name: str
    first: Path
    last: Path
    between: tuple[tuple[Fraction, Path], ...]
    subset: str = ""
    reshape: Callable[[Picture], Picture] | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """All files of the sample."""
        return (self.first, *(path for _, path in self.between), self.last)

    def load(self) -> Loaded:
        """Read the two frames, and the true ones as they are asked for.

        Raises:
            MediaError: a picture is missing or damaged, or sizes differ.
        """
        first = self._read(self.first)
        last = self._read(self.last, first)
        return Loaded(first, last, self._truths(first))

    def _truths(self, like: Picture) -> Iterator[Truth]:
        for time, path in self.between:
            yield Truth(time, self._read(path, like))

    def _read(self, path: Path, like: Picture | None = None) -> Picture:
        picture = as_8_bit(read_still(path))
        if self.reshape is not None:
            picture = self.reshape(picture)
        if like is not None and picture.shape != like.shape:
            raise MediaError(
                f"expected pictures of one size, found {self.first} with "
                f"{like.shape[1]}x{like.shape[0]} and {path} with "
                f"{picture.shape[1]}x{picture.shape[0]} pixels"
            )
        return picture


def as_8_bit(pixels: Pixels) -> Picture:
    """Pixels as measures take them: uint8, rounded."""
    return np.asarray(to_depth(pixels, np.dtype(np.uint8)), np.uint8)


def halved(picture: Picture) -> Picture:
    """The picture at half its size, each pixel the rounded mean of four."""
    height, width = picture.shape[:2]
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def middle(picture: Picture) -> Picture:
    """The middle of the picture, half as wide and half as high."""
    top, left = picture.shape[0] // 4, picture.shape[1] // 4
    return np.ascontiguousarray(
        picture[top : picture.shape[0] - top, left : picture.shape[1] - left]
    )
