"""Film in interlaced frames: recognised by how its fields match, and given back whole.

Each field of film is one of a film frame's, so that some neighbour completes it: in the same
frame or the one before or after, be it 3:2 pulldown (24 in 60 fields), 2:3:3:2, or 2:2 (25 in
50) with the fields in one frame or in two. The fields of a video camera are each of an instant
of their own, and two neighbours fit equally badly. What a frame shows of that is a vote, and the
votes of the frames around it decide, so that reading may begin anywhere if it begins early enough.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from statistics import median

from dain.media.decoding import Picture
from dain.media.field_matching import Fit, Luma, fit, joined, luma_of

# Frames on either side whose votes count: three cycles of 3:2 pulldown together.
REACH = 7
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
# Votes for film that it takes, and how many for each that is against.
_LEAST_VOTES, _MAJORITY = 2, 2
# A frame amid film combs if its best match is this many times as bad as in the film around it, and
# bad by this share of what the film's motion makes of a wrong match.
_WORSE, _COMBED = 3.0, 0.15
# Share of frames whose own two fields match: 3:2 pulldown has three of five.
_ALWAYS, _NEVER = 0.9, 0.1


class Kind(Enum):
    """What interlaced frames turn out to hold."""

    VIDEO = auto()  # fields of different instants, or nothing that tells
    PULLDOWN = auto()  # film whose frames lie in one or two of ours, in turn
    SHIFTED = auto()  # film at our rate, each frame in two of ours
    WHOLE = auto()  # film at our rate, each frame in one of ours


@dataclass(frozen=True, slots=True)
class Choice:
    """A whole picture.

    Attributes:
        picture: on the time of the one that went in.
        kind: of the interlaced material around it; None if it was not interlaced.
    """

    picture: Picture
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture, what it is if it is no film, and its brightness."""

    picture: Picture
    interpolated: Picture
    luma: Luma


_Triple = tuple[_Seen | None, _Seen, _Seen | None]


@dataclass(frozen=True, slots=True)
class _Match:
    """How the fields of a picture match.

    Attributes:
        fit: None if it is not interlaced.
        place: its number in the source.
        run: number of the unbroken run of interlaced pictures that it belongs to.
    """

    fit: Fit | None
    place: int
    run: int

    def counts_for(self, other: _Match) -> bool:
        """Whether what one says has a say in the other."""
        return self.run == other.run and abs(self.place - other.place) <= REACH


def recovered(
    pictures: Iterable[tuple[Picture, Picture]], place: Callable[[int], int]
) -> Iterator[Choice]:
    """The film's own pictures where it is film, interpolated ones elsewhere.

    What a picture becomes depends on those up to ``REACH + 1`` places away, and on none beyond
    one that is not interlaced.

    Args:
        pictures: as they are, and interpolated from fields, in order.
        place: gives the number of a picture in the source, by its time.
    """
    near: deque[_Match] = deque()  # all that still have a say
    waiting: deque[tuple[_Triple, _Match]] = deque()
    for triple, match in _matched(pictures, place):
        near.append(match)
        waiting.append((triple, match))
        while waiting and (waiting[0][1].fit is None or not match.counts_for(waiting[0][1])):
            yield _choice(*waiting.popleft(), near)
        oldest = waiting[0][1] if waiting else match
        while oldest.place - near[0].place > REACH:
            near.popleft()
    while waiting:
        yield _choice(*waiting.popleft(), near)


def _matched(
    pictures: Iterable[tuple[Picture, Picture]], place: Callable[[int], int]
) -> Iterator[tuple[_Triple, _Match]]:
    run = 0
    for triple in _triples(pictures):
        before, now, after = triple
        found: Fit | None = None
        if now.picture.native.interlaced_frame:
            found = fit(before.luma if before else None, now.luma, after.luma if after else None)
        else:
            run += 1
        yield triple, _Match(found, place(now.picture.pts), run)


def _triples(pictures: Iterable[tuple[Picture, Picture]]) -> Iterator[_Triple]:
    before: _Seen | None = None
    now: _Seen | None = None
    for picture, interpolated in pictures:
        after = _Seen(picture, interpolated, luma_of(picture.native))
        if now is not None:
            yield before, now, after
        before, now = now, after
    if now is not None:
        yield before, now, None


def _choice(triple: _Triple, match: _Match, near: Iterable[_Match]) -> Choice:
    own = triple[1]
    if match.fit is None:
        return Choice(own.picture, None)
    fits = [each.fit for each in near if each.fit is not None and each.counts_for(match)]
    film = [each for each in fits if _says_film(each)]
    against = sum(_says_video(each) for each in fits)
    if len(film) < max(_LEAST_VOTES, _MAJORITY * against):
        return Choice(own.interpolated, Kind.VIDEO)
    partner = triple[1 + match.fit.partner]
    if partner is None or _is_combed(match.fit, film):
        return Choice(own.interpolated, _kind(film))
    native = joined(own.picture.native, partner.picture.native)
    return Choice(replace(own.picture, native=native), _kind(film))


def _says_film(fit: Fit) -> bool:
    """One field belongs to it, and no other."""
    best, second, _ = _three(fit)
    return second >= _MOTION and best <= _FILM * second


def _says_video(fit: Fit) -> bool:
    """No field belongs to it."""
    best, second, worst = _three(fit)
    return worst >= _MOTION and best > _VIDEO * second and best > _BOTH_MATCH * worst


def _is_combed(fit: Fit, film: list[Fit]) -> bool:
    """Whether a frame amid film has lines of two instants, as edits and inserts leave them."""
    best, second, worst = _three(fit)
    usual = median(_three(each)[0] for each in film)
    motion = median(_three(each)[1] for each in film)
    return best > max(_MOTION, _FILM * second, _WORSE * usual, _COMBED * min(worst, motion))


def _three(fit: Fit) -> tuple[float, float, float]:
    """Best, second and worst match; at the ends of a source one is missing."""
    return fit.combs[0], fit.combs[min(1, len(fit.combs) - 1)], fit.combs[-1]


def _kind(film: list[Fit]) -> Kind:
    inner = [each for each in film if len(each.combs) > 2] or film
    own = sum(each.partner == 0 for each in inner) / len(inner)
    if own >= _ALWAYS:
        return Kind.WHOLE
    return Kind.SHIFTED if own <= _NEVER else Kind.PULLDOWN
