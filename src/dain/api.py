"""The Python face of a whole run: the command line's options as keywords."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from os import PathLike
from pathlib import Path
from typing import Literal, cast

from dain.errors import OptionError
from dain.jobs import JobResult, OnProgress, ReportFile, run_anywhere
from dain.media.remote import as_place
from dain.settings import (
    DEFAULT_MODEL,
    SCENE_THRESHOLD,
    AtCuts,
    Deinterlace,
    Doubt,
    EncodeSettings,
    EngineSettings,
    JobSettings,
    JudgementSettings,
    Precision,
    ReadSettings,
    Sharpness,
    Switch,
    TimeSettings,
)
from dain.timeline import parse_factor, parse_rate, parse_time

Number = Fraction | int | float | str


def interpolate_video(
    input: str | PathLike[str],  # noqa: A002 - what everyone would call it
    output: str | PathLike[str],
    *,
    fps: Number | None = None,
    factor: Number | None = None,
    model: str = DEFAULT_MODEL,
    weights: str | PathLike[str] | None = None,
    device: str = "auto",
    precision: Precision = "auto",
    scale: Number = "auto",
    tile_size: int | str = "auto",
    memory: int | str | None = None,
    start: Number | None = None,
    end: Number | None = None,
    start_frame: int | None = None,
    end_frame: int | None = None,
    slow_motion: bool = False,
    loop: bool = False,
    keep_timing: bool = False,
    deinterlace: str = "auto",
    input_fps: Number | None = None,
    scene_threshold: Number = SCENE_THRESHOLD,
    at_cuts: str = "nearest",
    cadence: str = "auto",
    overlays: str = "auto",
    sharpness: str = "auto",
    doubt: str = "blend",
    codec: str | None = None,
    crf: int | None = None,
    pix_fmt: str | None = None,
    encoder_options: Mapping[str, str | int | float] | None = None,
    overwrite: bool = False,
    strict: bool = False,
    resume: bool = True,
    report: str | PathLike[str] | None = None,
    preview: str | PathLike[str] | None = None,
    review: str | PathLike[str] | None = None,
    frames_in: str | PathLike[str] | None = None,
    frames_out: str | PathLike[str] | None = None,
    on_progress: OnProgress | None = None,
) -> JobResult:
    """Interpolate a video; the output appears under its name only when it is complete.

    Rates, factors and times are exact: `Fraction`, `int`, or text as on the command line
    (``"60000/1001"``, ``"00:01:30.5"``). A float is read by its decimals; ``23.976`` means
    24000/1001.

    Args:
        input: video, animated image, or stills: a folder, a zip, or a ``%05d.png`` pattern; or the
            address of one, as text. ``-`` is Y4M on standard input.
        output: likewise; the name decides the format. ``-`` is Y4M on standard output.
        fps: output rate; exactly one of `fps` and `factor` is given.
        factor: output rate as a multiple of the source's average rate.
        model: name of the network.
        weights: file of weights; None for the network's own.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        scale: size at which motion is estimated, in (0, 1], or ``"auto"``.
        tile_size: side in pixels of the pieces in which new frames are made, to save memory,
            or ``"auto"``.
        memory: what the process is to stay within: bytes, or text like ``"6G"``; None for half
            of what is free.
        start: first instant, seconds after the first frame.
        end: instant at which the output stops, itself excluded.
        start_frame: first source frame, from 0; instead of `start`.
        end_frame: last source frame, included; instead of `end`.
        slow_motion: keep the source's rate and make the video longer.
        loop: the last frame flows into the first.
        keep_timing: every source frame keeps its instant, and new ones divide the gaps evenly:
            into `factor` parts, which must be whole, or into as many as come closest to `fps`.
        deinterlace: interlaced frames become whole ones with ``"auto"``, one for each field
            with ``"bob"``; with ``"off"`` they stay as they are.
        input_fps: rate at which stills play; None for 24, or what EXR stills say.
        scene_threshold: score, above 0 up to 1, from which on a frame begins a shot: the share of
            it that the one before would leave unexplained in an ordinary shot. Larger ones find
            fewer cuts; ``"off"`` looks for no cuts and fades.
        at_cuts: what fills the time between two shots: ``"nearest"`` frame, ``"hold"`` the old
            shot's last, or ``"blend"`` both.
        cadence: ``"auto"`` finds repeated frames (animation on twos, pulldown, stuck frames) and
            spreads motion over the whole time from drawing to drawing; or ``"off"``.
        overlays: ``"auto"`` keeps in place what stands still over moving pictures; or ``"off"``.
        sharpness: ``"auto"`` gives new frames the detail and grain of those around where that
            can be told from error, ``"even"`` nearly everywhere; or ``"off"``.
        doubt: where a new frame is likely wrong, ``"blend"`` mixes in what is sure, ``"hold"``
            takes the nearer frame; or ``"off"``.
        codec: encoder as FFmpeg names it; None lets the output's name decide.
        crf: constant rate factor of the encoder, 0 to 63.
        pix_fmt: pixel format as FFmpeg names it.
        encoder_options: further options of the encoder.
        overwrite: replace an existing output.
        strict: stop at damage in the input instead of bridging it.
        resume: keep what is made in a hidden folder beside the output until it is complete, and
            go on from what an earlier call with the same arguments kept.
        report: ``.json`` file for what was done and what took how long; also of a run that fails.
        preview: picture file (``.png``, ``.jpg``, ``.webp``) that shows what is being made.
        review: folder for a page with the most doubtful moments, worst first.
        frames_in: folder in which to keep the source frames that are used, as numbered PNGs.
        frames_out: folder in which to keep the output frames likewise.
        on_progress: called with a `Progress` for each output frame.

    Returns:
        What was done, with the warnings a person should see.

    Raises:
        InputError: the request or the input is unusable; nothing was written.
        RunError: the run failed; whole segments are kept, and the same call goes on from there.
    """
    settings = job_settings(
        fps=fps,
        factor=factor,
        model=model,
        weights=weights,
        device=device,
        precision=precision,
        scale=scale,
        tile_size=tile_size,
        memory=memory,
        start=start,
        end=end,
        start_frame=start_frame,
        end_frame=end_frame,
        slow_motion=slow_motion,
        loop=loop,
        keep_timing=keep_timing,
        deinterlace=deinterlace,
        input_fps=input_fps,
        scene_threshold=scene_threshold,
        at_cuts=at_cuts,
        cadence=cadence,
        overlays=overlays,
        sharpness=sharpness,
        doubt=doubt,
        codec=codec,
        crf=crf,
        pix_fmt=pix_fmt,
        encoder_options=encoder_options,
        overwrite=overwrite,
        strict=strict,
        resume=resume,
        preview=preview,
        review=review,
        frames_in=frames_in,
        frames_out=frames_out,
    )
    on_report = None if report is None else ReportFile(Path(report)).add
    return run_anywhere(
        as_place(input), as_place(output), settings, on_progress, on_report=on_report
    )


def job_settings(
    *,
    fps: Number | None = None,
    factor: Number | None = None,
    model: str = DEFAULT_MODEL,
    weights: str | PathLike[str] | None = None,
    device: str = "auto",
    precision: str = "auto",
    scale: Number = "auto",
    tile_size: int | str = "auto",
    memory: int | str | None = None,
    start: Number | None = None,
    end: Number | None = None,
    start_frame: int | None = None,
    end_frame: int | None = None,
    slow_motion: bool = False,
    loop: bool = False,
    keep_timing: bool = False,
    deinterlace: str = "auto",
    input_fps: Number | None = None,
    scene_threshold: Number = SCENE_THRESHOLD,
    at_cuts: str = "nearest",
    cadence: str = "auto",
    overlays: str = "auto",
    sharpness: str = "auto",
    doubt: str = "blend",
    codec: str | None = None,
    crf: int | None = None,
    pix_fmt: str | None = None,
    encoder_options: Mapping[str, str | int | float] | None = None,
    overwrite: bool = False,
    strict: bool = False,
    resume: bool = True,
    preview: str | PathLike[str] | None = None,
    review: str | PathLike[str] | None = None,
    frames_in: str | PathLike[str] | None = None,
    frames_out: str | PathLike[str] | None = None,
) -> JobSettings:
    """The keywords of `interpolate_video`, read and checked.

    Raises:
        OptionError: one is malformed, out of range, or contradicts another.
    """
    return JobSettings(
        time=TimeSettings(
            fps=None if fps is None else _read("--fps", parse_rate, fps),
            factor=None if factor is None else _read("--factor", parse_factor, factor),
            start=None if start is None else _read_time("--start", start),
            end=None if end is None else _read_time("--end", end),
            start_frame=start_frame,
            end_frame=end_frame,
            slow_motion=slow_motion,
            loop=loop,
            keep_timing=keep_timing,
        ),
        engine=engine_settings(
            model=model,
            weights=weights,
            device=device,
            precision=precision,
            scale=scale,
            tile_size=tile_size,
            memory=memory,
        ),
        encode=EncodeSettings(
            codec=codec,
            crf=crf,
            pix_fmt=pix_fmt,
            options={name: str(value) for name, value in (encoder_options or {}).items()},
            overwrite=overwrite,
        ),
        read=ReadSettings(
            stills_rate=None if input_fps is None else _read("--input-fps", parse_rate, input_fps),
            deinterlace=cast(Deinterlace, deinterlace),  # checked there
        ),
        judgement=judgement_settings(
            scene_threshold=scene_threshold,
            at_cuts=at_cuts,
            cadence=cadence,
            overlays=overlays,
            sharpness=sharpness,
            doubt=doubt,
        ),
        strict=strict,
        resume=resume,
        preview=None if preview is None else Path(preview),
        review=None if review is None else Path(review),
        frames_in=None if frames_in is None else Path(frames_in),
        frames_out=None if frames_out is None else Path(frames_out),
    )


def judgement_settings(
    *,
    scene_threshold: Number = SCENE_THRESHOLD,
    at_cuts: str = "nearest",
    cadence: str = "auto",
    overlays: str = "auto",
    sharpness: str = "auto",
    doubt: str = "blend",
) -> JudgementSettings:
    """The keywords of `interpolate_video` that tell what is left alone, read and checked.

    Raises:
        OptionError: one is malformed or out of range.
    """
    return JudgementSettings(
        scene_threshold=(
            "off"
            if scene_threshold == "off"
            else _as_share("--scene-threshold", scene_threshold, "off")
        ),
        at_cuts=cast(AtCuts, at_cuts),  # all of them checked there
        cadence=cast(Switch, cadence),
        overlays=cast(Switch, overlays),
        sharpness=cast(Sharpness, sharpness),
        doubt=cast(Doubt, doubt),
    )


def engine_settings(
    *,
    model: str = DEFAULT_MODEL,
    weights: str | PathLike[str] | None = None,
    device: str = "auto",
    precision: str = "auto",
    scale: Number = "auto",
    tile_size: int | str = "auto",
    memory: int | str | None = None,
) -> EngineSettings:
    """The keywords of `interpolate_video` that tell how frames are made, read and checked.

    Raises:
        OptionError: one is malformed or out of range.
    """
    return EngineSettings(
        model=model,
        weights=None if weights is None else Path(weights),
        device=device,
        precision=cast(Precision, precision),  # checked there
        scale="auto" if scale == "auto" else _as_share("--scale", scale, "auto"),
        tile_size=_as_tile_size(tile_size),
        memory=None if memory is None else _as_bytes(memory),
    )


def _as_text(value: Number) -> str:
    """As a person would write it: no exponent, which the parsers refuse."""
    # numpy's floats are floats too, and write themselves in another way.
    return f"{Decimal(repr(float(value))):f}" if isinstance(value, float) else str(value)


def _read(option: str, parse: Callable[[str], Fraction], value: Number) -> Fraction:
    """Parse what an option was given, and name the option if that fails."""
    try:
        return parse(_as_text(value))
    except OptionError as error:
        raise OptionError(f"{option}: {error}") from None


def _read_time(option: str, value: Number) -> Fraction:
    return Fraction(value) if isinstance(value, Rational) else _read(option, parse_time, value)


def _as_share(option: str, value: Number, word: str) -> Fraction:
    """A number, which the settings hold to (0, 1]; `word` is what may stand for it instead."""
    try:
        return parse_factor(_as_text(value))
    except OptionError:
        raise OptionError(
            f"{option} must be above 0 and at most 1, or {word}, found {str(value)!r}"
        ) from None


def _as_tile_size(value: int | str) -> int | Literal["auto"]:
    if value == "auto":
        return "auto"
    try:
        return int(value)
    except ValueError:
        raise OptionError(
            f"--tile-size must be a whole number of pixels, or auto, found {str(value)!r}"
        ) from None


def _as_bytes(value: int | str) -> int:
    """Bytes, or a number with K, M, G or T (of 1024, as memory is counted) behind it."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
    if found is None:
        raise OptionError(f"--memory must be a size such as 6G or 800M, found {str(value)!r}")
    power = " KMGT".index(found[2].upper() or " ")
    return int(Fraction(found[1]) * 1024**power)
