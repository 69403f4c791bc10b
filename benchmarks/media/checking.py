"""Checks of one output against its source and against what was expected.

Every check returns the empty string if all is well, else what is wrong. `None` says that
the case has nothing for it to look at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from benchmarks.media.checking_pictures import check_alpha, check_colour, check_picture
from benchmarks.media.finished import Finished, Verdict, wanted_times
from benchmarks.media.reading import ANIMATIONS, Facts, facts
from benchmarks.media.streams import check_streams

_SYNC = Fraction(1, 50)  # seconds


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
