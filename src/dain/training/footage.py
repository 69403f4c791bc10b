"""Training samples cut from real clips."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dain.errors import OptionError
from dain.training.clip_cache import CachedClip, Frames, cache_clips, load_clip
from dain.training.samples import Sample, from_footage

# A cut changes the picture much, and much more than its neighbours do.
_CUT_CHANGE = 12.0  # mean absolute difference in levels of 255
_CUT_RATIO = 3.0
_HELD_CHANGE = 0.02  # below this a frame is the one before, shown again

# Steps between neighbours, with their shares: sparser ones move further.
_STEPS, _STEP_SHARES = (1, 2, 3), (0.65, 0.25, 0.10)
_LARGEST_REDUCTION = 2.0

_Three = tuple[Frames, Frames, Frames]


class FootageSource:
    """Samples from clips: neighbours of a frame and itself, cropped, turned and mirrored."""

    def __init__(
        self,
        clips: Path,
        cache: Path,
        size: int = 192,
        seed: int = 0,
        *,
        poor: bool = False,
        withheld: Collection[str] = (),
        times: str = "any",
    ) -> None:
        """Find what can be cut; clips are decoded into `cache` where they are not yet.

        Args:
            clips: folder of videos.
            cache: folder for decoded clips.
            size: side of a sample in pixels; what is cut from smaller clips is enlarged.
            seed: of everything random.
            poor: cut from small, squeezed copies instead.
            withheld: names of clips that are left out, without suffix.
            times: ``half`` for frames half way only, or ``any``.

        Raises:
            MediaError: there is no clip.
            OptionError: no clip is left, or none is long enough.
        """
        self._cache, self._size, self._seed, self._times = cache, size, seed, times
        self._poor = poor
        self._clips = [
            clip
            for clip in cache_clips(clips, cache)
            if clip.poor == poor and clip.name not in withheld
        ]
        self._runs = [(clip, run) for clip in self._clips for run in unbroken_runs(clip)]
        if not self._runs:
            raise OptionError(f"{clips}: expected clips of three frames or more, found none")

    @cached_property
    def _shares(self) -> npt.NDArray[np.float64]:
        """Longer runs are cut more often, but not in proportion."""
        lengths = np.array([stop - start for _, (start, stop) in self._runs], np.float64)
        shares = np.sqrt(lengths)
        result: npt.NDArray[np.float64] = shares / shares.sum()
        return result

    def sample(self, index: int) -> Sample:
        """The sample of this number. See `Source`."""
        rng = np.random.default_rng([self._seed, 1 + self._poor, index])
        clip, (start, stop) = self._runs[rng.choice(len(self._runs), p=self._shares)]
        first, middle, last = _pick(rng, start, stop, self._times)
        time = (middle - first) / (last - first)
        frames = load_clip(clip, self._cache)
        numbers = [first, middle, last]
        if rng.random() < 0.5:
            numbers, time = numbers[::-1], 1 - time
        pictures = self._crop(rng, (frames[numbers[0]], frames[numbers[1]], frames[numbers[2]]))
        return from_footage(*pictures, time, 2 if self._poor else 1)

    def __getstate__(self) -> dict[str, object]:
        return {key: value for key, value in self.__dict__.items() if key != "_shares"}

    def _crop(self, rng: np.random.Generator, frames: _Three) -> _Three:
        import cv2

        height, width = frames[0].shape[:2]
        largest = min(height, width)
        side = self._size
        if not self._poor and rng.random() < 0.6:
            side = round(self._size * rng.uniform(1, _LARGEST_REDUCTION))
        side = min(side, largest)
        y, x = rng.integers(height - side + 1), rng.integers(width - side + 1)
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        made = []
        for frame in frames:
            crop = np.asarray(frame[y : y + side, x : x + side])
            if side != self._size:
                size = (self._size, self._size)
                way = cv2.INTER_AREA if side > self._size else cv2.INTER_CUBIC
                crop = np.asarray(cv2.resize(crop, size, interpolation=way))
            crop = np.rot90(crop[:, ::-1] if mirrored else crop, turns)
            made.append(np.ascontiguousarray(crop, np.uint8))
        return made[0], made[1], made[2]


def unbroken_runs(clip: CachedClip) -> list[tuple[int, int]]:
    """Ranges of frames without a cut or a held frame, three frames long at least.

    Returns:
        Pairs of first frame and the one after the last.
    """
    change = np.array(clip.change)
    runs, start = [], 0
    for number in range(1, len(change) + 1):
        if number == len(change) or _breaks(change, number):
            if number - start >= 3:
                runs.append((start, number))
            start = number
    return runs


def _breaks(change: npt.NDArray[np.float64], number: int) -> bool:
    around = np.concatenate([change[max(number - 4, 1) : number], change[number + 1 : number + 5]])
    usual = float(np.median(around)) if len(around) else 0.0
    value = change[number]
    return bool(value < _HELD_CHANGE or (value > _CUT_CHANGE and value > _CUT_RATIO * usual))


def _pick(rng: np.random.Generator, start: int, stop: int, times: str) -> tuple[int, int, int]:
    """Two frames of a run and one between them."""
    count = stop - start
    step = int(rng.choice(_STEPS, p=_STEP_SHARES))
    step = max(min(step, (count - 1) // 2), 1)
    if times == "any" and count > 3 and rng.random() < 0.25:
        span = int(rng.integers(3, min(count - 1, 6) + 1))
        middle = int(rng.integers(1, span))
    else:
        span, middle = 2 * step, step
    first = start + int(rng.integers(count - span))
    return first, first + middle, first + span
