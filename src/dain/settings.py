"""Every default, once: frozen dataclasses, validated when made.

Times are seconds as `Fraction`; rates are frames per second as `Fraction`.
All raise `OptionError` for values out of range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from pathlib import Path
from typing import Literal

from dain.errors import OptionError

DEFAULT_MODEL = "dain-lite"
DEFAULT_STILLS_RATE = Fraction(24)  # most stills have no rate of their own

Precision = Literal["auto", "fp32", "bf16", "fp16"]
PRECISIONS: tuple[Precision, ...] = ("auto", "fp32", "bf16", "fp16")

Deinterlace = Literal["auto", "off", "bob"]
DEINTERLACE: tuple[Deinterlace, ...] = ("auto", "off", "bob")

Switch = Literal["auto", "off"]
AtCuts = Literal["nearest", "hold", "blend"]
AT_CUTS: tuple[AtCuts, ...] = ("nearest", "hold", "blend")
Doubt = Literal["blend", "hold", "off"]
DOUBT: tuple[Doubt, ...] = ("blend", "hold", "off")
Sharpness = Literal["auto", "even", "off"]
SHARPNESS: tuple[Sharpness, ...] = ("auto", "even", "off")

# Of 0 to 1: how much of a frame the one before leaves unexplained, beside what is usual around.
SCENE_THRESHOLD = Fraction(1, 2)


@dataclass(frozen=True, kw_only=True)
class TimeSettings:
    """Which instants of the source become output frames.

    Attributes:
        fps: output rate; exactly one of `fps` and `factor` is given.
        factor: output rate as a multiple of the source's average rate.
        start: first instant, seconds after the first frame of the source.
        end: instant at which the output stops (itself excluded).
        start_frame: first source frame, counted from 0; instead of `start`.
        end_frame: last source frame, included; instead of `end`.
        slow_motion: keep the source's rate and make the video longer.
        loop: the last frame flows into the first.
        keep_timing: every source frame keeps its instant, new ones divide the gaps evenly: into
            `factor` parts, which must be whole, or into as many as come closest to `fps`.
    """

    fps: Fraction | None = None
    factor: Fraction | None = None
    start: Fraction | None = None
    end: Fraction | None = None
    start_frame: int | None = None
    end_frame: int | None = None
    slow_motion: bool = False
    loop: bool = False
    keep_timing: bool = False

    def __post_init__(self) -> None:
        if (self.fps is None) == (self.factor is None):
            found = "neither" if self.fps is None else "both"
            raise OptionError(f"expected exactly one of --fps and --factor, found {found}")
        for name, value in (("--fps", self.fps), ("--factor", self.factor)):
            if value is not None and value <= 0:
                raise OptionError(f"{name} must be above 0, found {value}")
        if self.keep_timing and self.factor is not None and self.factor.denominator != 1:
            raise OptionError(
                "--keep-timing divides the time between two frames into whole parts: expected a "
                f"--factor such as 2 or 3, found {self.factor}; or give --fps instead"
            )
        _check_range("--start", self.start, "--start-frame", self.start_frame)
        _check_range("--end", self.end, "--end-frame", self.end_frame)
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise OptionError(
                f"--end must be after --start, found {float(self.end):g} s "
                f"and {float(self.start):g} s"
            )
        if (
            self.start_frame is not None
            and self.end_frame is not None
            and self.end_frame < self.start_frame
        ):
            raise OptionError(
                f"--end-frame must not be before --start-frame, found {self.end_frame} "
                f"and {self.start_frame}"
            )


def _check_range(time_name: str, time: Fraction | None, frame_name: str, frame: int | None) -> None:
    if time is not None and frame is not None:
        raise OptionError(f"expected {time_name} or {frame_name}, found both")
    if time is not None and time < 0:
        raise OptionError(f"{time_name} must not be negative, found {float(time):g} s")
    if frame is not None and frame < 0:
        raise OptionError(f"{frame_name} counts from 0, found {frame}")


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """How frames are made.

    Attributes:
        model: name of the network.
        weights: file of weights; None for the network's own.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: arithmetic of the learned layers.
        scale: size at which motion is estimated, in (0, 1], or ``auto``
            (1 up to 1080p, half for 4K).
        tile_size: side in pixels of the pieces in which new frames are made, or ``auto`` (whole
            frames where memory allows, else the largest that it allows).
        memory: bytes that the whole process may use, within a run; the network alone outside of
            one. None for half of what is free.
    """

    model: str = DEFAULT_MODEL
    weights: Path | None = None
    device: str = "auto"
    precision: Precision = "auto"
    scale: Fraction | Literal["auto"] = "auto"
    tile_size: int | Literal["auto"] = "auto"
    memory: int | None = None

    def __post_init__(self) -> None:
        if self.tile_size != "auto" and not _is_count(self.tile_size):
            raise OptionError(
                f"--tile-size must be a whole number of pixels, or auto, found {self.tile_size!r}"
            )
        if self.memory is not None and not _is_count(self.memory):
            raise OptionError(f"--memory must be a whole number of bytes, found {self.memory!r}")
        if self.precision not in PRECISIONS:
            raise OptionError(
                f"--precision must be one of {', '.join(PRECISIONS)}, found {self.precision!r}"
            )
        if self.scale != "auto" and not (isinstance(self.scale, Real) and 0 < self.scale <= 1):
            raise OptionError(
                f"--scale must be above 0 and at most 1, or auto, found {str(self.scale)!r}"
            )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


@dataclass(frozen=True, kw_only=True)
class JudgementSettings:
    """What is not to be interpolated, and what to do where that is doubtful.

    Attributes:
        scene_threshold: score in (0, 1] from which on a frame begins a shot: the share of it that
            the one before would leave unexplained in an ordinary shot, so that calm shots need
            less and wild ones more; ``off`` to look for no cuts and fades.
        at_cuts: what fills the time between two shots: the ``nearest`` frame, the last one of
            the old shot (``hold``), or both, mixed in light (``blend``).
        cadence: ``auto`` finds frames that only repeat a drawing, and spreads motion over the
            whole time from drawing to drawing; ``off`` takes each frame as a new one. Off with
            `TimeSettings.keep_timing`, by which every frame stays.
        overlays: ``auto`` finds what stands still over moving pictures, and keeps it in place.
        sharpness: ``auto`` gives new frames the fine detail and grain of those around them where
            that can be told from error, ``even`` nearly everywhere; or ``off``.
        doubt: what to do where a new frame is likely wrong: mix in what is sure (``blend``), take
            the nearer frame (``hold``), or nothing (``off``).
    """

    scene_threshold: Fraction | Literal["off"] = SCENE_THRESHOLD
    at_cuts: AtCuts = "nearest"
    cadence: Switch = "auto"
    overlays: Switch = "auto"
    sharpness: Sharpness = "auto"
    doubt: Doubt = "blend"

    def __post_init__(self) -> None:
        threshold = self.scene_threshold
        if threshold != "off" and not (isinstance(threshold, Real) and 0 < threshold <= 1):
            raise OptionError(
                f"--scene-threshold must be above 0 and at most 1, or off, found {threshold!s}"
            )
        for name, value, known in (
            ("--at-cuts", self.at_cuts, AT_CUTS),
            ("--cadence", self.cadence, ("auto", "off")),
            ("--overlays", self.overlays, ("auto", "off")),
            ("--sharpness", self.sharpness, SHARPNESS),
            ("--doubt", self.doubt, DOUBT),
        ):
            if value not in known:
                raise OptionError(f"{name} must be one of {', '.join(known)}, found {value!r}")

    @staticmethod
    def all_off() -> JudgementSettings:
        """Plain interpolation of each frame into the next."""
        return JudgementSettings(
            scene_threshold="off", cadence="off", overlays="off", sharpness="off", doubt="off"
        )


@dataclass(frozen=True, kw_only=True)
class EncodeSettings:
    """How the output is written; None leaves the choice to the output's name.

    Attributes:
        codec: encoder name as FFmpeg knows it, such as ``libx264``.
        crf: constant rate factor of the encoder.
        pix_fmt: pixel format as FFmpeg names it, such as ``yuv420p``.
        options: further options of the encoder.
        overwrite: replace an existing output.
    """

    codec: str | None = None
    crf: int | None = None
    pix_fmt: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.crf is not None and not 0 <= self.crf <= 63:
            raise OptionError(f"--crf must be between 0 and 63, found {self.crf}")


@dataclass(frozen=True, kw_only=True)
class ReadSettings:
    """How the input is read.

    Attributes:
        stills_rate: rate at which stills play; None for their own (EXR may have one), else 24.
        alpha: frames of a transparent source come as RGBA; else they are laid on white.
        scene_linear: frames of EXR stills come as they are stored; else as a display shows them.
        deinterlace: ``auto`` makes one whole frame of an interlaced one, ``bob`` one of each of
            its fields, ``off`` leaves them as they are.
    """

    stills_rate: Fraction | None = None
    alpha: bool = False
    scene_linear: bool = False
    deinterlace: Deinterlace = "auto"

    def __post_init__(self) -> None:
        if self.stills_rate is not None and self.stills_rate <= 0:
            raise OptionError(f"--input-fps must be above 0, found {self.stills_rate}")
        if self.deinterlace not in DEINTERLACE:
            raise OptionError(
                f"--deinterlace must be one of {', '.join(DEINTERLACE)}, found {self.deinterlace!r}"
            )


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """One whole run: a video in, a smoother video out.

    Attributes:
        strict: stop at damage in the input instead of bridging it.
        resume: keep what is made beside the output, and go on from what an earlier run kept.
        preview: picture file in which a pair and the frame between is shown every few seconds;
            None for none.
        review: folder for a page that shows the most doubtful moments; None for none.
        frames_in: folder in which the source frames that are used are kept as PNGs.
        frames_out: folder in which the output frames are kept as PNGs.
    """

    time: TimeSettings
    engine: EngineSettings = field(default_factory=EngineSettings)
    encode: EncodeSettings = field(default_factory=EncodeSettings)
    read: ReadSettings = field(default_factory=ReadSettings)
    judgement: JudgementSettings = field(default_factory=JudgementSettings)
    strict: bool = False
    resume: bool = True
    preview: Path | None = None
    review: Path | None = None
    frames_in: Path | None = None
    frames_out: Path | None = None
