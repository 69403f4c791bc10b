"""Planes that bend within themselves: cloth, water, faces, limbs."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.scene_motion import Matrix, inverse

Map = npt.NDArray[np.float32]
Box = tuple[int, int, int, int]  # left, top, right, bottom; the last two are outside

_COARSE = 4  # places are worked out at every so many pixels, and interpolated
ROUNDS = 4  # of looking for the place that was bent onto another


@dataclass(frozen=True)
class Bending:
    """A smooth displacement within a picture, which grows with time.

    The point `u` of the picture lies at ``u + done field(u)``; `done` goes from -1/2 at t = 0 to
    1/2 at t = 1. The field is gentle enough to be inverted by going back and forth a few times.

    Attributes:
        field: ``(h, w, 2)``, x and y in pixels of the picture, one for each `spacing` of them.
        spacing: between the places of the field, in pixels of the picture.
    """

    field: Map
    spacing: float

    @property
    def reach(self) -> float:
        """The largest displacement in pixels of the picture."""
        return float(np.abs(self.field).max())

    def sources(self, matrix: Matrix, box: Box, done: float) -> tuple[Map, Map]:
        """Which place of the picture is seen at each pixel of `box`: x and y, ``(h, w)`` each.

        Args:
            matrix: pixels of the picture to those of the frame, as if nothing bent.
            box: of the frame.
            done: see above.
        """
        left, top, right, bottom = box
        x = np.arange(left, right + _COARSE, _COARSE, dtype=np.float32)
        y = np.arange(top, bottom + _COARSE, _COARSE, dtype=np.float32)[:, None]
        m = inverse(matrix).astype(np.float32)
        depth = m[2, 0] * x + (m[2, 1] * y + m[2, 2])
        lying_x = (m[0, 0] * x + (m[0, 1] * y + m[0, 2])) / depth
        lying_y = (m[1, 0] * x + (m[1, 1] * y + m[1, 2])) / depth
        source_x, source_y = lying_x, lying_y
        for _ in range(ROUNDS):
            bent_x, bent_y = self._at(source_x, source_y, done)
            source_x, source_y = lying_x - bent_x, lying_y - bent_y
        size = (right - left, bottom - top)
        return _refined(source_x, size), _refined(source_y, size)

    def places(self, x: Map, y: Map, matrix: Matrix, done: float) -> tuple[Map, Map]:
        """Where places of the picture are seen in the frame; the reverse of `sources`."""
        bent_x, bent_y = self._at(x, y, done)
        x, y = x + bent_x, y + bent_y
        m = matrix.astype(np.float32)
        depth = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        return (
            (m[0, 0] * x + m[0, 1] * y + m[0, 2]) / depth,
            (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / depth,
        )

    def _at(self, x: Map, y: Map, done: float) -> tuple[Map, Map]:
        scale = np.float32(1 / self.spacing)
        bent = cv2.remap(
            self.field, x * scale, y * scale, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        bent_x, bent_y = cv2.split(bent * np.float32(done))
        return np.asarray(bent_x, np.float32), np.asarray(bent_y, np.float32)


def random_bending(
    random: np.random.Generator, height: int, width: int, strength: float
) -> Bending:
    """A displacement of about `strength` pixels of the picture, less if it would fold it."""
    spacing = 6.0
    rows, columns = int(height / spacing) + 2, int(width / spacing) + 2
    cells = int(random.integers(1, 4))  # how often it goes up and down across the picture
    coarse = random.uniform(-1, 1, (cells + 3, cells + 3, 2)).astype(np.float32)
    field = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    steepest = max(float(np.abs(np.diff(field, axis=k)).max(initial=0)) for k in (0, 1)) / spacing
    strength = min(strength, 0.35 / max(steepest, 1e-6))
    return Bending(np.asarray(field * strength, np.float32), spacing)


def _refined(coarse: Map, size: tuple[int, int]) -> Map:
    """Values at every `_COARSE`-th pixel to all pixels, ``(width, height)`` of them."""
    matrix = np.array([[1 / _COARSE, 0, 0], [0, 1 / _COARSE, 0]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coarse, matrix, size, flags=flags), np.float32)
