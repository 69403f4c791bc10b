"""``dain interpolate``: videos in, smoother videos out."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from dain.cli import options
from dain.cli.running import Runner
from dain.errors import OptionError
from dain.settings import DEFAULT_MODEL, SCENE_THRESHOLD


def interpolate(
    inputs: options.Inputs,
    output: options.Output,
    fps: options.Fps = None,
    factor: options.Factor = None,
    slow_motion: options.SlowMotion = False,
    loop: options.Loop = False,
    keep_timing: options.KeepTiming = False,
    deinterlace: options.Deinterlace = "auto",
    input_fps: options.InputFps = None,
    start: options.Start = None,
    end: options.End = None,
    start_frame: options.StartFrame = None,
    end_frame: options.EndFrame = None,
    model: options.Model = DEFAULT_MODEL,
    weights: options.Weights = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    scale: options.Scale = "auto",
    tile_size: options.TileSize = "auto",
    memory: options.Memory = None,
    scene_threshold: options.SceneThreshold = f"{float(SCENE_THRESHOLD):g}",
    at_cuts: options.AtCuts = "nearest",
    cadence: options.Cadence = "auto",
    overlays: options.Overlays = "auto",
    sharpness: options.Sharpness = "auto",
    doubt: options.Doubt = "blend",
    codec: options.Codec = None,
    crf: options.Crf = None,
    pix_fmt: options.PixFmt = None,
    encoder_option: options.EncoderOption = None,
    container: options.Container = None,
    frames_in: options.FramesIn = None,
    frames_out: options.FramesOut = None,
    overwrite: options.Overwrite = False,
    strict: options.Strict = False,
    no_resume: options.NoResume = False,
    dry_run: options.DryRun = False,
    report: options.Report = None,
    preview: options.Preview = None,
    review: options.Review = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Turn a video into a smoother one.

    dain interpolate clip.mp4 -o smooth.mp4 --fps 60

    dain interpolate frames/ -o out/ --factor 2

    dain interpolate videos/ -o smooth/ --factor 2
    """
    options.refuse_both(quiet, verbose)
    from dain.api import job_settings
    from dain.media.remote import as_place

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
        encoder_options=_encoder_options(encoder_option or []),
        overwrite=overwrite,
        strict=strict,
        resume=not no_resume,
        preview=preview,
        review=review,
        frames_in=frames_in,
        frames_out=frames_out,
    )
    runner = Runner(settings, dry_run, as_json, quiet, report, verbose)
    given, target = [as_place(each) for each in inputs], as_place(output)
    sources = runner.sources_of(given)
    if sources == given and len(given) == 1:
        if container is not None:
            raise OptionError("--container is for several inputs; name the output by its ending")
        runner.show(runner.run(given[0], target))
        return
    code = runner.run_all(sources, target, container)
    if code:
        raise typer.Exit(code)


def _encoder_options(given: Sequence[str]) -> dict[str, str]:
    read = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise OptionError(f"--encoder-option must be NAME=VALUE, found {text!r}")
        read[name] = value
    return read
