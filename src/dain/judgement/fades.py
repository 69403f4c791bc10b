"""Dissolves and fades: gaps in which light is mixed, and a mix tells more than motion does.

Inside a dissolve of still pictures every frame lies on the straight line between its neighbours,
and motion only leads astray. Where the shots themselves move, warping along the motion of the
stronger one comes closer to the truth than a mix (`benchmarks.judgement.fading`). So frames that
are known are predicted both ways, and what predicts them better is what new ones are made by.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dain.judgement.cuts import ShotLook
from dain.judgement.explaining import Floats, halfway, moved

SPAN = 3
"""Frames on either side of a gap that are looked at: half of the shortest usual dissolve."""

STEP = 1.0
"""Grey levels, root mean square, that each gap changes at the least: below, any way will do."""

STRAIGHT = 0.3
"""Distance from the straight line between the outermost frames, as a part of half its length."""

LARGEST_STEP = 0.5
"""Part of the whole change in one gap: a cut has all of it."""

SMALLEST_STEP = 0.05

LEFT = 0.9
"""Part of the change over the window that motion leaves, as a root of squares: 0.93 and more in
the fade from black and the title of Big Buck Bunny, at most 0.81 on a slow drive."""


def is_fade(looks: Sequence[ShotLook], at: int) -> bool:
    """Whether light is mixed between frame `at` and the next, rather than moved.

    Args:
        looks: of neighbouring frames.
        at: number of the frame before the gap.
    """
    first, last = at + 1 - SPAN, at + SPAN
    if first < 0 or last >= len(looks):
        return False
    window = looks[first : last + 1]
    frames = np.stack([look.sketch.colours for look in window]).astype(np.float32)
    return (
        _is_straight(frames.reshape(len(window), -1))
        and _motion_fails(window, frames)
        and _mix_tells_more(window, frames)
    )


def _is_straight(frames: Floats) -> bool:
    """Whether the frames lead evenly along a line from the first to the last."""
    line = frames[-1] - frames[0]
    length = float(line @ line)
    if length < (STEP * (len(frames) - 1)) ** 2 * line.size:
        return False
    offsets = frames - frames[0]
    places = offsets @ line / length
    steps = np.diff(places)
    own = steps[len(steps) // 2]
    if steps.min() < -SMALLEST_STEP or own < SMALLEST_STEP or steps.max() > LARGEST_STEP:
        return False
    aside = offsets - places[:, None] * line
    return float((aside * aside).sum(1).max()) <= (STRAIGHT / 2) ** 2 * length


def _motion_fails(window: Sequence[ShotLook], frames: Floats) -> bool:
    """Whether motion leaves most of the change over the window; slow motion is straight, too."""
    left = _error(frames[-1], moved(window[0].sketch, window[-1].sketch))
    return left >= LEFT**2 * _error(frames[-1], frames[0])


def _mix_tells_more(window: Sequence[ShotLook], frames: Floats) -> bool:
    """Whether the frames around the gap are predicted better by a mix than along motion."""
    middle = len(window) // 2
    by_mix = by_motion = 0.0
    for number in (middle - 1, middle):
        before, after = window[number - 1].sketch, window[number + 1].sketch
        by_mix += _error(frames[number], (frames[number - 1] + frames[number + 1]) / 2)
        by_motion += _error(frames[number], halfway(before, after))
    return by_mix <= by_motion


def _error(frame: Floats, predicted: Floats) -> float:
    return float(np.mean((frame - predicted) ** 2))
