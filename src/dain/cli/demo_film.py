"""Makes the demo's files: before, after, both side by side, and a strip of stills."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from dain.cli.demo_scene import DURATION, HEIGHT, Scene
from dain.errors import OutputError, reason_of
from dain.jobs import OnProgress, make_interpolator, run_job
from dain.jobs.prepare import check_name
from dain.media import Frame, OutputSpec, open_reader, open_writer
from dain.media.stills_codec import encode_still
from dain.settings import EncodeSettings, EngineSettings, JobSettings, TimeSettings

RATE = Fraction(12)
SMOOTH_RATE = Fraction(60)

_STEPS = int(SMOOTH_RATE / RATE)
_CRF = 16
STRIP_PAIR = 8  # a sail turns and a pole passes
_CROP = (slice(58, 178), slice(160, 290))  # rows and columns of the strip's pictures
_ENLARGED = 2
_PAPER = (250, 246, 238)
_INK = (58, 46, 62)

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Demo:
    """What was made.

    Attributes:
        files: paths by what they are.
        psnr: mean over the new frames against the true ones, in dB.
        psnr_held: likewise, for the earlier frame held in their place.
        model: network that made the frames.
        device: on which.
        seconds: that all of it took.
    """

    files: dict[str, Path]
    psnr: float
    psnr_held: float
    model: str
    device: str
    seconds: float

    def as_object(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **{name.replace(" ", "_"): str(path) for name, path in self.files.items()},
            "psnr": round(self.psnr, 2),
            "psnr_held": round(self.psnr_held, 2),
            "model": self.model,
            "device": self.device,
            "seconds": round(self.seconds, 2),
        }


def make_demo(folder: Path, model: str, device: str, on_progress: OnProgress | None = None) -> Demo:
    """Render the scene, interpolate it, and put both side by side.

    Files of an earlier demo are replaced.

    Raises:
        OptionError: an unknown model or device, or a name that cannot be one.
        OutputError: the folder cannot be made.
    """
    started = time.monotonic()
    interpolator = make_interpolator(EngineSettings(model=model, device=device))
    check_name(folder)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        reason = reason_of(error)
        raise OutputError(f"cannot make the folder {folder}: {reason}") from error
    files = {
        "before": folder / "before.mp4",
        "after": folder / "after.mp4",
        "side by side": folder / "side-by-side.mp4",
        "comparison": folder / "comparison.png",
    }
    scene = Scene()
    count = int(DURATION * RATE)
    _write(files["before"], (scene.render(k / RATE) for k in range(count)), RATE)
    settings = JobSettings(
        time=TimeSettings(fps=SMOOTH_RATE), encode=EncodeSettings(crf=_CRF, overwrite=True)
    )
    result = run_job(files["before"], files["after"], settings, on_progress, interpolator)
    _write(files["side by side"], _side_by_side(files["after"]), SMOOTH_RATE)
    first = STRIP_PAIR * _STEPS
    strip = list(islice(_read(files["after"]), first, first + _STEPS + 1))
    files["comparison"].write_bytes(encode_still(_comparison(strip), "png"))
    psnr, psnr_held = _measure(scene, files["after"])
    return Demo(files, psnr, psnr_held, result.model, result.device, time.monotonic() - started)


def _write(path: Path, pictures: Iterator[Image], rate: Fraction) -> None:
    first = next(pictures)
    height, width = first.shape[:2]
    spec = OutputSpec(width=width, height=height, rate=rate)
    with open_writer(path, spec, EncodeSettings(crf=_CRF, overwrite=True)) as writer:
        writer.write(Frame(first, 0, 1 / rate, 1, 0))
        for index, picture in enumerate(pictures, start=1):
            writer.write(Frame(picture, index, 1 / rate, 1, index))


def _read(path: Path) -> Iterator[Image]:
    with open_reader(path) as reader:
        for frame in reader.frames():
            yield np.asarray(frame.pixels, np.uint8)


def _side_by_side(after: Path) -> Iterator[Image]:
    """The source's frames held on the left, all frames on the right."""
    bar = np.full((HEIGHT, 4, 3), 255, np.uint8)
    held: Image | None = None
    for index, smooth in enumerate(_read(after)):
        if held is None or index % _STEPS == 0:
            held = _labelled(smooth, f"before: {RATE} frames a second")
        yield np.hstack([held, bar, _labelled(smooth, f"after: {SMOOTH_RATE} frames a second")])


def _labelled(picture: Image, text: str) -> Image:
    """A copy with a line of text on a darkened strip along the top."""
    labelled: Image = picture.copy()
    labelled[:24] = labelled[:24] // 2
    _write_text(labelled, text, (10, 17), 0.45, (255, 255, 255))
    return labelled


def _comparison(frames: Sequence[Image]) -> Image:
    """Two rows over one gap between source frames: the frame held, and the frames made."""
    crops = [_enlarged(frame[_CROP]) for frame in frames]
    held = [crops[0]] * (len(crops) - 1) + [crops[-1]]
    rows = [
        _row(held, f"before: {RATE} frames a second, each one held"),
        _row(crops, f"after: {SMOOTH_RATE} frames a second, four new ones in each gap"),
    ]
    return np.asarray(np.vstack(rows), np.uint8)


def _enlarged(crop: Image) -> Image:
    larger = cv2.resize(crop, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, np.uint8)


def _row(crops: Sequence[Image], title: str) -> Image:
    gap, head = 8, 34
    height, width = crops[0].shape[:2]
    row = np.full((head + height + gap, gap + len(crops) * (width + gap), 3), _PAPER, np.uint8)
    _write_text(row, title, (gap + 2, 23), 0.6, _INK)
    for place, crop in enumerate(crops):
        left = gap + place * (width + gap)
        row[head : head + height, left : left + width] = crop
    return row


def _write_text(
    picture: Image, text: str, corner: tuple[int, int], size: float, ink: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)


def _measure(scene: Scene, after: Path) -> tuple[float, float]:
    """Mean PSNR of the middle new frames, and of held ones, against the scene itself."""
    made: list[float] = []
    held: list[float] = []
    source: Image | None = None
    for index, picture in enumerate(_read(after)):
        step = index % _STEPS
        if step == 0:
            source = picture
        # After the last source frame nothing is made: it is held to the end.
        elif step == _STEPS // 2 and index < (DURATION * RATE - 1) * _STEPS:
            assert source is not None
            truth = scene.render(index / SMOOTH_RATE)
            made.append(float(cv2.PSNR(picture, truth)))
            held.append(float(cv2.PSNR(source, truth)))
    return float(np.mean(made)), float(np.mean(held))
