"""What the fields of a frame say on whether they are film's, and what many say together."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from statistics import median

from dain.media.field_matching import Fit

# A frame votes where a wrong match combs by this much, in levels of 255 on average. What moves
# less looks the same either way.
_MOTION = 0.02
# Best match over second best. Clips woven as film have at most 0.12 in four frames of five (the
# fifth repeats a field, so two match), 0.45 in the one of finest detail; as video, 0.6 in nine of
# ten. Measured on davis_{dog,car-roundabout,cows,libby}, mdn_elf and bbb_480p24, with MPEG-2 of
# 4 Mbit/s and with noise of sigma 3.
_FILM, _VIDEO = 0.45, 0.6
# Best over worst match: in film at most 0.1, also where two match; in video at least 0.11.
_BOTH_MATCH = 0.11
# Votes for film that it takes, and how many for each that is against, where none is expected.
_LEAST_VOTES, _MAJORITY = 2, 2
# A frame amid film combs if its best match is this many times as bad as in the film around it, and
# bad by this share of what the film's motion makes of a wrong match.
_WORSE, _COMBED = 3.0, 0.15
# Frames in two of ours that show a pattern: two cycles at least.
_PATTERN = 4
# Share of frames whose own two fields match: 3:2 pulldown has three of five.
_ALWAYS, _NEVER = 0.9, 0.1


class Kind(Enum):
    """What interlaced frames turn out to hold."""

    VIDEO = auto()  # fields of different instants, or nothing that tells
    PULLDOWN = auto()  # film whose frames lie in one or two of ours, in turn
    SHIFTED = auto()  # film at our rate, each frame in two of ours
    WHOLE = auto()  # film at our rate, each frame in one of ours


def says_film(fit: Fit) -> bool:
    """One field belongs to it, and no other."""
    best, second, _ = _three(fit)
    return second >= _MOTION and best <= _FILM * second


def says_video(fit: Fit) -> bool:
    """No field belongs to it."""
    best, second, worst = _three(fit)
    return worst >= _MOTION and best > _VIDEO * second and best > _BOTH_MATCH * worst


def is_film(fits: Sequence[Fit], expected: bool) -> bool:
    """Whether frames that lie together are film; where nothing moves, what is expected."""
    film = sum(says_film(each) for each in fits)
    against = sum(says_video(each) for each in fits)
    return film >= (against if expected else max(_LEAST_VOTES, _MAJORITY * against))


def is_combed(fit: Fit, fits: Sequence[Fit]) -> bool:
    """Whether a frame amid film has lines of two instants, as edits and inserts leave them."""
    best, second, worst = _three(fit)
    film = [_three(each) for each in fits if says_film(each)]
    usual = median(each[0] for each in film) if film else 0.0
    motion = median(each[1] for each in film) if film else worst
    return best > max(_MOTION, _FILM * second, _WORSE * usual, _COMBED * min(worst, motion))


def kind_of(fits: Sequence[Fit]) -> Kind:
    """What kind of film it is that says so."""
    film = [each for each in fits if says_film(each)]
    inner = [each for each in film if len(each.combs) > 2] or film
    own = sum(each.partner == 0 for each in inner)
    if own >= _ALWAYS * len(inner):
        return Kind.WHOLE
    return Kind.SHIFTED if own <= _NEVER * len(inner) else Kind.PULLDOWN


def has_pulldown(fits: Sequence[Fit]) -> bool:
    """Whether all that speak keep to one pattern of 3:2: of five frames two lie in two of ours."""
    film = {number: each.partner for number, each in enumerate(fits) if says_film(each)}
    if any(says_video(each) for each in fits):
        return False
    for phase in range(5):
        inside = [partner for at, partner in film.items() if (at - phase) % 5 < 2]
        outside = [partner for at, partner in film.items() if (at - phase) % 5 >= 2]
        same = len(set(inside)) == 1 and inside[0] != 0
        if len(inside) >= _PATTERN and same and outside and not any(outside):
            return True
    return False


def _three(fit: Fit) -> tuple[float, float, float]:
    """Best, second and worst match; at the ends of a source one is missing."""
    return fit.combs[0], fit.combs[min(1, len(fit.combs) - 1)], fit.combs[-1]
