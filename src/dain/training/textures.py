"""What the layers of a scene are covered with: photographs from a folder, or drawn textures."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dain.errors import MediaError, reason_of
from dain.media.stills_codec import decode_still, to_depth
from dain.media.stills_names import format_of
from dain.training.procedural_textures import Picture, draw_texture

_CACHE_BYTES = 384 * 2**20  # of decoded pictures, in each process
_STEP = 16  # samples between one picture and the next that enters the window
_DRAWN_WINDOW = 96  # drawn textures in use at a time
_DRAWN = 0x7465  # keeps the streams of drawn textures apart from those of scenes


class Textures:
    """Pictures to cut textures from, decoded once and kept, within bounds.

    A sample chooses among a window of the folder's pictures (and of drawn ones), which moves on
    slowly with the samples' numbers. So few are in memory, few are decoded, and in the end
    all are used. A copy made by pickling starts with an empty memory.

    Args:
        folder: holds photographs in any format that stills can have; None for drawn ones only.
        side: longest side in pixels that is kept of a photograph; drawn ones have half of it.
        seed: decides on the order.

    Raises:
        MediaError: `folder` is no folder, or has no pictures.
    """

    def __init__(self, folder: Path | None, side: int, seed: int) -> None:
        self._side = side
        self._seed = seed
        self._files = [] if folder is None else _pictures(folder)
        self._order = np.random.default_rng(seed).permutation(len(self._files))
        room = _CACHE_BYTES - _DRAWN_WINDOW * 3 * (side // 2) ** 2
        self._window = max(16, min(len(self._files), room // (3 * side**2)))
        self._kept: OrderedDict[tuple[bool, int], Picture] = OrderedDict()
        self._bytes = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": OrderedDict(), "_bytes": 0}

    @property
    def photographs(self) -> bool:
        """Whether there are any."""
        return bool(self._files)

    def pick(self, random: np.random.Generator, index: int, *, photograph: bool) -> Picture:
        """A picture, ``(H, W, 3)`` uint8 RGB, not to be changed.

        Args:
            random: chooses.
            index: number of the sample.
            photograph: take one if there are any; else a drawn one.

        Raises:
            MediaError: the photograph cannot be decoded.
        """
        start = index // _STEP
        if photograph and self._files:
            place = start + int(random.integers(self._window))
            return self._recall(True, int(self._order[place % len(self._files)]))
        return self._recall(False, start + int(random.integers(_DRAWN_WINDOW)))

    def _recall(self, photograph: bool, number: int) -> Picture:
        key = (photograph, number)
        picture = self._kept.get(key)
        if picture is not None:
            self._kept.move_to_end(key)
            return picture
        if photograph:
            picture = _load(self._files[number], self._side)
        else:
            random = np.random.default_rng(np.random.SeedSequence([self._seed, _DRAWN, number]))
            picture = draw_texture(random, self._side // 2)
        self._kept[key] = picture
        self._bytes += picture.nbytes
        while self._bytes > _CACHE_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return picture


def _pictures(folder: Path) -> list[Path]:
    try:
        next(folder.iterdir(), None)  # says what is wrong, which a search below it does not
        found = [path for path in folder.rglob("*") if format_of(path.name) is not None]
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"expected a folder of textures, found {folder}: {reason}") from error
    if not found:
        raise MediaError(f"{folder}: expected photographs as textures, found no picture")
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _load(path: Path, side: int) -> Picture:
    """A photograph, made smaller if it is longer than `side`."""
    try:
        pixels = decode_still(path.read_bytes())
    except OSError as error:
        reason = reason_of(error)
        raise MediaError(f"cannot read the texture {path}: {reason}") from error
    if pixels is None:
        raise MediaError(f"expected a picture as texture, found {path} damaged; remove it")
    picture = np.asarray(to_depth(pixels, np.dtype(np.uint8)), np.uint8)
    longest = max(picture.shape[:2])
    if longest > side:
        height, width = (max(1, round(n * side / longest)) for n in picture.shape[:2])
        picture = np.asarray(
            cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
    return picture
