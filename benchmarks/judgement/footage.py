"""Clips as small RGB arrays, decoded once and kept under the folder for temporary files.

Every clip is scaled to cover one canvas and cropped in the middle, averaged over areas, so that
shots of different clips can follow each other. Nothing of the footage is kept in the repository.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

CLIPS = Path("../shared/data/clips")
TEXTURES = Path("../shared/data/textures")
# A detector works on pictures about this small; 16:9 fits most of the clips.
CANVAS = (320, 180)
# Twice the canvas each way: room for a camera that pans by a whole width.
WIDE = (640, 360)


class Footage:
    """The clips of a folder, as memory-mapped arrays `(N, H, W, 3)`, RGB uint8."""

    def __init__(self, clips: Path = CLIPS, cache: Path | None = None) -> None:
        """Nothing is decoded before it is asked for.

        Args:
            clips: the folder with the footage.
            cache: where the small copies are kept; a folder of its own beside other temporary
                files by default.
        """
        self._clips = clips
        self.cache = cache or Path(tempfile.gettempdir()) / "dain-judgement"

    def names(self) -> list[str]:
        """File names of all clips, in order."""
        return sorted(path.name for path in self._clips.iterdir() if path.is_file())

    def clip(self, name: str, size: tuple[int, int] = CANVAS) -> Picture:
        """All frames of a clip, cropped to the shape of `size` (width, height) and reduced."""
        kept = self.cache / f"{name}-{size[0]}x{size[1]}.npy"
        if not kept.exists():
            frames = np.stack([cover(frame, size) for frame in decoded(self._clips / name)])
            self.cache.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(f".{os.getpid()}.npy")
            np.save(partial, frames)
            partial.replace(kept)
        array: Picture = np.load(kept, mmap_mode="r")
        return array

    def whole(self, name: str, width: int = CANVAS[0]) -> Picture:
        """All frames of a clip in its own shape, `width` pixels wide, the height even."""
        with av.open(str(self._clips / name)) as container:
            stream = container.streams.video[0]
            height = round(stream.height * width / stream.width / 2) * 2
        return self.clip(name, (width, height))


def decoded(path: Path) -> Iterator[Picture]:
    """The frames of a video, RGB uint8, in order of showing."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def cover(picture: Picture, size: tuple[int, int]) -> Picture:
    """The middle of a picture, cropped to the shape of `size` and resized to it."""
    height, width = picture.shape[:2]
    scale = min(width / size[0], height / size[1])
    across, down = round(size[0] * scale), round(size[1] * scale)
    left, top = (width - across) // 2, (height - down) // 2
    part = picture[top : top + down, left : left + across]
    return pixels(cv2.resize(part, size, interpolation=cv2.INTER_AREA))


def pixels(array: npt.ArrayLike) -> Picture:
    """An array known to hold 8-bit pixels, as such: OpenCV's annotations say less."""
    return np.asarray(array, np.uint8)
