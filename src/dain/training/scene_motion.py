"""How the things in a scene move: each on a path of its own, and all under one camera."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, exp, log, pi, sin

import cv2
import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Pair = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Path:
    """Where a plane is at each time; what moves does so from t = 0 to t = 1.

    Attributes:
        centre: x, y in pixels of the frame, at t = 1/2 unless it bends.
        shift: from t = 0 to t = 1, in pixels.
        bend: how far the middle of the path lies off the straight line, in pixels.
        ease: by how much more than half of every change is done at t = 1/2.
        angle: in radians, at t = 1/2.
        turn: change of the angle.
        scale: natural logarithm of the magnification, at t = 1/2.
        growth: change of `scale`.
        tilt: perspective; the plane's far side is this much smaller, for x and y.
        lean: change of `tilt`.
    """

    centre: Pair
    shift: Pair = (0.0, 0.0)
    bend: Pair = (0.0, 0.0)
    ease: float = 0.0
    angle: float = 0.0
    turn: float = 0.0
    scale: float = 0.0
    growth: float = 0.0
    tilt: Pair = (0.0, 0.0)
    lean: Pair = (0.0, 0.0)

    def done(self, t: float) -> float:
        """How much of every change is done: -1/2 at t = 0, 1/2 at t = 1."""
        return t - 0.5 + self.ease * 4 * t * (1 - t)

    def matrix(self, t: float, radius: float = 1.0) -> Matrix:
        """The plane's coordinates, around its centre, to those of the frame.

        Args:
            t: 0 at the first frame, 1 at the last; a little beyond them is allowed.
            radius: of the plane, in its own pixels; `tilt` is reached there.
        """
        bow = 4 * t * (1 - t)
        done = self.done(t)
        x = self.centre[0] + self.shift[0] * done + self.bend[0] * bow
        y = self.centre[1] + self.shift[1] * done + self.bend[1] * bow
        tilt_x = (self.tilt[0] + self.lean[0] * done) / radius
        tilt_y = (self.tilt[1] + self.lean[1] * done) / radius
        size = exp(self.scale + self.growth * done)
        angle = self.angle + self.turn * done
        a, b = size * cos(angle), size * sin(angle)
        place = np.array([[a, -b, x], [b, a, y], [0, 0, 1]])
        return np.asarray(place @ np.array([[1, 0, 0], [0, 1, 0], [tilt_x, tilt_y, 1]]))


@dataclass(frozen=True)
class Camera:
    """A camera's movement, as a path of the picture about its own centre.

    Attributes:
        path: of what is nearest.
        parallax: 0 if everything follows `path`; 1 if what is farther follows it less.
    """

    path: Path
    parallax: float

    def matrix(self, t: float, nearness: float) -> Matrix:
        """Where the camera takes what stands still.

        Args:
            t: see `Path.matrix`.
            nearness: in (0, 1], 1 nearest.
        """
        share = 1 - self.parallax * (1 - nearness)
        path = self.path
        moved = Path(
            centre=path.centre,
            shift=(path.shift[0] * share, path.shift[1] * share),
            bend=(path.bend[0] * share, path.bend[1] * share),
            ease=path.ease,
            turn=path.turn,  # turning the camera turns the far and the near alike
            growth=path.growth * share,
        )
        x, y = path.centre
        return np.asarray(moved.matrix(t) @ np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1.0]]))


def inverse(matrix: Matrix) -> Matrix:
    """Of a 3x3 matrix; OpenCV's, which is much quicker for so small a one."""
    return np.asarray(cv2.invert(matrix)[1], np.float64)


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """Between `low` and `high`, each factor as likely as any."""
    return exp(float(random.uniform(log(low), log(high))))


def chance(random: np.random.Generator, probability: float) -> bool:
    """True as often as `probability` says."""
    return bool(random.random() < probability)


def direction(random: np.random.Generator, length: float) -> Pair:
    """A vector of this length, more often level than steep."""
    angle = float(random.uniform(0, 2 * pi))
    if chance(random, 0.4):
        angle = round(angle / pi) * pi + float(random.normal(0, 0.15))
    return length * cos(angle), length * sin(angle)


def random_speed(random: np.random.Generator, largest: float) -> float:
    """Pixels that the fastest things in a scene move between its frames; 0 for nothing at all.

    About a quarter of the scenes are still or nearly so: footage mostly is.
    """
    kind = random.random()
    if kind < 0.1 or largest == 0:
        return 0.0
    slow = min(1.0, largest)
    return (
        log_uniform(random, slow / 20, slow) if kind < 0.25 else log_uniform(random, slow, largest)
    )


def random_camera(random: np.random.Generator, size: int, speed: float) -> Camera:
    """A camera that stands, pans, zooms or rolls, by at most `speed` pixels."""
    centre = ((size - 1) / 2, (size - 1) / 2)
    if speed == 0 or chance(random, 0.25):
        return Camera(Path(centre=centre), 0.0)
    shift = direction(random, speed * float(random.uniform(0.25, 1)))
    turn = growth = 0.0
    if chance(random, 0.3):
        turn = float(random.normal(0, 0.4)) * speed / size
    if chance(random, 0.35):
        growth = float(random.normal(0, 0.5)) * speed / size
        shift = (shift[0] * 0.5, shift[1] * 0.5)
    ease, bend = _acceleration(random, shift)
    path = Path(centre=centre, shift=shift, bend=bend, ease=ease, turn=turn, growth=growth)
    return Camera(path, float(random.uniform(0.3, 1)) if chance(random, 0.75) else 0.0)


def random_path(
    random: np.random.Generator, centre: Pair, speed: float, radius: float, *, upright: bool
) -> Path:
    """A path through `centre`.

    Args:
        random: chooses.
        centre: where the plane is half way.
        speed: length of the path, in pixels.
        radius: of the plane in pixels of the frame: turning moves its edge by about `speed`.
        upright: start with a small angle.
    """
    shift = direction(random, speed)
    ease, bend = _acceleration(random, shift)
    turn = growth = 0.0
    tilt = lean = (0.0, 0.0)
    reach = speed / max(radius, 4.0)
    if chance(random, 0.5):
        turn = float(np.clip(random.normal(0, 0.6) * reach, -0.5, 0.5))
    if chance(random, 0.4):
        growth = float(np.clip(random.normal(0, 0.4) * reach, -0.3, 0.3))
    if chance(random, 0.3):
        tilt = (float(random.uniform(-0.2, 0.2)), float(random.uniform(-0.2, 0.2)))
        strength = min(0.4 * reach, 0.15)
        lean = (
            strength * float(random.uniform(-1, 1)),
            strength * float(random.uniform(-1, 1)),
        )
    angle = float(random.normal(0, 0.1)) if upright else float(random.uniform(0, 2 * pi))
    return Path(
        centre=centre,
        shift=shift,
        bend=bend,
        ease=ease,
        angle=angle,
        turn=turn,
        growth=growth,
        tilt=tilt,
        lean=lean,
    )


def _acceleration(random: np.random.Generator, shift: Pair) -> tuple[float, Pair]:
    """Ease and bend. Mostly none: between two frames of a film things hardly change their speed."""
    kind = random.random()
    if kind < 0.6:
        return 0.0, (0.0, 0.0)
    strength = 0.02 if kind < 0.9 else 0.07
    ease = float(np.clip(random.normal(0, strength), -0.12, 0.12))
    side = float(np.clip(random.normal(0, strength), -0.12, 0.12))
    return ease, (-shift[1] * side, shift[0] * side)
