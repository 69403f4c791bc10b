"""Stills in folders, patterns and zips, and between them and videos."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from benchmarks.media.cases import TWICE, Case, Expected, of_clip
from benchmarks.media.writing import Clip, Sound
from benchmarks.media.writing_stills import Stills, write_stills

ON_WHITE = r"white"
_TEN = r"10 bits of the source's 16"


def of_stills(
    name: str, stills: Stills, *arguments: str, to: str = "output", **expected: Any
) -> Case:
    """A case over stills; by default a folder of twice as many."""
    usual: dict[str, Any] = {
        "frames": 2 * stills.count,
        "rate": Fraction(48),
        "size": stills.size,
        "alpha": stills.alpha,
        "depth": 16 if stills.deep else 8,
    }
    kind = "alpha" if stills.alpha else "16 bits" if stills.deep else "8 bits"
    return Case(
        name=name,
        about=f"{stills.form} | {stills.suffix[1:]} | {kind}",
        write=lambda folder: write_stills(folder, stills),
        output=to,
        arguments=arguments or TWICE,
        expected=Expected(**(usual | expected)),
    )


_VIDEO: dict[str, Any] = {"depth": None, "duration": Fraction(8, 24)}
STILLS_CASES: tuple[Case, ...] = (
    of_stills("stills-png", Stills()),
    of_stills("stills-png-16", Stills(deep=True)),
    of_stills("stills-png-alpha", Stills(alpha=True)),
    of_stills("stills-jpeg", Stills(suffix=".jpg"), may_tell=(r"png|jpeg",)),
    of_stills("stills-webp", Stills(suffix=".webp")),
    of_stills("stills-tiff", Stills(suffix=".tif")),
    of_stills("stills-tiff-16", Stills(suffix=".tif", deep=True)),
    of_stills("stills-exr", Stills(suffix=".exr"), "--factor", "2", "--codec", "exr", depth=32),
    of_stills("stills-exr-to-mp4", Stills(suffix=".exr"), to="output.mp4", same=False, **_VIDEO,
              told=(_TEN,)),
    of_stills("stills-pattern", Stills(form="pattern"), to="output_%04d.png", depth=None),
    of_stills(
        "stills-pattern-gap",
        Stills(form="pattern", missing=(3,)),
        told=(r"1 numbers? (is|are) missing",),
        same=False,
    ),
    of_stills("stills-zip", Stills(form="zip")),
    of_stills("stills-zip-16-to-zip", Stills(form="zip", deep=True), to="output.zip"),
    of_stills("stills-zip-alpha", Stills(form="zip", alpha=True), to="output.zip"),
    of_stills("stills-zip-to-mp4", Stills(form="zip"), to="output.mp4", **_VIDEO),
    of_stills("stills-to-mp4", Stills(), to="output.mp4", **_VIDEO),
    of_stills("stills-to-mkv-16", Stills(deep=True), to="output.mkv", told=(_TEN,),
              **(_VIDEO | {"depth": 10})),
    of_stills(
        "stills-alpha-to-mp4",
        Stills(alpha=True),
        to="output.mp4",
        **(_VIDEO | {"alpha": False, "same": False, "told": (ON_WHITE,)}),
    ),
    of_stills(
        "stills-input-fps",
        Stills(),
        *("--factor", "2", "--input-fps", "12.5"),
        to="output.mp4",
        rate=Fraction(25),
        depth=None,
        duration=Fraction(16, 25),
    ),
    of_stills("stills-odd", Stills(size=(63, 47))),
    of_stills("stills-to-gif", Stills(), "--fps", "50", to="output.gif", frames=17,
              rate=Fraction(50), depth=None, same=False),
    of_clip("mp4-to-stills", Clip(sounds=(Sound(),)), to="-folder", told=(r"audio|sound|stream",),
            colour=None, ratio=None, duration=None),
    of_clip("hevc-10-to-stills", Clip(codec="libx265", pixel_format="yuv420p10le",
            options={"x265-params": "log-level=none"}), to="-folder", depth=16, ratio=None,
            duration=None),
    of_clip("mp4-to-zip", Clip(), to=".zip", ratio=None, duration=None),
)  # fmt: skip
