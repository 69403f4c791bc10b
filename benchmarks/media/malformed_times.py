"""Impossible times, and videos that change in their course."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from benchmarks.media.damaging import Retime, retimed
from benchmarks.media.writing import Clip, Sound, write_clip

Written = tuple[str, Callable[[Path], Path], tuple[int, ...]]
_ANY, _REFUSED = (0, 1, 2), (2,)
_PLAIN = Clip(suffix=".ts", count=16, gop=4, options={"bf": "0"})


def _retimed(suffix: str, change: Retime, folder: Path) -> Path:
    with TemporaryDirectory() as home:
        plain = write_clip(Path(home) / "plain.ts", _PLAIN)
        return retimed(plain, folder / f"source{suffix}", change)


_CHANGES: dict[str, Retime] = {
    "jump-ahead": lambda n, t: (t + (n >= 8) * 2400, t + (n >= 8) * 2400),
    "jump-back": lambda n, t: (t + 500 - (n >= 8) * 400, t + 500 - (n >= 8) * 400),
    "all-equal": lambda n, t: (40, 40),
    "in-pairs": lambda n, t: (t // 2 * 2, t),
    "negative": lambda n, t: (t - 1000, t - 1000),
    "falling": lambda n, t: (1000 - n, 1000 - n),
    "wraps": lambda n, t: (2**33 // 3750 - 8 + t, 2**33 // 3750 - 8 + t),
    "ten-days": lambda n, t: (t * 24 * 3600 * 24, t * 24 * 3600 * 24),
    "shuffled": lambda n, t: (t * 7 % 16 + 100, n + 90),
}


def _hours_ahead(number: int, time: int) -> tuple[int, int]:
    """What only a transport stream may do; anywhere else it is hours of a standing picture."""
    time += (number >= 8) * 3 * 3600 * 24
    return time, time


def _joined(parts: list[Clip], folder: Path) -> Path:
    """Streams of several kinds, one behind the other."""
    path = folder / f"source{parts[0].suffix}"
    data = b""
    for number, clip in enumerate(parts):
        data += write_clip(folder / f"part{number}{clip.suffix}", clip).read_bytes()
        (folder / f"part{number}{clip.suffix}").unlink()
    path.write_bytes(data)
    return path


_SMALL = Clip(suffix=".h264", rate=25, count=8, options={"bf": "0"})
_TS = Clip(suffix=".ts", rate=25, count=8, options={"bf": "0"})
_CHANGING = {
    "size-h264": [_SMALL, Clip(suffix=".h264", rate=25, count=8, size=(32, 32))],
    "size-ts": [_TS, Clip(suffix=".ts", rate=25, count=8, size=(96, 64))],
    "format-h264": [_SMALL, Clip(suffix=".h264", rate=25, count=8, pixel_format="yuv444p")],
    "depth-h264": [_SMALL, Clip(suffix=".h264", rate=25, count=8, pixel_format="yuv420p10le")],
    "codec-ts": [_TS, Clip(suffix=".ts", rate=25, count=8, codec="mpeg2video")],
    "sound-ts": [_TS, Clip(suffix=".ts", rate=25, count=8, sounds=(Sound(),))],
}


def _sound_only(suffix: str, codec: str, folder: Path) -> Path:
    path = folder / f"source{suffix}"
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=48000, layout="mono")
        resampler = av.AudioResampler(stream.format, stream.layout, 48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        for each in resampler.resample(frame):
            output.mux(stream.encode(each))
        output.mux(stream.encode(None))
    return path


def _one(suffix: str, codec: str, folder: Path) -> Path:
    return write_clip(
        folder / f"source{suffix}", Clip(suffix=suffix, codec=codec, count=1, flash=9)
    )


TIMES: tuple[Written, ...] = (
    *(
        (f"times-{name}-{suffix[1:]}", partial(_retimed, suffix, change), _ANY)
        for name, change in _CHANGES.items()
        for suffix in (".ts", ".mp4", ".mkv", ".avi")
    ),
    ("times-hours-ahead-ts", partial(_retimed, ".ts", _hours_ahead), _ANY),
    *((f"changes-{name}", partial(_joined, parts), _ANY) for name, parts in _CHANGING.items()),
    ("sound-only-mp4", partial(_sound_only, ".mp4", "aac"), _REFUSED),
    ("sound-only-wav", partial(_sound_only, ".wav", "pcm_s16le"), _REFUSED),
    ("sound-only-mp3", partial(_sound_only, ".mp3", "libmp3lame"), _REFUSED),
    ("one-frame-mp4", partial(_one, ".mp4", "libx264"), _REFUSED),
    ("one-frame-mkv", partial(_one, ".mkv", "ffv1"), _REFUSED),
    ("one-frame-ts", partial(_one, ".ts", "mpeg2video"), _ANY),
)
