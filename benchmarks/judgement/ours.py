"""A judge of passages as a detector: frames in, a verdict for each gap out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from benchmarks.judgement.footage import Picture
from benchmarks.judgement.matching import Detector

from dain.judgement import Judges, PassageJudge, judged

RATE = 24


def streamed(judge: PassageJudge[Any]) -> Detector:
    """The judge alone, run over a stream as `dain interpolate` does."""

    def detect(frames: Iterator[Picture]) -> list[str]:
        told = judged(
            enumerate(frames),
            Judges(passages=judge),
            time_of=lambda item: Fraction(item[0], RATE),
            pixels_of=lambda item: item[1],
        )
        return [each.passage.value for each in told][:-1]  # nothing comes after the last frame

    return detect
