"""Detectors of other projects, fed with the same frames.

PySceneDetect (BSD 3-Clause) is not among the dependencies:
`pip install --no-deps scenedetect-headless tqdm` adds it and leaves opencv-python-headless alone.
FFmpeg's filters are in PyAV. All of them know cuts only.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import cv2
from av.filter import Graph
from benchmarks.judgement.footage import Picture
from benchmarks.judgement.matching import CUT, MOTION, Detector

RATE = 24


def verdicts(cuts: set[int], count: int) -> list[str]:
    """Cuts, named by the first frame of the new shot, as verdicts on gaps."""
    return [CUT if frame in cuts else MOTION for frame in range(1, count)]


def scenedetect(name: str, **options: Any) -> Detector:
    """One of PySceneDetect's detectors, with its defaults where no option is given."""

    def detect(frames: Iterator[Picture]) -> list[str]:
        package = scenedetect_package()
        detector = getattr(package.detectors, name)(**options)
        cuts: set[int] = set()
        count, time = 0, package.FrameTimecode(0, fps=float(RATE))
        for count, frame in enumerate(frames, 1):
            time = package.FrameTimecode(count - 1, fps=float(RATE))
            found = detector.process_frame(time, cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
            cuts.update(each.frame_num for each in found)
        cuts.update(each.frame_num for each in detector.post_process(time))
        return verdicts(cuts, count)

    return detect


def scenedetect_package() -> Any:
    """PySceneDetect, or a line that says how to get it."""
    try:
        return importlib.import_module("scenedetect")
    except ImportError:
        sys.exit("needs PySceneDetect: pip install --no-deps scenedetect-headless tqdm")


def ffmpeg(filter_name: str, arguments: str) -> Detector:
    """A filter of FFmpeg's that lets pass only the first frame of each new shot."""

    def detect(frames: Iterator[Picture]) -> list[str]:
        graph, source, sink = Graph(), None, None
        cuts: set[int] = set()
        count = 0
        for count, frame in enumerate(frames, 1):
            if source is None:
                height, width = frame.shape[:2]
                form = av.VideoFormat("rgb24", width, height)
                source = graph.add_buffer(
                    width=width, height=height, format=form, time_base=Fraction(1, RATE)
                )
                middle, sink = graph.add(filter_name, arguments), graph.add("buffersink")
                source.link_to(middle)
                middle.link_to(sink)
                graph.configure()
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = count - 1, Fraction(1, RATE)
            source.push(picture)
            cuts.update(passed(sink))
        if source is not None:
            source.push(None)
            cuts.update(passed(sink))
        return verdicts(cuts, count)

    return detect


def passed(sink: Any) -> Iterator[int]:
    """Numbers of the frames that came through by now."""
    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield sink.pull().pts


# By default PySceneDetect's shots last at least 15 frames: that misses every shorter one.
SHORTEST: dict[str, Any] = {"min_scene_len": 1}
PEERS: dict[str, Callable[[], Detector]] = {
    "content": lambda: scenedetect("ContentDetector"),
    "content, any length": lambda: scenedetect("ContentDetector", **SHORTEST),
    "adaptive": lambda: scenedetect("AdaptiveDetector"),
    "adaptive, any length": lambda: scenedetect("AdaptiveDetector", **SHORTEST),
    "threshold": lambda: scenedetect("ThresholdDetector"),
    "hash, any length": lambda: scenedetect("HashDetector", **SHORTEST),
    "histogram, any length": lambda: scenedetect("HistogramDetector", **SHORTEST),
    "ffmpeg scene > 0.3": lambda: ffmpeg("select", "gt(scene\\,0.3)"),
    "ffmpeg scdet": lambda: ffmpeg("scdet", "sc_pass=1"),
}
