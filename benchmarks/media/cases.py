"""What a case of the corpus is: a source, a command, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from benchmarks.media.writing import Clip, write_clip

from dain.media.frame import Colour

TWICE = ("--factor", "2")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What must come out; None where a case has no opinion.

    Attributes:
        code: exit code; all else is checked if it is 0.
        frames: their number.
        rate: of the output, where it is constant.
        times: of the frames after the first, where it is not.
        duration: of the video stream.
        codec: of the video.
        pixel_format: likewise.
        depth: bits a component.
        size: width and height as stored.
        ratio: of a pixel.
        colour: tags.
        alpha: there is transparency, and it is the source's.
        light: mastering display and light levels are the source's.
        told: patterns of the messages, all of which must come and no others.
        may_tell: patterns of messages that may come or not.
        error: pattern of the error line, where the exit code is not 0.
        same: source frames are found again where they were.
        whole: nothing was cut off, so that streams are copied from end to end.
        streams: streams are copied at all.
    """

    code: int = 0
    frames: int | None = None
    rate: Fraction | None = None
    times: tuple[Fraction, ...] | None = None
    duration: Fraction | None = None
    codec: str | None = None
    pixel_format: str | None = None
    depth: int | None = None
    size: tuple[int, int] | None = None
    ratio: Fraction | None = None
    colour: Colour | None = None
    alpha: bool = False
    light: bool = False
    told: tuple[str, ...] = ()
    may_tell: tuple[str, ...] = ()
    error: str = ""
    same: bool = True
    whole: bool = True
    streams: bool = True


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run of `dain interpolate` over one source.

    Attributes:
        name: unique; letters, digits and hyphens.
        about: container, codec and pixel format of the source, for the table.
        write: makes the source in a folder and returns its path.
        output: name of the output.
        arguments: of the command, beside input and output.
        expected: what must come of it.
        clip: description of the source, where it is a clip.
    """

    name: str
    about: str
    write: Callable[[Path], Path]
    output: str
    arguments: Sequence[str] = TWICE
    expected: Expected = field(default_factory=Expected)
    clip: Clip | None = None


def of_clip(name: str, clip: Clip, *arguments: str, to: str = "", **expected: Any) -> Case:
    """A case over a clip; by default its rate is doubled, in the same kind of file.

    Args:
        name: of the case.
        clip: the source.
        arguments: of the command, instead of ``--factor 2``.
        to: suffix of the output, where it is another.
        expected: what differs from twice the frames in the same time.
    """
    rate = Fraction(clip.rate)
    usual: dict[str, Any] = {
        "frames": 2 * clip.count,
        "rate": 2 * rate,
        "duration": clip.count / rate,
        "ratio": _upright_ratio(clip),
        "size": clip.size if clip.orientation < 5 else clip.size[::-1],
        "colour": None if clip.colour == Colour() else clip.colour,
    }
    container = (clip.container or clip.suffix[1:]).replace("yuv4mpegpipe", "y4m")
    return Case(
        name=name,
        about=f"{container} | {clip.codec} | {clip.pixel_format}",
        write=lambda folder: write_clip(folder / f"source{clip.suffix}", clip),
        output=f"output{to or clip.suffix}",
        arguments=arguments or TWICE,
        expected=Expected(**(usual | expected)),
        clip=clip,
    )


def _upright_ratio(clip: Clip) -> Fraction | None:
    if clip.ratio is None or clip.orientation < 5:
        return clip.ratio
    return 1 / clip.ratio
