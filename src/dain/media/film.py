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

from dain.media.decoding import Picture
from dain.media.field_matching import Fit, Luma, fit, joined, luma_of
from dain.media.film_votes import Kind, is_combed, is_film, kind_of

# Frames on either side whose votes count: three cycles of 3:2 pulldown together.
REACH = 7


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
    pictures: Iterable[tuple[Picture, Picture]],
    place: Callable[[int], int],
    expected: Kind | None = None,
    flagged: bool = True,
) -> Iterator[Choice]:
    """The film's own pictures where it is film, interpolated ones elsewhere.

    What a picture becomes depends on those up to ``REACH + 1`` places away, and on none beyond
    one that is not interlaced.

    Args:
        pictures: as they are, and interpolated from fields, in order.
        place: gives the number of a picture in the source, by its time.
        expected: kind of film that most of the source is, for where nothing moves.
        flagged: interlaced pictures are flagged as such. Otherwise any may be, and what is not
            shown to be film stays as it is.
    """
    near: deque[_Match] = deque()  # all that still have a say
    waiting: deque[tuple[_Triple, _Match]] = deque()
    for triple, match in _matched(pictures, place, flagged):
        near.append(match)
        waiting.append((triple, match))
        while waiting and (waiting[0][1].fit is None or not match.counts_for(waiting[0][1])):
            yield _choice(*waiting.popleft(), near, expected, flagged)
        oldest = waiting[0][1] if waiting else match
        while oldest.place - near[0].place > REACH:
            near.popleft()
    while waiting:
        yield _choice(*waiting.popleft(), near, expected, flagged)


def _matched(
    pictures: Iterable[tuple[Picture, Picture]], place: Callable[[int], int], flagged: bool
) -> Iterator[tuple[_Triple, _Match]]:
    run = 0
    for triple in _triples(pictures):
        now = triple[1]
        found: Fit | None = None
        if now.picture.native.interlaced_frame or not flagged:
            before, after = (_comparable(each, now) for each in (triple[0], triple[2]))
            found = fit(before, now.luma, after)
        else:
            run += 1
        yield triple, _Match(found, place(now.picture.pts), run)


def _comparable(other: _Seen | None, now: _Seen) -> Luma | None:
    """The brightness of a neighbour, if it is of the same size and format."""
    if other is None or other.picture.native.format.name != now.picture.native.format.name:
        return None
    return other.luma if other.luma.shape == now.luma.shape else None


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


def _choice(
    triple: _Triple,
    match: _Match,
    near: Iterable[_Match],
    expected: Kind | None,
    flagged: bool,
) -> Choice:
    own = triple[1]
    if match.fit is None:
        return Choice(own.picture, None)
    fits = [each.fit for each in near if each.fit is not None and each.counts_for(match)]
    if not is_film(fits, expected is not None):
        return Choice(own.interpolated, Kind.VIDEO) if flagged else Choice(own.picture, None)
    kind = expected or kind_of(fits)
    partner = triple[1 + match.fit.partner]
    if partner is None or is_combed(match.fit, fits):
        return Choice(own.interpolated, kind)
    native = joined(own.picture.native, partner.picture.native)
    return Choice(replace(own.picture, native=native), kind)
