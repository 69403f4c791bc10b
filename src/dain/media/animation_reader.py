"""Frames from an animated GIF, PNG or WebP."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import accumulate, chain
from math import gcd, lcm
from pathlib import Path
from typing import Any
from weakref import WeakSet

from dain.errors import MediaError
from dain.media.animation import Animation, Disposal, parse_animation
from dain.media.animation_canvas import independent_patch, pictures_of
from dain.media.damage import DamageLog
from dain.media.frame import Colour, Frame, Pixels, Timestamps, VideoInfo
from dain.media.interfaces import FrameReader
from dain.media.transparency import KEPT_BY, is_opaque, on_white
from dain.settings import ReadSettings


class AnimationReader(FrameReader):
    """Reads an animated image: frames as a browser shows them, with exact times.

    Delays are what the file says, as whole multiples of the time base: of 1/100 s in GIF,
    1/1000 s in WebP, and of the largest unit that all delays share in APNG. The last frame has
    a delay as all others have. See `animation_gif` for delays that browsers do not believe.

    A frame that cannot be decoded is left out and counted, and what stands on it may show
    that. A frame that the end of the file cuts off is left out, and the file told of.

    One frame is decoded at a time, and the canvas is held. Every call of `frames` opens the
    file anew, so several may be under way at once, each in a thread of its own.

    Args:
        path: of the file.
        image_format: ``gif``, ``apng`` or ``webp``.
        settings: whether frames keep their transparency, as ``(H, W, 4)`` RGBA, if there is
            any; else it is laid on white.

    Raises:
        MediaError: it cannot be read, or no frame in it can be decoded.
    """

    def __init__(self, path: Path, image_format: str, settings: ReadSettings) -> None:
        self._path = path
        self._animation = animation = parse_animation(path, image_format)
        self._log = DamageLog(path)
        self.damage = self._log.damage
        self.messages: list[str] = []
        for number in range(animation.lost):
            self._log.corrupt(("header", number))
        if animation.cut_short:
            self._log.lacks_end()
        self._ticks, self._time_base = _on_one_clock([each.delay for each in animation.patches])
        self._pts = [0, *accumulate(self._ticks[:-1])]
        is_transparent = self._find_transparency()
        self._has_alpha = is_transparent and settings.alpha
        if is_transparent and not settings.alpha:
            self.messages.append(f"{path.name}: transparency is laid on white; {KEPT_BY}")
        self._open: WeakSet[Generator[Frame, None, None]] = WeakSet()
        self._closed = False
        self.info = self._describe()

    def frames(self, from_pts: int | None = None) -> Iterator[Frame]:
        """Decode from the start, or from the last frame at or before `from_pts`."""
        if self._closed:
            raise MediaError(f"expected an open reader, found a closed one: {self._path}")
        frames = self._frames(from_pts)
        self._open.add(frames)
        return frames

    def timestamps(self) -> Timestamps:
        """Times of all frames, damaged ones too, and the last one's own duration."""
        return Timestamps(self._pts, self._time_base, self._ticks[-1])

    def damage_places(self) -> list[Any]:
        """What `damage` counts, place by place."""
        return self._log.places()

    def know_damage(self, places: list[Any]) -> None:
        """Count damage that an earlier run found; what is found again counts once."""
        self._log.know(places)

    def close(self) -> None:
        """Stop all reading; safe to call twice."""
        self._closed = True
        for frames in list(self._open):
            frames.close()

    def _describe(self) -> VideoInfo:
        animation, ticks = self._animation, self._ticks
        # A last frame that stands longer, as many do, says nothing of the rate.
        is_even = len(set(ticks[:-1] or ticks)) == 1
        return VideoInfo(
            path=self._path,
            width=animation.width,
            height=animation.height,
            bit_depth=animation.bit_depth,
            time_base=self._time_base,
            rates=(1 / (ticks[0] * self._time_base),) if is_even else (),
            frame_count=len(ticks),
            duration=sum(ticks) * self._time_base,
            colour=Colour(),
            sample_aspect_ratio=Fraction(1),
            codec=animation.format,
            pixel_format=animation.pixel_format,
            alpha=self._has_alpha,
            plays=animation.plays,
        )

    def _find_transparency(self) -> bool:
        """Whether anything transparent is ever seen; decodes no more than it takes to tell."""
        pictures = pictures_of(self._path, self._animation, self._log)
        first = next(pictures, None)
        if first is None:
            raise MediaError(
                f"expected an animated image, found no frame that can be decoded in {self._path}"
            )
        if not is_opaque(first[1]):
            return True
        if not _can_become_transparent(self._animation):
            return False
        return not all(is_opaque(pixels) for _, pixels in pictures)

    def _frames(self, from_pts: int | None) -> Generator[Frame, None, None]:
        animation = self._animation
        if from_pts is None:
            for index, pixels in pictures_of(self._path, animation, self._log):
                yield self._frame(index, pixels)
            return
        wanted = max(0, bisect_right(self._pts, from_pts) - 1)
        held: Frame | None = None
        for index, pixels in self._pictures_before(wanted):
            if index <= wanted:
                held = self._frame(index, pixels)
                continue
            if held is not None:
                yield held
                held = None
            yield self._frame(index, pixels)
        if held is not None:
            yield held

    def _pictures_before(self, wanted: int) -> Iterator[tuple[int, Pixels]]:
        """Pictures up to one and beyond, as reading from the start would give them."""
        start = independent_patch(self._animation, wanted)
        pictures = pictures_of(self._path, self._animation, self._log, start)
        first = next(pictures, None)
        if start > 0 and (first is None or first[0] != start):
            # A damaged patch hides nothing.
            return pictures_of(self._path, self._animation, self._log)
        return pictures if first is None else chain([first], pictures)

    def _frame(self, index: int, canvas: Pixels) -> Frame:
        pixels = canvas.copy() if self._has_alpha else on_white(canvas)
        return Frame(pixels, self._pts[index], self._time_base, self._ticks[index], index)


def _on_one_clock(delays: list[Fraction]) -> tuple[list[int], Fraction]:
    """The delays as whole numbers, and their unit in seconds.

    The unit is the format's own where there is one: 1/100 or 1/1000 s.
    """
    whole = lcm(*(delay.denominator for delay in delays))
    for unit in (100, 1000):
        if unit % whole == 0:
            return [int(delay * unit) for delay in delays], Fraction(1, unit)
    ticks = [int(delay * whole) for delay in delays]
    shared = gcd(*ticks)
    return [tick // shared for tick in ticks], Fraction(shared, whole)


def _can_become_transparent(animation: Animation) -> bool:
    """Whether a canvas that is opaque after the first patch may be so no longer."""
    patches = animation.patches
    clears = any(patch.disposal is Disposal.CLEAR for patch in patches[:-1])
    # The first patch has found the canvas transparent.
    restores = patches[0].disposal is Disposal.RESTORE
    replaces = any(patch.see_through and not patch.over for patch in patches[1:])
    return clears or restores or replaces
