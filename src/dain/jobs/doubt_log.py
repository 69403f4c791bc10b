"""The most doubtful moments of a run, kept while it goes on: few, the worst first."""

from __future__ import annotations

import math
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.media.scene_light import display
from dain.media.thumbnails import heat, in_eight_bits, jpeg, opaque, reduced

MOST_MOMENTS = 40  # as many as a person looks through
_MOMENT = Fraction(1, 2)  # seconds of the source, of which only the worst frame is kept

# What is less doubtful is not worth a look: at 0.25 an error of 4.6 grey levels of 255 is expected.
LEAST_DOUBT = 0.25

_LARGEST = 480  # side of a picture in pixels
_QUALITY, _COARSE = 82, 60  # JPEG's, of frames and of where the doubt is


@dataclass(frozen=True)
class DoubtfulMoment:
    """A made frame that may be wrong.

    Attributes:
        index: number of the output frame, from 0.
        time: where it stands in the source, seconds.
        doubt: in [0, 1], of the whole frame.
        given_up: share of the frame in [0, 1] for which the fallback was taken.
        size: width and height of its pictures.
        pictures: JPEG files: the frames ``earlier`` and ``later``, the one ``made`` between them,
            and ``doubt``, where in it. None where none are kept.
    """

    index: int
    time: Fraction
    doubt: float
    given_up: float
    size: tuple[int, int]
    pictures: Mapping[str, bytes]


class DoubtLog:
    """Keeps the most doubtful frames, at most one of each half second of the source.

    Of equally doubtful ones those are kept that came first, and a frame that comes again is known
    already, so that it does not matter where a run was cut off and went on.

    Args:
        pictures: keep pictures, too: some 80 kB of each moment.
        most: moments to keep.

    Attributes:
        count: frames so far that are at least as doubtful as `LEAST_DOUBT`.
    """

    def __init__(self, pictures: bool = True, most: int = MOST_MOMENTS) -> None:
        self.count = 0
        self._pictures = pictures
        self._most = most
        self._last = -1
        self._kept: dict[int, DoubtfulMoment] = {}  # by the half second

    def append(
        self,
        index: int,
        time: Fraction,
        doubt: float,
        certainty: npt.NDArray[np.float32],
        before: npt.NDArray[Any],
        made: npt.NDArray[Any],
        after: npt.NDArray[Any],
        given_up: float = 0.0,
    ) -> None:
        """Take note of a made frame; next to nothing is done unless it is among the worst.

        Args:
            index: number of the output frame; they rise.
            time: see `DoubtfulMoment`.
            doubt: likewise.
            certainty: ``(h, w)`` in [0, 1], of the frame, reduced.
            before: the earlier source frame, of any kind that readers give.
            made: the new one, likewise.
            after: the later one, likewise.
            given_up: see `DoubtfulMoment`.
        """
        if doubt < LEAST_DOUBT or index <= self._last:
            return
        self._last = index
        self.count += 1
        place = math.floor(time / _MOMENT)
        rival = self._kept.get(place)
        if rival is None and len(self._kept) >= self._most:
            rival = self.entries()[-1]
        if rival is not None and doubt <= rival.doubt:
            return
        if rival is not None:
            del self._kept[math.floor(rival.time / _MOMENT)]
        size, pictures = (0, 0), dict[str, bytes]()
        if self._pictures:
            size, pictures = _thumbnails(certainty, earlier=before, made=made, later=after)
        self._kept[place] = DoubtfulMoment(index, time, doubt, given_up, size, pictures)

    def entries(self) -> list[DoubtfulMoment]:
        """What is kept, the worst first."""
        return sorted(self._kept.values(), key=lambda moment: (-moment.doubt, moment.index))

    def told(self) -> dict[str, Any]:
        """As it stands in a report: plain numbers, times in seconds."""
        return {
            "frames": self.count,
            "worst": [
                {
                    "frame": moment.index,
                    "time": round(float(moment.time), 6),
                    "doubt": round(moment.doubt, 4),
                    "given_up": round(moment.given_up, 4),
                }
                for moment in self.entries()
            ],
        }

    def as_record(self) -> dict[str, Any]:
        """All of it as JSON can hold it, pictures in base64; `go_on_from` takes it back."""
        return {
            "count": self.count,
            "last": self._last,
            "moments": [
                {
                    "index": moment.index,
                    "time": str(moment.time),
                    "doubt": moment.doubt,
                    "given_up": moment.given_up,
                    "size": list(moment.size),
                    "pictures": {
                        kind: b64encode(data).decode() for kind, data in moment.pictures.items()
                    },
                }
                for moment in self.entries()
            ],
        }

    def go_on_from(self, record: Mapping[str, Any]) -> None:
        """Take up what an earlier run kept, in place of what is kept here."""
        self.count, self._last = record["count"], record["last"]
        self._kept = {}
        for each in record["moments"]:
            moment = DoubtfulMoment(
                index=each["index"],
                time=Fraction(each["time"]),
                doubt=each["doubt"],
                given_up=each["given_up"],
                size=(each["size"][0], each["size"][1]),
                pictures={kind: b64decode(data) for kind, data in each["pictures"].items()},
            )
            self._kept[math.floor(moment.time / _MOMENT)] = moment


def _thumbnails(
    certainty: npt.NDArray[np.float32], **frames: npt.NDArray[Any]
) -> tuple[tuple[int, int], dict[str, bytes]]:
    """Size and JPEG files of the frames, and of where in them the doubt is."""
    found = {}
    for kind, pixels in frames.items():
        picture = opaque(in_eight_bits(reduced(display(pixels), _LARGEST)))
        found[kind] = jpeg(picture, _QUALITY)
    height, width = picture.shape[:2]
    doubt = np.rint(255 * (1 - np.clip(certainty, 0, 1))).astype(np.uint8)
    enlarged = cv2.resize(doubt, (width, height), interpolation=cv2.INTER_LINEAR)
    found["doubt"] = jpeg(heat(np.asarray(enlarged, np.uint8)), _COARSE)
    return (width, height), found
