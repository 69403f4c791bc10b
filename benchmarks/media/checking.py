"""Checks of one output against its source and against what was expected.

Every check returns the empty string if all is well, else what is wrong. `None` says that
the case has nothing for it to look at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.media.cases import Case, Expected
from benchmarks.media.reading import ANIMATIONS, Facts, facts
from benchmarks.media.streams import check_streams
from benchmarks.media.worker import Outcome

from dain.media.frame import Colour

Verdict = str | None

_SYNC = Fraction(1, 50)  # seconds
_PICTURE = 7.0  # of 255, mean over a frame: lossy codecs at small sizes
_ALPHA = 3.0
# By EXIF orientation.
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda frame: frame,
    2: lambda frame: frame[:, ::-1],
    3: lambda frame: frame[::-1, ::-1],
    4: lambda frame: frame[::-1],
    5: lambda frame: frame.swapaxes(0, 1),
    6: lambda frame: frame.swapaxes(0, 1)[:, ::-1],
    7: lambda frame: frame.swapaxes(0, 1)[::-1, ::-1],
    8: lambda frame: frame.swapaxes(0, 1)[::-1],
}
_UNTAGGED = frozenset({"gif", "apng", "webp", "vp8"})


@dataclass
class Finished:
    """A case that was run.

    Attributes:
        case: what was run.
        outcome: what the command said.
        source: what the source holds; None if nothing can read it.
        made: what the output holds; None if there is none.
        left: names in the folder that are neither source nor output.
    """

    case: Case
    outcome: Outcome
    source: Facts | None
    made: Facts | None
    left: list[str]

    @property
    def expected(self) -> Expected:
        """What must come of it."""
        return self.case.expected


def check_exit(run: Finished) -> Verdict:
    """Exit code, and the error line where one is due."""
    errors = run.outcome.said("error")
    if run.outcome.code != run.expected.code:
        return f"exit code {run.outcome.code} {errors}"
    if run.expected.error and not any(re.search(run.expected.error, line) for line in errors):
        return f"expected an error like {run.expected.error!r}, found {errors}"
    return ""


def check_messages(run: Finished) -> Verdict:
    """Every message that is due, and no other line."""
    strange = [line for line in run.outcome.lines if not line.startswith("dain: ")]
    if strange:
        return f"foreign line {strange[0]!r}"
    if run.expected.code:
        return None
    said = run.outcome.said("warning")
    for pattern in run.expected.told:
        if not any(re.search(pattern, line) for line in said):
            return f"expected a message like {pattern!r}, found {said}"
    known = (*run.expected.told, *run.expected.may_tell)
    for line in said:
        if not any(re.search(pattern, line) for pattern in known):
            return f"unexpected message {line!r}"
    return "" if known else None


def check_tidy(run: Finished) -> Verdict:
    """Nothing but the output was left in the folder."""
    return f"left behind: {run.left}" if run.left else ""


def check_frames(run: Finished) -> Verdict:
    """Number of frames: as expected, as told, as in the file."""
    assert run.made is not None
    found, wanted = len(run.made.times), run.expected.frames
    told = json.loads(run.outcome.out)["frames_out"]
    if wanted is not None and found != wanted:
        return f"expected {wanted}, found {found}"
    return "" if told == found else f"told {told}, found {found}"


def check_times(run: Finished) -> Verdict:
    """Every timestamp, to the half of the file's own unit."""
    assert run.made is not None
    wanted, made = wanted_times(run), run.made
    if wanted is None or not made.tick or not made.times:
        return None
    slack = max(made.tick, Fraction(1, 20000))  # .m2ts clocks are as coarse as that
    for index, (time, want) in enumerate(zip(made.times, wanted, strict=False)):
        if abs(time - made.times[0] - want) > slack:
            off = float(time - made.times[0] - want)
            return f"frame {index} is {off:+.4f} s off"
    return ""


def wanted_times(run: Finished) -> list[Fraction] | None:
    """When each frame of the output is due, after the first."""
    assert run.made is not None
    if run.expected.times is not None:
        return list(run.expected.times)
    if run.expected.rate is None:
        return None
    rate = Fraction(1) if run.made.pixel_format == "" else run.expected.rate  # stills
    return [k / rate for k in range(len(run.made.times))]


def check_duration(run: Finished) -> Verdict:
    """Where the container can say how long the video is."""
    assert run.made is not None
    wanted, found = run.expected.duration, run.made.duration
    if wanted is None or found is None:
        return None
    if abs(wanted - found) > run.made.tick + Fraction(1, 1000):
        return f"expected {float(wanted):.4f} s, found {float(found):.4f} s"
    return ""


def check_format(run: Finished) -> Verdict:
    """Codec, pixel format, depth, size and shape of pixels, as far as the case says."""
    assert run.made is not None
    made, height_width = run.made, run.made.frames[0].shape[:2]
    found = {
        "codec": made.codec,
        "pixel_format": made.pixel_format,
        "depth": made.depth,
        "size": height_width[::-1],
        "ratio": made.ratio,
    }
    for name, value in found.items():
        wanted = getattr(run.expected, name)
        if wanted is not None and wanted != value:
            return f"expected {name} {wanted}, found {value}"
    return ""


def check_picture(run: Finished) -> Verdict:
    """Source frames are found again at their times, and frames between are not blank."""
    source, made = run.source, run.made
    if source is None or made is None or not run.expected.same:
        return None
    worst, compared = 0.0, 0
    for time, frame in zip(_real_times(run), source.frames, strict=True):
        index = _index_at(run, time)
        if index is None:
            continue
        compared += 1
        wanted, found = opaque(upright(run, frame)), opaque(made.frames[index])
        if wanted.shape != found.shape:
            return f"frames of {wanted.shape} became {found.shape}"
        change = np.abs(wanted - found).mean()
        worst = max(worst, float(change))
    if not compared:
        return "no frame of the source is found again"
    return f"source frames changed by {worst:.1f}" if worst > _PICTURE else ""


def _real_times(run: Finished) -> list[Fraction]:
    """When source frames are due in the output, after the first."""
    assert run.source is not None
    assert run.made is not None
    times = [time - run.source.times[0] for time in run.source.times]
    rate = run.expected.rate or Fraction(1)
    pace = Fraction(1)
    if run.source.pixel_format == "":  # stills count from one a second
        pace = 2 / rate
    if run.made.pixel_format == "":
        pace *= rate
    return [time * pace for time in times]


def upright(run: Finished, frame: np.ndarray) -> np.ndarray:
    """A frame of the source as it is to be seen."""
    clip = run.case.clip
    return _TURNS[clip.orientation](frame) if clip is not None else frame


def opaque(frame: np.ndarray) -> np.ndarray:
    """RGB weighted by opacity: what is invisible does not count."""
    return frame[..., :3].astype(np.float64) * (frame[..., 3:] / 255.0)


def _index_at(run: Finished, time: Fraction) -> int | None:
    """The output frame that is due at this time, if it falls on one."""
    assert run.made is not None
    wanted = wanted_times(run)
    if wanted is None:
        return None
    near = (k for k, each in enumerate(wanted) if abs(each - time) <= Fraction(1, 1000))
    index = next(near, None)
    return index if index is not None and index < len(run.made.frames) else None


def check_colour(run: Finished) -> Verdict:
    """Colour tags as in the source; mastering display and light levels where there are some."""
    assert run.made is not None
    if run.source is None or "" in (run.made.pixel_format, run.source.pixel_format):
        return None
    if run.made.codec in _UNTAGGED or run.source.codec in _UNTAGGED:
        return None
    if run.case.output.endswith(".avi") and run.expected.colour is None:
        return None  # neither it nor its usual codec stores any
    wanted = expected_colour(run.expected.colour or run.source.colour, run.source, run.made)
    found = expected_colour(run.made.colour, run.made, run.made)
    if wanted != found:
        return f"expected {wanted}, found {found}"
    if run.expected.light:
        assert run.source is not None
        if not run.source.light:
            return "the source lacks its light levels"
        if run.source.light.keys() != run.made.light.keys():
            return f"of {sorted(run.source.light)} only {sorted(run.made.light)} are left"
        if run.source.light != run.made.light:
            return "light levels changed"
    return ""


def expected_colour(colour: Colour, source: Facts, made: Facts) -> Colour:
    """Tags as they are to be: RGB has no matrix, luma and chroma are limited unless tagged."""
    if is_rgb(made):
        return replace(colour, matrix=0, range=2)
    if is_rgb(source):
        return replace(colour, matrix=6, range=1)  # standard definition, as the sizes here are
    return replace(colour, range=colour.range or 1)


def is_rgb(facts: Facts) -> bool:
    """Whether a video's pixels are stored without a matrix."""
    return facts.pixel_format.startswith(("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb"))


def check_alpha(run: Finished) -> Verdict:
    """Transparency that does not change in time is the source's in every frame.

    But for those beside the flash, where motion is anybody's guess.
    """
    if not run.expected.alpha:
        return None
    assert run.made is not None
    assert run.source is not None
    wanted = run.source.frames[0][..., 3].astype(np.float64)
    if wanted.min() > 250:
        return "the source is opaque"
    means = [float(frame[..., :3].mean()) for frame in run.made.frames]
    flash = means.index(max(means))
    worst = max(
        float(np.abs(frame[..., 3] - wanted).mean())
        for index, frame in enumerate(run.made.frames)
        if abs(index - flash) != 1
    )
    return f"alpha changed by {worst:.1f}" if worst > _ALPHA else ""


def check_sync(run: Finished) -> Verdict:
    """Clicks and flash are as far apart as they were."""
    assert run.made is not None
    if run.source is None or not run.expected.same or not run.expected.streams:
        return None
    clicks = [[s.click for s in f.streams if s.click is not None] for f in (run.source, run.made)]
    if not clicks[0]:
        return None
    if not clicks[1]:
        return None  # its loss is told, or found by the check of streams
    before = [click - run.source.flash for click in clicks[0]]
    after = [click - run.made.flash for click in clicks[1]]
    worst = max(abs(a - b) for a, b in zip(before, after, strict=False))
    return f"sound is {float(worst):.3f} s off" if worst >= _SYNC else ""


def check_loop(run: Finished) -> Verdict:
    """How often an animated image plays."""
    if run.source is None or run.made is None or not run.case.output.endswith(ANIMATIONS):
        return None
    if run.source.plays is None:
        return None
    return "" if run.source.plays == run.made.plays else f"{run.source.plays} to {run.made.plays}"


CHECKS: dict[str, Callable[[Finished], Verdict]] = {
    "frames": check_frames,
    "times": check_times,
    "duration": check_duration,
    "format": check_format,
    "picture": check_picture,
    "colour": check_colour,
    "alpha": check_alpha,
    "sync": check_sync,
    "streams": lambda run: check_streams(
        run.source, run.made, run.outcome, run.expected.streams, run.expected.whole
    ),
    "loop": check_loop,
}
ALWAYS: dict[str, Callable[[Finished], Verdict]] = {
    "exit": check_exit,
    "messages": check_messages,
    "tidy": check_tidy,
}


def verdicts(run: Finished) -> dict[str, Verdict]:
    """All checks of a finished case, by name."""
    found = {name: check(run) for name, check in ALWAYS.items()}
    if run.outcome.code == 0 and run.made is not None:
        found |= {name: check(run) for name, check in CHECKS.items()}
    elif run.expected.code == 0 and not found["exit"]:
        found["frames"] = "there is no output"
    return found


def read_back(path: Path) -> Facts | None:
    """What a file holds, or None if it cannot be read."""
    try:
        return facts(path) if path.exists() or "%" in path.name else None
    except (OSError, ValueError, StopIteration, IndexError):
        return None
