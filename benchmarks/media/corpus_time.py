"""Rates, offsets, edit lists, irregular times, fields, ranges."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.container import InputContainer
from benchmarks.media.cases import Case, Expected, of_clip
from benchmarks.media.writing import Clip, Sound, write_clip

AAC = (Sound(),)
FLAC = (Sound(codec="flac"),)
MILLISECOND, NINETY = Fraction(1, 1000), Fraction(1, 90000)
NTSC = Fraction(30000, 1001)


def _rates() -> list[Case]:
    named = {
        "23-976": Fraction(24000, 1001),
        "25": Fraction(25),
        "29-97": NTSC,
        "50": Fraction(50),
        "59-94": Fraction(60000, 1001),
        "119-88": Fraction(120000, 1001),
        "12-5": Fraction(25, 2),
        "15": Fraction(15),
        "7": Fraction(7),
        "1": Fraction(1),
    }
    cases = [of_clip(f"rate-{name}-mp4", Clip(rate=rate)) for name, rate in named.items()]
    for name in ("23-976", "29-97", "119-88"):
        for suffix in (".mkv", ".ts"):
            clip = Clip(suffix=suffix, rate=named[name], sounds=AAC)
            cases.append(of_clip(f"rate-{name}{suffix.replace('.', '-')}", clip))
    return cases


# 24 a second, but for a frame that stands four times as long and one that is hardly seen.
_UNEVEN = (0, 42, 83, 125, 292, 333, 340, 417, 458, 500)
_UNEVEN_CLIP = Clip(suffix=".mkv", pts=_UNEVEN, time_base=MILLISECOND, sounds=FLAC)
_TICKS = tuple(round(pts * 90) for pts in _UNEVEN)


def _kept(times: tuple[int, ...], unit: Fraction) -> tuple[Fraction, ...]:
    """Each instant, and the middle of each gap."""
    halves = [Fraction(a + b, 2) for a, b in pairwise(times)]
    return tuple(time * unit for time in sorted([*map(Fraction, times), *halves]))


_UNUSUAL: dict[str, object] = {"rate": None, "duration": None, "frames": 20, "same": False}
_IRREGULAR = (
    of_clip("vfr-mkv", _UNEVEN_CLIP, **_UNUSUAL),
    of_clip("vfr-mp4", replace(_UNEVEN_CLIP, suffix=".mp4", pts=_TICKS, time_base=NINETY,
                               sounds=AAC), **_UNUSUAL),
    of_clip("vfr-to-60", replace(_UNEVEN_CLIP, sounds=()), "--fps", "60",
            **_UNUSUAL | {"frames": None, "rate": Fraction(60)}),
    of_clip("vfr-keep-timing-mkv", _UNEVEN_CLIP, "--factor", "2", "--keep-timing",
            rate=None, duration=None, frames=None, times=_kept(_UNEVEN, MILLISECOND)),
    of_clip("vfr-keep-timing-mp4", replace(_UNEVEN_CLIP, suffix=".mp4", pts=_TICKS,
            time_base=NINETY, sounds=AAC), "--factor", "2", "--keep-timing",
            rate=None, duration=None, frames=None, times=_kept(_TICKS, NINETY)),
    of_clip("vfr-dropped-frames", Clip(suffix=".mkv", count=9, time_base=Fraction(1, 24),
            pts=(0, 1, 2, 4, 5, 6, 7, 10, 11), sounds=FLAC, rate=24),
            frames=None, rate=None, duration=Fraction(12, 24), same=False),
    of_clip("vfr-one-long-frame", Clip(suffix=".mp4", pts=(0, 1, 2, 3, 4, 5, 6, 7, 8, 72),
            sounds=AAC, options={"bf": "0"}), **_UNUSUAL),
)  # fmt: skip

_OFFSETS = (
    of_clip("start-video-late-mp4", Clip(pts=tuple(range(12, 22)), sounds=AAC)),
    of_clip("start-video-late-mkv", Clip(suffix=".mkv", pts=tuple(range(12, 22)), sounds=AAC)),
    of_clip("start-video-late-ts", Clip(suffix=".ts", pts=tuple(range(12, 22)), sounds=AAC)),
    of_clip("start-video-late-avi", Clip(suffix=".mkv", pts=tuple(range(12, 22)), sounds=AAC),
            to=".avi", frames=None, duration=None, rate=None, same=False,
            may_tell=(r"stream 1 .*encoded anew",)),
    *(of_clip(f"start-sound-late{suffix.replace('.', '-')}",
              Clip(suffix=suffix, sounds=(Sound(codec=codec, start=Fraction(1, 8)),)))
      for suffix, codec in ((".mp4", "aac"), (".mkv", "flac"), (".ts", "aac"), (".mov", "alac"))),
    of_clip("start-sound-late-to-avi",
            Clip(sounds=(Sound(start=Fraction(1, 8)),)), to=".avi",
            told=(r"stream 1 .*encoded anew as libmp3lame",)),
    of_clip("start-far-ts", Clip(suffix=".ts", pts=tuple(range(240000, 240010)),
            sounds=(Sound(start=Fraction(10000)),))),
    of_clip("edit-list-b-frames", Clip(options={"bf": "3"}, sounds=AAC)),
    of_clip("edit-list-negative-cts", Clip(options={"bf": "3"}, sounds=AAC,
            muxer={"movflags": "negative_cts_offsets"})),
    of_clip("edit-list-none", Clip(options={"bf": "2"}, sounds=AAC,
            muxer={"use_editlist": "0"})),
)  # fmt: skip

_FLAGS = {"flags": "+ildct+ilme"}
_MPEG2 = {"flags": "+ildct+ilme+qscale", "global_quality": "354"}
_FIELDS: dict[str, object] = {"same": False, "may_tell": (r"interlaced|deinterlaced|fields",)}
_BOB = ("--factor", "2", "--deinterlace", "bob")
_TFF = Clip(options={**_FLAGS, "x264-params": "tff=1"}, fields="tff", rate=25, sounds=AAC)
_INTERLACED = (
    of_clip("interlaced-tff-h264", _TFF, **_FIELDS),
    of_clip("interlaced-bff-h264", replace(_TFF, fields="bff",
            options={**_FLAGS, "x264-params": "bff=1"}), **_FIELDS),
    of_clip("interlaced-tff-mpeg2-ts", Clip(suffix=".ts", codec="mpeg2video", fields="tff",
            rate=25, options=_MPEG2, sounds=(Sound(codec="mp2"),)), **_FIELDS),
    of_clip("interlaced-off", _TFF, "--factor", "2", "--deinterlace", "off", **_FIELDS),
    of_clip("interlaced-bob", _TFF, *_BOB, **_FIELDS, frames=40, rate=Fraction(100)),
    of_clip("telecined", Clip(options={**_FLAGS, "x264-params": "tff=1"}, fields="film",
            rate=NTSC, sounds=AAC), **_FIELDS),
)  # fmt: skip

_LONG = Clip(count=24, flash=12, sounds=AAC)
_PART: dict[str, object] = {"whole": False}
_RANGES = (
    of_clip("range-start", _LONG, "--factor", "2", "--start", "0.25", **_PART,
            frames=36, duration=Fraction(3, 4), same=False),
    of_clip("range-end", _LONG, "--factor", "2", "--end", "0.75", **_PART,
            frames=36, duration=Fraction(3, 4)),
    of_clip("range-start-end-mkv", replace(_LONG, suffix=".mkv", sounds=FLAC), "--factor", "2",
            "--start", "0.25", "--end", "0.8", **_PART, frames=27,
            duration=Fraction(11, 20), same=False),
    of_clip("range-frames", _LONG, "--factor", "2", "--start-frame", "6", "--end-frame", "17",
            **_PART, frames=24, duration=Fraction(1, 2), same=False),
    of_clip("range-ts", replace(_LONG, suffix=".ts"), "--factor", "2", "--start", "0.25", **_PART,
            frames=36, same=False),
    of_clip("slow-motion", replace(_LONG, sounds=()), "--factor", "2", "--slow-motion",
            rate=Fraction(24), frames=48, duration=Fraction(2), same=False),
    of_clip("slow-motion-sound", _LONG, "--factor", "2", "--slow-motion", rate=Fraction(24),
            frames=48, duration=Fraction(2), same=False, streams=False, may_tell=(r".*",)),
    of_clip("slow-motion-8", replace(_LONG, sounds=(), count=6, flash=3), "--factor", "8",
            "--slow-motion", rate=Fraction(24), frames=48, duration=Fraction(2), same=False),
    of_clip("loop", replace(_LONG, sounds=()), "--factor", "2", "--loop"),
    of_clip("fps-60", _LONG, "--fps", "60", frames=60, rate=Fraction(60)),
    of_clip("fps-59-94", _LONG, "--fps", "60000/1001", frames=60, rate=Fraction(60000, 1001)),
    of_clip("fps-25", _LONG, "--fps", "25", frames=25, rate=Fraction(25), same=False),
    of_clip("fps-10", _LONG, "--fps", "10", frames=10, rate=Fraction(10),
            told=(r"frames are left out",)),
    of_clip("factor-5-2", _LONG, "--factor", "2.5", frames=60, rate=Fraction(60)),
    of_clip("factor-3", _LONG, "--factor", "3", frames=72, rate=Fraction(72)),
    of_clip("two-frames", Clip(count=2, flash=9)),
    of_clip("one-frame", Clip(count=1, flash=9), code=2, error="at least two frames"),
)  # fmt: skip


def _wrapping(folder: Path) -> Path:
    """A broadcast whose clock of 33 bits starts over in the middle."""
    plain = write_clip(folder.parent / "plain.ts", Clip(suffix=".ts", rate=25, sounds=AAC))
    path = folder / "source.ts"
    with av.open(str(plain)) as given, av.open(str(path), "w") as output:
        _copy_shifted(given, output, 2**33 - 90000 * 8 // 5)
    plain.unlink()
    return path


def _copy_shifted(given: InputContainer, output: av.container.OutputContainer, by: int) -> None:
    targets = {s.index: output.add_stream_from_template(s, opaque=True) for s in given.streams}
    for packet in given.demux():
        if packet.size:
            packet.pts, packet.dts = packet.pts + by, packet.dts + by
            packet.stream = targets[packet.stream_index]
            output.mux(packet)


_WRAP = Case(
    name="start-wraps-ts",
    about="mpegts | libx264 | yuv420p",
    write=_wrapping,
    output="output.ts",
    expected=Expected(frames=20, rate=Fraction(50)),
)

TIME_CASES: tuple[Case, ...] = (
    *_rates(),
    *_IRREGULAR,
    *_OFFSETS,
    _WRAP,
    *_INTERLACED,
    *_RANGES,
)
