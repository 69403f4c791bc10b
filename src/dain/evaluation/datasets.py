"""Where the frames of a dataset lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dain.errors import MediaError, OptionError
from dain.evaluation.measures import Picture
from dain.jobs.between import read_still
from dain.media.stills_codec import to_depth
from dain.media.stills_names import format_of


@dataclass(frozen=True)
class Triplet:
    """Two frames and the true one half way between them.

    Attributes:
        name: of the sample.
        first: file of frame 0.
        middle: file of the true frame at t = 1/2.
        last: file of frame 1.
    """

    name: str
    first: Path
    middle: Path
    last: Path

    def load(self) -> tuple[Picture, Picture, Picture]:
        """The three pictures, ``(H, W, 3)`` uint8 RGB, of one size.

        Raises:
            MediaError: one cannot be decoded, or sizes differ.
        """
        first, middle, last = (_load(path) for path in (self.first, self.middle, self.last))
        if not first.shape == middle.shape == last.shape:
            raise MediaError(
                f"{self.first.parent}: expected three pictures of one size, found "
                f"{first.shape}, {middle.shape} and {last.shape}"
            )
        return first, middle, last


def _load(path: Path) -> Picture:
    return np.asarray(to_depth(read_still(path), np.dtype(np.uint8)), np.uint8)


def _plain(root: Path) -> list[Triplet]:
    """NAME/im1, im2 (the truth), im3, in any format of stills."""
    found = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        pictures = {p.stem: p for p in folder.iterdir() if format_of(p.name) is not None}
        if {"im1", "im2", "im3"} <= pictures.keys():
            found.append(Triplet(folder.name, *(pictures[f"im{k}"] for k in (1, 2, 3))))
    return found


DATASETS: dict[str, Callable[[Path], list[Triplet]]] = {"triplets": _plain}


def find_triplets(dataset: str, root: Path) -> list[Triplet]:
    """The samples of `dataset` under `root`, in order of name.

    Raises:
        OptionError: no such dataset.
        MediaError: `root` is no folder, or holds no sample of it.
    """
    if dataset not in DATASETS:
        raise OptionError(f"--dataset must be one of {', '.join(DATASETS)}, found {dataset!r}")
    try:
        samples = DATASETS[dataset](root)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MediaError(f"expected a folder of samples, found {root}: {reason}") from error
    if not samples:
        raise MediaError(
            f"{root}: expected folders NAME/im1, im2, im3 of pictures, found no complete one"
        )
    return samples
