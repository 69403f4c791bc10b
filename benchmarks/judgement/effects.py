"""What editors, cameras and lamps do to frames; pure functions on arrays.

Frames are (H, W, 3) RGB uint8; runs of frames are (N, H, W, 3). Weights lie in [0, 1].
"""

from __future__ import annotations

import io
from collections.abc import Sequence as Run

import av
import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.judgement.footage import Picture, pixels

Mask = npt.NDArray[np.float32]

GAMMA = 2.2  # close enough to sRGB's curve for light that is only to look plausible


def rounded(picture: npt.NDArray[np.floating]) -> Picture:
    """To 8 bits."""
    return pixels(np.clip(np.rint(picture), 0, 255).astype(np.uint8))


def mix(before: Picture, after: Picture, weight: float | Mask, *, linear: bool = False) -> Picture:
    """`after` over `before`: on the coded values as editors do, or in linear light."""
    first, second = (frame.astype(np.float32) / 255 for frame in (before, after))
    if linear:
        mixed = first**GAMMA * (1 - weight) + second**GAMMA * weight
        return rounded(255 * mixed ** (1 / GAMMA))
    return rounded(255 * (first * (1 - weight) + second * weight))


def ramp(length: int) -> list[float]:
    """Weights of `length` mixed frames, none of them 0 or 1."""
    return [(step + 1) / (length + 1) for step in range(length)]


def plain(like: Picture, level: int) -> Picture:
    """A frame of one grey."""
    return np.full_like(like, level)


def lit(frame: Picture, gain: float) -> Picture:
    """The scene under `gain` times the light."""
    return rounded(255 * (frame.astype(np.float32) / 255) * gain ** (1 / GAMMA))


def grain(frames: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """Film grain: luma noise of `sigma` grey levels, two thirds of it fine, new in each frame."""
    out = np.empty_like(frames)
    height, width = frames.shape[1:3]
    for place, frame in enumerate(frames):
        fine = rng.standard_normal((height, width), dtype=np.float32)
        coarse = rng.standard_normal((height // 2, width // 2), dtype=np.float32)
        wide = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        # Resizing leaves the coarse part a third of its power.
        noise = sigma * (0.8 * fine + 0.9 * np.asarray(wide, np.float32))
        out[place] = rounded(frame.astype(np.float32) + noise[..., None])
    return out


def glow(shape: tuple[int, ...], centre: tuple[float, float], radius: float) -> Mask:
    """1 at a centre (x, y in pixels), falling to 0 smoothly around `radius`."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    distance = np.hypot(x - centre[0], y - centre[1])
    inside = np.clip((radius - distance) / (0.35 * radius) + 0.5, 0, 1)
    return np.asarray(inside[..., None], np.float32)


def flashed(frame: Picture, weight: float, mask: Mask | None = None) -> Picture:
    """Brightened towards white, everywhere or where the mask says."""
    return mix(frame, plain(frame, 255), weight if mask is None else (weight * mask))


def exploded(frame: Picture, centre: tuple[float, float], radius: float, weight: float) -> Picture:
    """A ball of fire over a scene that it lights."""
    fire = np.empty_like(frame)
    fire[:] = (255, 170, 60)
    burning = mix(lit(frame, 1 + 2 * weight), fire, weight * glow(frame.shape, centre, radius))
    return mix(burning, plain(frame, 255), weight * glow(frame.shape, centre, 0.6 * radius))


def crop(wide: Picture, left: float, top: float, size: tuple[int, int], turn: float = 0) -> Picture:
    """The part of `size` (width, height) at a fractional place, turned by `turn` radians."""
    cos, sin = np.cos(turn), np.sin(turn)
    middle = np.array([(size[0] - 1) / 2, (size[1] - 1) / 2])
    matrix = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    matrix[:, 2] = middle + np.array([left, top]) - matrix[:, :2] @ middle
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REFLECT
    return pixels(cv2.warpAffine(wide, matrix, size, flags=flags, borderMode=border))


def swept(wide: Picture, left: tuple[float, float], top: float, size: tuple[int, int]) -> Picture:
    """The mean of what a camera sees while it moves from `left[0]` to `left[1]`: motion blur."""
    samples = max(2, min(16, round(abs(left[1] - left[0])) + 1))
    places = np.linspace(left[0], left[1], samples)
    return rounded(np.mean([crop(wide, place, top, size) for place in places], axis=0))


def subtitled(frame: Picture, lines: Run[str]) -> Picture:
    """White letters with a black rim at the bottom."""
    out = pixels(frame.copy())
    scale, font = frame.shape[1] / 640, cv2.FONT_HERSHEY_SIMPLEX
    for place, line in enumerate(reversed(lines)):
        width = cv2.getTextSize(line, font, scale, 1)[0][0]
        at = (frame.shape[1] - width) // 2, frame.shape[0] - 8 - place * round(28 * scale)
        for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(out, line, at, font, scale, colour, thickness, cv2.LINE_AA)
    return out


def letterboxed(frames: Picture, bar: int) -> Picture:
    """Black bars of `bar` rows above and below."""
    out = frames.copy()
    out[:, :bar] = 0
    out[:, frames.shape[1] - bar :] = 0
    return pixels(out)


def recompressed(frames: Picture, crf: int) -> Picture:
    """Through x264 and back, in memory; one thread, so that every run gives the same."""
    store = io.BytesIO()
    with av.open(store, "w", format="matroska") as container:
        options = {"crf": str(crf), "preset": "fast", "threads": "1"}
        stream = container.add_stream("libx264", rate=24, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    store.seek(0)
    with av.open(store) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
