"""A film in which a flash and a click come together, and how far apart they are in another."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

FLASHES = (Fraction(1, 2), Fraction(5, 4))
RATE, SAMPLE_RATE = 24, 48_000


def make_flashing(
    path: Path, codec: str = "aac", seconds: Fraction = Fraction(2), pictures: str = "libx264"
) -> Path:
    """Write it: dark frames but for one at each of `FLASHES`, a quiet tone but for a beep."""
    count = int(seconds * SAMPLE_RATE)
    wave = 0.05 * np.sin(2 * np.pi * 440 * np.arange(count) / SAMPLE_RATE)
    for flash in FLASHES:
        first = int(flash * SAMPLE_RATE)
        wave[first : first + 480] += 0.8 * np.sin(2 * np.pi * 2000 * np.arange(480) / SAMPLE_RATE)
    with av.open(str(path), "w") as output:
        video = output.add_stream(pictures, rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = output.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        for index in range(int(seconds * RATE)):
            level = 235 if Fraction(index, RATE) in FLASHES else 20
            image = np.full((48, 64, 3), level, np.uint8)
            picture = av.VideoFrame.from_ndarray(image).reformat(format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            output.mux(video.encode(picture))
        output.mux(video.encode(None))
        for first in range(0, count, 1024):
            block = np.ascontiguousarray(wave[None, first : first + 1024].astype(np.float32))
            frame = av.AudioFrame.from_ndarray(block, "fltp", "mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, first
            frame.time_base = Fraction(1, SAMPLE_RATE)
            output.mux(audio.encode(frame))
        output.mux(audio.encode(None))
    return path


def flash_times(path: Path) -> list[float]:
    """When the picture turns bright."""
    found, was_bright = [], False
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            bright = frame.to_ndarray(format="gray").mean() > 200
            if bright and not was_bright:
                found.append(float(frame.pts * frame.time_base))
            was_bright = bright
    return found


def heard(path: Path) -> tuple[np.ndarray, float]:
    """The first audio stream in one channel, ``(samples,)`` at 48 kHz, and when it begins."""
    resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
    blocks, begin = [], None
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            if frame.pts is not None and begin is None:
                before = sum(block.shape[1] for block in blocks) / SAMPLE_RATE
                begin = float(frame.pts * frame.time_base) - before
            blocks += [each.to_ndarray() for each in resampler.resample(frame)]
    return np.concatenate(blocks, axis=1)[0], begin or 0.0


def click_times(path: Path) -> list[float]:
    """When a beep begins."""
    wave, begin = heard(path)
    found: list[float] = []
    for sample in np.flatnonzero(np.abs(wave) > 0.3):
        if not found or begin + sample / SAMPLE_RATE - found[-1] > 0.1:
            found.append(begin + sample / SAMPLE_RATE)
    return found


def pitch(wave: Sequence[float] | np.ndarray) -> float:
    """The strongest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 8 * len(wave)))
    return float(np.fft.rfftfreq(8 * len(wave), 1 / SAMPLE_RATE)[spectrum.argmax()])
