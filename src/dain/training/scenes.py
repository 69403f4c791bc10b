"""Procedural 2.5-D scenes: footage of which everything is known, made as fast as it is eaten."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from dain.errors import OptionError
from dain.training.samples import Sample
from dain.training.scene_layers import Composer
from dain.training.scene_motion import chance
from dain.training.scene_rendering import (
    Layer,
    Picture,
    describe,
    flow_between,
    render,
    render_exposed,
)
from dain.training.spoiling import (
    Spoiling,
    random_grain,
    random_light,
    random_quality,
    random_scale,
)
from dain.training.textures import Textures

Times = Literal["half", "any"]

_SMALLEST = 16
_MOST_STEPS = 7  # moments that stand for an exposure


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """How often what befalls a scene; each a probability.

    Attributes:
        reach: the largest movement between the frames, as a share of their width.
        shadows: things that darken what lies behind them, for each thing.
        overlays: subtitles, logos and bars that do not move.
        motion_blur: a shutter that is open for a part of the time.
        light: exposure and white balance that drift.
        softness: footage that was scaled up.
        grain: noise of its own on every frame.
        compression: JPEG, on the truth too.
    """

    reach: float = 0.15
    shadows: float = 0.08
    overlays: float = 0.12
    motion_blur: float = 0.12
    light: float = 0.12
    softness: float = 0.15
    grain: float = 0.2
    compression: float = 0.4

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 <= value <= 1:
                raise OptionError(f"{name} must lie between 0 and 1, found {value}")


CLEAN = SceneSettings(
    shadows=0, overlays=0, motion_blur=0, light=0, softness=0, grain=0, compression=0
)
"""Settings that leave the frames as they are rendered."""


@dataclass(frozen=True, kw_only=True)
class ScenePlan:
    """All that is decided about one scene; what is left is to render it.

    `render` does so here, `dain.training.device_scenes` on a GPU.

    Attributes:
        size: side of the frames in pixels.
        time: of the truth, in (0, 1).
        layers: from the farthest, which is endless, to the nearest.
        shutter: how long it is open, 1 for the whole time between the frames; None for no time.
        spoiling: what befalls the rendered frames.
    """

    size: int
    time: float
    layers: tuple[Layer, ...]
    shutter: float | None
    spoiling: Spoiling

    def render(self) -> Sample:
        """The sample."""
        size, layers = self.size, self.layers
        labels0, labels1 = np.empty((size, size), np.uint8), np.empty((size, size), np.uint8)
        first = render(layers, 0.0, size, labels0)
        last = render(layers, 1.0, size, labels1)
        truth = render(layers, self.time, size)
        of_first = describe(layers, labels0, labels1, 0.0, 1.0)
        of_last = describe(layers, labels1, labels0, 1.0, 0.0)
        steps = self._exposure_steps(of_first.flow)
        if steps:
            first, truth, last = (self._exposed(t, steps) for t in (0.0, self.time, 1.0))
        frames = self.spoiling.on((_rgb(first), _rgb(truth), _rgb(last)), self.time)
        return Sample(
            first=frames[0],
            truth=frames[1],
            last=frames[2],
            time=self.time,
            flow01=of_first.flow,
            flow10=of_last.flow,
            nearness0=of_first.nearness,
            nearness1=of_last.nearness,
            visible0=of_first.visible,
            visible1=of_last.visible,
            kind=0,
        )

    def exposure_steps(self) -> int:
        """How many moments stand for an exposure; 0 where there is none, or nothing blurs."""
        if self.shutter is None:
            return 0
        labels = np.empty((self.size, self.size), np.uint8)
        render(self.layers, 0.0, self.size, labels)
        return self._exposure_steps(flow_between(self.layers, labels, 0.0, 1.0))

    def _exposure_steps(self, flow: npt.NDArray[np.float32]) -> int:
        if self.shutter is None:
            return 0
        reach = self.shutter * float(np.abs(flow).max())  # pixels that the fastest is smeared over
        return 0 if reach < 0.5 else min(max(ceil(reach) + 1, 2), _MOST_STEPS)

    def _exposed(self, t: float, steps: int) -> Picture:
        assert self.shutter is not None
        return render_exposed(self.layers, t, self.size, self.shutter, steps)


class SceneSource:
    """Makes samples from nothing but a seed, and photographs if there are any.

    The same seed, number and photographs give the same sample on every machine, as far as NumPy and
    OpenCV are the same. Copies in worker processes decode their own textures, and keep up to
    384 MiB of them. A worker should call ``cv2.setNumThreads(0)``.

    Args:
        textures: a folder of photographs in any format of stills; None for drawn textures only.
        size: side of the frames in pixels, at least 16.
        seed: decides on everything, from 0.
        times: ``half`` for the frame half way; ``any`` for others as well, in three of ten.
        settings: what befalls the scenes; `CLEAN` for nothing.

    Raises:
        MediaError: `textures` is no folder, or has no pictures.
        OptionError: size, seed or times is none of those.
    """

    def __init__(
        self,
        textures: Path | None,
        size: int = 192,
        seed: int = 0,
        times: Times = "half",
        settings: SceneSettings | None = None,
    ) -> None:
        if size < _SMALLEST:
            raise OptionError(f"expected scenes of at least {_SMALLEST} pixels, found {size}")
        if seed < 0:
            raise OptionError(f"expected a seed from 0, found {seed}")
        if times not in ("half", "any"):
            raise OptionError(f"expected half or any as times, found {times!r}")
        self._size = size
        self._seed = seed
        self._times = times
        self._settings = settings or SceneSettings()
        self._textures = Textures(textures, max(384, round(2.75 * size)), seed)

    def plan(self, index: int) -> ScenePlan:
        """What the scene of this number is made of, from 0 up.

        Raises:
            MediaError: a photograph cannot be decoded.
        """
        sequence = np.random.SeedSequence([self._seed, index])
        # Streams of their own: what befalls a scene leaves the scene itself as it is.
        moment, content, effects = (np.random.default_rng(s) for s in sequence.spawn(3))
        time = 0.5 if self._times == "half" else _random_time(moment)
        settings = self._settings
        composer = Composer(
            content, self._textures, index, self._size, settings.reach, settings.shadows
        )
        layers = composer.layers()
        if chance(effects, settings.overlays):
            layers.extend(composer.overlays())
        shutter = None
        if chance(effects, settings.motion_blur):
            shutter = float(effects.uniform(0.1, 0.5))
        return ScenePlan(
            size=self._size,
            time=time,
            layers=tuple(layers),
            shutter=shutter,
            spoiling=self._random_spoiling(effects),
        )

    def sample(self, index: int) -> Sample:
        """The scene of this number, from 0 up.

        Raises:
            MediaError: a photograph cannot be decoded.
        """
        return self.plan(index).render()

    def _random_spoiling(self, random: np.random.Generator) -> Spoiling:
        settings, shape = self._settings, (self._size, self._size, 3)
        # The order of drawing is that in which `Spoiling` follows it.
        return Spoiling(
            light=random_light(random) if chance(random, settings.light) else None,
            scale=random_scale(random) if chance(random, settings.softness) else None,
            grain=random_grain(random, shape) if chance(random, settings.grain) else None,
            quality=random_quality(random) if chance(random, settings.compression) else None,
        )


def _random_time(random: np.random.Generator) -> float:
    kind = random.random()
    if kind < 0.7:
        return 0.5
    if kind < 0.85:
        return int(random.integers(1, 8)) / 8
    return float(random.uniform(0.1, 0.9))


def _rgb(frame: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB), np.uint8)
