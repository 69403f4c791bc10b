"""The learning rate of every step."""

from __future__ import annotations

import math

from dain.training.settings import OptimisationSettings


def rate_at(step: int, settings: OptimisationSettings) -> float:
    """The learning rate of a step: a linear rise, a plateau, and half a cosine down.

    Depends on nothing but its arguments, so a resumed run goes on with the same rates.

    Args:
        step: from 0 up to ``settings.steps - 1``, which has the final rate.
        settings: see there.
    """
    rise = min(1.0, (step + 1) / max(settings.warm_up, 1))
    last = settings.steps - 1
    begin = max(settings.warm_up, settings.steps * (1 - settings.decay))
    done = (step - begin) / (last - begin) if last > begin else float(step >= last)
    fall = 0.5 * (1 + math.cos(math.pi * min(max(done, 0.0), 1.0)))
    if settings.decay == 0:
        fall = 1.0
    return settings.rate * rise * (settings.final_rate + (1 - settings.final_rate) * fall)
