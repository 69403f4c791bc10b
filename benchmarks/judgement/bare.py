"""Clips without overlays: where is something found all the same, and does it do harm?

Every other frame is left out and made again by an optical flow (DIS) in place of a network.
"""

from __future__ import annotations

import argparse
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from benchmarks.judgement.footage import Footage, Picture, decoded, pixels

from dain.judgement import Judges, StandingPicture, judged
from dain.judgement.overlays import OverlayJudge

HEIGHT = 240
FRAMES = 40


def bare(arguments: argparse.Namespace) -> None:
    """A line for each clip in which something is found, and one for all."""
    names = arguments.names or Footage(arguments.clips).names()
    quiet = 0
    for name in names:
        clip = beginning(arguments.clips / name)
        kept = clip[::2]
        told = judged(
            range(len(kept)),
            Judges(standing=OverlayJudge()),
            lambda n: Fraction(n, 24),
            lambda n, kept=kept: kept[n],
        )
        found = [(each.item, each.standing) for each in told if each.standing is not None]
        gains = [gain(clip[2 * at + 1], kept[at], kept[at + 1], standing) for at, standing in found]
        quiet += not found
        if found:
            where = ", ".join(
                f"{at}: {gain:+.2f}" for (at, _), gain in zip(found, gains, strict=True)
            )
            print(f"{name:30} {len(found):3} of {len(kept) - 1} gaps {where}", flush=True)
        if arguments.pictures:
            arguments.pictures.mkdir(parents=True, exist_ok=True)
            for at, standing in found[:: max(1, len(found) // 3)]:
                shown = standing.hold(kept[at] // 3, kept[at], kept[at + 1], Fraction(1, 4))
                path = arguments.pictures / f"bare-{name}-{at}.png"
                cv2.imwrite(str(path), np.hstack([kept[at], shown])[..., ::-1])
    print(f"nothing is found in {quiet} of {len(names)} clips")


def beginning(path: Path) -> list[Picture]:
    """The first frames of a clip in its own shape, reduced."""
    frames = []
    for frame in islice(decoded(path), FRAMES):
        height, width = frame.shape[:2]
        size = (round(width * HEIGHT / height), HEIGHT)
        frames.append(pixels(cv2.resize(frame, size, interpolation=cv2.INTER_AREA)))
    return frames


def gain(truth: Picture, before: Picture, after: Picture, standing: StandingPicture) -> float:
    """What holding adds to the PSNR of the frame half-way, in dB."""
    plain = half_way(before, after)
    made = half_way(*(pixels(each) for each in standing.strip(before, after)))
    held = pixels(standing.hold(made, before, after, Fraction(1, 2)))
    return cv2.PSNR(held, truth) - cv2.PSNR(plain, truth)


def half_way(before: Picture, after: Picture) -> Picture:
    """Both frames looked up half of the flow away, and mixed."""
    grey = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (before, after)]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    rest = np.zeros((*before.shape[:2], 2), np.float32)
    down, across = np.mgrid[: before.shape[0], : before.shape[1]].astype(np.float32)
    looked_up = []
    for picture, one, other in ((before, grey[0], grey[1]), (after, grey[1], grey[0])):
        half = np.asarray(search.calc(one, other, rest.copy()), np.float32) / 2
        places = across - half[..., 0], down - half[..., 1]
        looked_up.append(
            cv2.remap(picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )
    return pixels(cv2.addWeighted(looked_up[0], 0.5, looked_up[1], 0.5, 0))
