"""Inputs that are damaged, mislabelled, impossible or no videos at all.

Whatever they are, a run ends in time with exit code 0, 1 or 2, says one line of error at
most, leaves nothing behind and an existing output alone, and never drops frames silently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.media.damaging import (
    Spoil,
    behind_junk,
    cut,
    filled_box,
    flipped,
    giant_mp4,
    patched,
    renamed_box,
    twice,
    with_junk,
    without,
    zeroed,
)
from benchmarks.media.malformed_places import PLACES
from benchmarks.media.malformed_times import TIMES
from benchmarks.media.writing import Clip, Sound, write_clip
from benchmarks.media.writing_stills import Stills, write_animation, write_stills

COUNT = 18
_VP9 = {"crf": "20", "b": "0", "cpu-used": "8"}
_PACKED = {"flags": "+qscale", "global_quality": "354"}


@dataclass(frozen=True)
class Malformed:
    """An input, and what the documentation says of it.

    Attributes:
        name: unique.
        write: makes it in a folder and returns its path.
        codes: exit codes that may come.
        count: frames before it was damaged; fewer must not come out without a message.
        output: name of the output.
    """

    name: str
    write: Callable[[Path], Path]
    codes: frozenset[int] = frozenset({0, 1, 2})
    count: int | None = None
    output: str = "output.mp4"


def _clip(suffix: str, codec: str = "libx264", sound: str = "aac", **more: object) -> Clip:
    sounds = (Sound(codec=sound),) if sound else ()
    return Clip(suffix=suffix, codec=codec, count=COUNT, gop=6, sounds=sounds, **more)  # type: ignore[arg-type]


_CLIPS: dict[str, Clip] = {
    "mp4": _clip(".mp4"),
    "mp4-fast": _clip(".mp4", muxer={"movflags": "faststart"}),
    "mp4-fragments": _clip(".mp4", muxer={"movflags": "frag_keyframe+empty_moov"}),
    "mov": _clip(".mov", "prores_ks", "pcm_s16le", pixel_format="yuv422p10le"),
    "mkv": _clip(".mkv", sound="flac"),
    "mkv-hevc": _clip(".mkv", "libx265", "", options={"x265-params": "log-level=none"}),
    "mkv-ffv1": _clip(".mkv", "ffv1", ""),
    "webm": _clip(".webm", "libvpx-vp9", "libopus", options=_VP9),
    "avi": _clip(".avi", "mpeg4", "pcm_s16le", options=_PACKED),
    "ts": _clip(".ts"),
    "ts-mpeg2": _clip(".ts", "mpeg2video", "mp2", rate=25, options=_PACKED),
    "flv": _clip(".flv"),
    "ogv": _clip(".ogv", "libvpx", "", options={"crf": "8", "b": "1M"}),
    "h264": _clip(".h264", sound="", rate=25),
    "y4m": _clip(".y4m", "rawvideo", "", container="yuv4mpegpipe"),
}
_ANIMATIONS = (".gif", ".apng", ".webp")


@cache
def sound_file(name: str) -> tuple[bytes, str]:
    """An undamaged file by its name here: contents and suffix."""
    with TemporaryDirectory() as home:
        if name in _ANIMATIONS:
            return write_animation(Path(home), name).read_bytes(), name
        if name == "zip":
            return write_stills(Path(home), Stills(form="zip")).read_bytes(), ".zip"
        clip = _CLIPS[name]
        return write_clip(Path(home) / f"clip{clip.suffix}", clip).read_bytes(), clip.suffix


def _spoilt(name: str, spoil: Spoil, folder: Path, suffix: str = "") -> Path:
    data, usual = sound_file(name)
    path = folder / f"source{suffix or usual}"
    path.write_bytes(spoil(data))
    return path


def spoilt(name: str, how: str, spoil: Spoil, counted: bool = True, suffix: str = "") -> Malformed:
    """A sound file that was spoilt."""
    counts = dict.fromkeys(_CLIPS, COUNT) | dict.fromkeys((*_ANIMATIONS, "zip"), 8)
    return Malformed(
        f"{name.strip('.')}-{how}",
        partial(_spoilt, name, spoil, suffix=suffix),
        count=counts[name] if counted else None,
    )


def _everywhere() -> list[Malformed]:
    cases = []
    for name in (*_CLIPS, *_ANIMATIONS, "zip"):
        # MPEG-TS, bare streams and Ogg tell neither their length nor that they are whole.
        tells = name not in ("h264", "ts", "ts-mpeg2", "mp4-fragments")
        cases += [
            spoilt(name, f"cut-{percent}", cut(percent / 100), counted=tells)
            for percent in (1, 10, 35, 60, 85, 99)
        ]
        cases += [spoilt(name, f"flips-{seed}", flipped(seed, 8), counted=False) for seed in (1, 2)]
        cases += [
            spoilt(name, "many-flips", flipped(4, 200, 0.1), counted=False),
            spoilt(name, "no-head", zeroed(0, 0.05), counted=False),
            spoilt(name, "hole", zeroed(0.4, 0.1), counted=False),
            spoilt(name, "lost-block", without(0.5, 0.05), counted=False),
            spoilt(name, "junk-behind", with_junk),
            spoilt(name, "junk-before", behind_junk, counted=False),
            spoilt(name, "twice", twice),
        ]
    return cases


_BOXES = (
    spoilt("mp4", "no-moov", renamed_box(b"moov"), counted=False),
    spoilt("mp4", "no-stts", renamed_box(b"stts"), counted=False),
    spoilt("mp4", "no-stco", renamed_box(b"stco"), counted=False),
    spoilt("mp4", "no-edit-list", renamed_box(b"elst")),
    spoilt("mp4", "stco-nowhere", filled_box(b"stco", b"\x7f", 8), counted=False),
    spoilt("mp4", "stco-zero", filled_box(b"stco", b"\0", 8), counted=False),
    spoilt("mp4", "stsz-huge", filled_box(b"stsz", b"\x7f\xff\xff\xff", 8), counted=False),
    spoilt("mp4", "stts-zero", filled_box(b"stts", b"\0\0\0\x12\0\0\0\0", 8), counted=False),
    spoilt("mp4", "stts-huge", filled_box(b"stts", b"\xff", 8), counted=False),
    spoilt("mp4", "ctts-huge", filled_box(b"ctts", b"\x7f", 8), counted=False),
    spoilt("mp4", "stsc-wild", filled_box(b"stsc", b"\xff", 8), counted=False),
    spoilt("mp4", "avcc-empty", filled_box(b"avcC", b"\0", 0), counted=False),
    spoilt("mp4", "mdhd-zero", filled_box(b"mdhd", b"\0", 8), counted=False),
    spoilt("mp4", "giant", giant_mp4, counted=False),
    spoilt("avi", "no-index", renamed_box(b"idx1", b"JUNK")),
    spoilt("avi", "index-zero", filled_box(b"idx1", b"\0")),
    spoilt("avi", "index-wild", filled_box(b"idx1", b"\xff"), counted=False),
    spoilt("avi", "strh-zero", filled_box(b"strh", b"\0", 24), counted=False),
    spoilt("avi", "giant", filled_box(b"strf", b"\x28\0\0\0\xff\xff\0\0\xff\xff\0\0"),
           counted=False),
    spoilt("mkv", "no-cues", renamed_box(b"\x1c\x53\xbb\x6b", b"\x1c\x53\xbb\x6c")),
    spoilt(".gif", "giant", lambda data: data[:6] + b"\xff\xff\xff\xff" + data[10:],
           counted=False),
    spoilt(".apng", "giant", lambda data: data[:16] + b"\x7f\xff\xff\xff" * 2 + data[24:],
           counted=False),
    spoilt(".webp", "giant", filled_box(b"VP8X", b"\xff", 8), counted=False),
    spoilt("y4m", "giant", patched(b"W64 H48", b"W100000 H100000"), counted=False),
    spoilt("y4m", "no-rate", patched(b"F24:1", b"F0:0"), counted=False),
    spoilt("y4m", "negative", patched(b"W64 H48", b"W-64 H48"), counted=False),
    spoilt("y4m", "odd-space", patched(b"C420jpeg", b"C999jpeg"), counted=False),
    spoilt("mkv", "named-mp4", bytes, suffix=".mp4"),
    spoilt("mp4", "named-avi", bytes, suffix=".avi"),
    spoilt("mp4", "named-png", bytes, suffix=".png", counted=False),
    spoilt("mp4", "named-zip", bytes, suffix=".zip", counted=False),
    spoilt("mp4", "named-txt", bytes, suffix=".txt"),
    spoilt(".gif", "named-mp4", bytes, suffix=".mp4"),
    spoilt("ts", "named-y4m", bytes, suffix=".y4m"),
    spoilt("zip", "named-mp4", bytes, suffix=".mp4", counted=False),
)  # fmt: skip

MALFORMED: tuple[Malformed, ...] = (
    *_everywhere(),
    *_BOXES,
    *(Malformed(name, write, frozenset(codes)) for name, write, codes in TIMES),
    *(Malformed(name, write, frozenset(codes)) for name, write, codes in PLACES),
)
