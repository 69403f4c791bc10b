"""What the network is shown, on one picture to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from dain.training.samples import Sample

Picture = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]

_GAP = 4
_HEAD = 22  # rows for the names of the columns
_NOTE = 15  # rows for a line of text under each sample
_PAPER, _INK = 250, 30
_UNKNOWN = 160  # grey: not known
_KINDS = {0: "scene", 1: "footage", 2: "compressed footage"}


def draw(samples: Sequence[Sample]) -> Picture:
    """A contact sheet, one row for each sample.

    The columns are both frames and the true one between them, the difference of the two frames
    (doubled), the flow of the first one (the hue is its direction, the colour's strength its
    length against the longest), nearness (white is nearest) and visibility (black: not seen in
    the last frame). What is not known is grey. The line below tells kind, time and longest flow.

    Args:
        samples: at least one; of any sizes.

    Returns:
        ``(H, W, 3)`` uint8 RGB.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("expected at least one sample to draw, found none")
    width = max(sample.first.shape[1] for sample in samples)
    total = len(_COLUMNS) * (width + _GAP) + _GAP
    head = _paper(_HEAD, total)
    for place, name in enumerate(_COLUMNS):
        _write(head, name, _GAP + place * (width + _GAP), _HEAD - 7)
    return np.concatenate([head, *(_row(sample, width, total) for sample in samples)])


def flow_colours(flow: npt.NDArray[np.float32], longest: float | None = None) -> Picture:
    """Flow as colours, ``(H, W, 3)`` uint8 RGB: white where nothing moves, grey where unknown.

    Args:
        flow: ``(H, W, 2)`` in pixels.
        longest: length with the strongest colour; by default the longest there is, at least 1.
    """
    known = np.isfinite(flow).all(-1)
    x, y = cv2.split(np.nan_to_num(flow))
    length, angle = cv2.cartToPolar(x, y, angleInDegrees=True)
    longest = max(float(length.max()), 1.0) if longest is None else longest
    strength = np.clip(length / longest, 0, 1)
    colours = np.dstack([angle, strength, np.ones_like(angle)]).astype(np.float32)
    picture = np.rint(255 * cv2.cvtColor(colours, cv2.COLOR_HSV2RGB)).astype(np.uint8)
    picture[~known] = _UNKNOWN
    return picture


def _row(sample: Sample, width: int, total: int) -> Picture:
    height = sample.first.shape[0]
    row = _paper(height + _NOTE + _GAP, total)
    for place, picture_of in enumerate(_COLUMNS.values()):
        picture = picture_of(sample)
        left = _GAP + place * (width + _GAP)
        row[:height, left : left + picture.shape[1]] = picture
    _write(row, _note(sample), _GAP, height + _NOTE - 3)
    return row


def _note(sample: Sample) -> str:
    kind = _KINDS.get(sample.kind, f"kind {sample.kind}")
    length = np.hypot(sample.flow01[..., 0], sample.flow01[..., 1])
    known = length[np.isfinite(length)]
    motion = f"longest flow {known.max():.1f} px" if known.size else "flow unknown"
    return f"{kind}, t = {sample.time:.3g}, {motion}"


def _difference(sample: Sample) -> Picture:
    return np.asarray(cv2.convertScaleAbs(cv2.absdiff(sample.first, sample.last), alpha=2))


def _grey(plane: Plane) -> Picture:
    """Values in [0, 1] as grey."""
    grey = np.rint(255 * np.clip(np.nan_to_num(plane), 0, 1)).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    picture[~np.isfinite(plane)] = (_UNKNOWN, _UNKNOWN, _UNKNOWN)
    return np.asarray(picture, np.uint8)


_COLUMNS: dict[str, Callable[[Sample], Picture]] = {
    "first": lambda sample: sample.first,
    "truth": lambda sample: sample.truth,
    "last": lambda sample: sample.last,
    "|first - last| x 2": _difference,
    "flow 0 to 1": lambda sample: flow_colours(sample.flow01),
    "nearness": lambda sample: _grey(sample.nearness0),
    "visible in last": lambda sample: _grey(sample.visible0),
}


def _paper(height: int, width: int) -> Picture:
    return np.full((height, width, 3), _PAPER, np.uint8)


def _write(picture: Picture, text: str, x: int, y: int) -> None:
    ink = (_INK, _INK, _INK)
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)
