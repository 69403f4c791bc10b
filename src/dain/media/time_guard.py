"""Keeping audio whose time stamps are damaged away from what takes them at their word.

One stamp that leaps hours ahead would have hours of silence made, or all that follows pushed
behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from dain.media.routes import AnyPacket

_LEAP = Fraction(10)  # seconds; what FFmpeg takes for a break, too
_SLACK = Fraction(1, 10)  # seconds by which rounded time stamps may fall back


class TimeGuard:
    """Lets through the packets of one audio stream whose times the others bear out.

    A packet that leaps ahead is believed if the next one goes on from there; else it is kept
    out, and so are those that fall back. What leaps beyond the last picture is kept out either
    way. A packet without a time gets that at which the one before it ends.

    Args:
        last: source time in seconds at which the last picture ends; None if unknown.

    Attributes:
        bad: packets kept out.
    """

    def __init__(self, last: Fraction | None) -> None:
        self.bad = 0
        self._last = last
        self._start: Fraction | None = None  # of the packet let through last
        self._next: Fraction | None = None  # where it ends
        self._doubted: AnyPacket | None = None

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """The packets that can be let through now."""
        start = _start(packet)
        if start is None:
            if self._doubted is None and self._next is not None:
                packet.pts = packet.dts = round(self._next / packet.time_base)
                self._pass(packet, self._next)
            yield packet  # without any time it is for the route to judge
            return
        doubted, self._doubted = self._doubted, None
        if doubted is not None:
            since = start - _known_start(doubted)
            if -_SLACK <= since <= _LEAP + _duration(doubted):
                self._pass(doubted, _known_start(doubted))
                yield doubted
            else:
                self.bad += 1
        if self._falls_back(start) or self._leaps_out(start):
            self.bad += 1
        elif self._goes_on(start):
            self._pass(packet, start)
            yield packet
        else:
            self._doubted = packet

    def flush(self) -> Iterator[AnyPacket]:
        """At the end: a first packet that no other followed; one that leapt is kept out."""
        doubted, self._doubted = self._doubted, None
        if doubted is None:
            return
        if self._next is None:
            yield doubted
        else:
            self.bad += 1

    def _falls_back(self, start: Fraction) -> bool:
        return self._start is not None and start < self._start - _SLACK

    def _goes_on(self, start: Fraction) -> bool:
        return self._next is not None and start <= self._next + _LEAP

    def _leaps_out(self, start: Fraction) -> bool:
        beyond = self._last is not None and start > self._last + _LEAP
        return beyond and not self._goes_on(start)

    def _pass(self, packet: AnyPacket, start: Fraction) -> None:
        self._start, self._next = start, start + _duration(packet)


def _start(packet: AnyPacket) -> Fraction | None:
    stamp = packet.dts if packet.pts is None else packet.pts
    return None if stamp is None else stamp * packet.time_base


def _known_start(packet: AnyPacket) -> Fraction:
    start = _start(packet)
    assert start is not None
    return start


def _duration(packet: AnyPacket) -> Fraction:
    return max(packet.duration or 0, 0) * packet.time_base
