"""Shots put one after another, with the truth about where and how they meet."""

from __future__ import annotations

import numpy as np
from benchmarks.judgement.effects import mix, plain, ramp
from benchmarks.judgement.footage import Picture
from benchmarks.judgement.truth import Event


class Reel:
    """Frames so far, and the events in them."""

    def __init__(self) -> None:
        self.frames: list[Picture] = []
        self.events: list[Event] = []

    def __len__(self) -> int:
        return len(self.frames)

    def mark(self, kind: str, first: int, last: int, note: str = "") -> None:
        """Add an event."""
        self.events.append(Event(kind, first, last, note))

    def cut(self, shot: Picture, note: str = "") -> int:
        """Add a shot after a hard cut; returns where it begins."""
        start = len(self)
        if start:
            self.mark("cut", start, start, note)
        self.frames.extend(shot)
        return start

    def join(self, shot: Picture) -> int:
        """Add frames that go on with the shot; returns where they begin."""
        start = len(self)
        self.frames.extend(shot)
        return start

    def dissolve(self, shot: Picture, length: int, *, linear: bool = False) -> None:
        """Mix the last `length` frames with the first ones of a shot, and add what is left."""
        start = len(self) - length
        if start < 0 or len(shot) < length:
            raise ValueError(f"expected {length} frames on both sides of a dissolve")
        for place, weight in enumerate(ramp(length)):
            before = self.frames[start + place]
            self.frames[start + place] = mix(before, shot[place], weight, linear=linear)
        self.frames.extend(shot[length:])
        self.mark("dissolve", start, start + length - 1, f"{length} frames" + " linear" * linear)

    def fade_out(self, length: int, level: int, hold: int, *, linear: bool = False) -> None:
        """Let the last `length` frames fade to a grey level, and hold that for `hold` frames."""
        start, end = len(self) - length, plain(self.frames[-1], level)
        for place, weight in enumerate(ramp(length), start):
            self.frames[place] = mix(self.frames[place], end, weight, linear=linear)
        self.frames.extend([end] * hold)
        self.mark("fade_out", start, start + length - 1, f"{length} frames to {level}")

    def fade_in(self, shot: Picture, length: int, level: int, *, linear: bool = False) -> None:
        """Add a shot whose first `length` frames come out of a grey level."""
        start, begin = len(self), plain(shot[0], level)
        weights = [*ramp(length), *[1.0] * (len(shot) - length)]
        pairs = zip(shot, weights, strict=True)
        self.frames.extend(mix(begin, frame, weight, linear=linear) for frame, weight in pairs)
        self.mark("fade_in", start, start + length - 1, f"{length} frames from {level}")

    def finished(self) -> tuple[Picture, tuple[Event, ...]]:
        """The frames as one array, and the events in order."""
        order = sorted(self.events, key=lambda event: (event.first, event.last))
        return np.stack(self.frames), tuple(order)
