"""``dain evaluate``: how good the new frames are, where the true ones are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dain.cli import evaluate_options, options
from dain.cli.evaluate_output import Told, as_object, print_table, write_page
from dain.cli.gains_output import print_gains
from dain.cli.messages import (
    counted,
    heard_warnings,
    print_json,
    print_note,
    print_warning,
)
from dain.cli.progress import ProgressDisplay
from dain.errors import OptionError
from dain.settings import DEFAULT_MODEL, SCENE_THRESHOLD, JudgementSettings

if TYPE_CHECKING:
    from dain.evaluation.comparison import Samples

_WORST = 12


def evaluate(
    dataset: evaluate_options.Dataset = None,
    root: evaluate_options.Root = None,
    subset: evaluate_options.Subset = None,
    clip: evaluate_options.Clip = None,
    limit: evaluate_options.Limit = None,
    model: options.Model = DEFAULT_MODEL,
    weights: options.Weights = None,
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    scale: options.Scale = "auto",
    tile_size: options.TileSize = "auto",
    memory: options.Memory = None,
    judge: evaluate_options.Judge = True,
    scene_threshold: options.SceneThreshold = f"{float(SCENE_THRESHOLD):g}",
    at_cuts: options.AtCuts = "nearest",
    cadence: options.Cadence = "auto",
    overlays: options.Overlays = "auto",
    sharpness: options.Sharpness = "auto",
    doubt: options.Doubt = "blend",
    against: evaluate_options.Against = None,
    with_lpips: evaluate_options.Lpips = False,
    page: evaluate_options.Page = None,
    worst: evaluate_options.Worst = _WORST,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make frames whose true ones are known, and compare them.

    dain evaluate --dataset ucf101 --root DIR

    dain evaluate --clip in.mp4 --limit 50 --page worst.html
    """
    options.refuse_both(quiet, verbose)
    _check(dataset, root, subset, clip, worst)
    from dain.api import engine_settings, judgement_settings
    from dain.evaluation import run_evaluation
    from dain.media.output import check_file_output

    engine = engine_settings(
        model=model,
        weights=weights,
        device=device,
        precision=precision,
        scale=scale,
        tile_size=tile_size,
        memory=memory,
    )
    judgement = judgement_settings(
        scene_threshold=scene_threshold,
        at_cuts=at_cuts,
        cadence=cadence,
        overlays=overlays,
        sharpness=sharpness,
        doubt=doubt,
    )
    is_judged = judge and clip is not None
    if not is_judged and judgement != JudgementSettings():
        raise OptionError(
            "the options of what is left alone say how a clip is judged: expected them with "
            f"--clip, found {'--dataset' if clip is None else '--no-judge'}"
        )
    if page is not None:
        check_file_output(page, overwrite)
    samples, doubts = _samples(dataset, root, subset or [], clip, limit, is_judged)
    kept = worst if page is not None else 0
    with ProgressDisplay(quiet) as display:
        evaluation = run_evaluation(
            samples,
            engine,
            against,
            with_lpips,
            kept,
            display.on_progress,
            judgement if is_judged else None,
        )
    doubts += [*getattr(samples, "messages", [])]
    for doubt in doubts:
        print_warning(doubt)
    told = Told(dataset or "clip", str(root or clip), evaluation, [*heard_warnings(), *doubts])
    if page is not None:
        write_page(told, page, overwrite)
        if not quiet:
            print_note(f"{page}: the worst of {counted(len(evaluation.report.scores), 'frame')}")
    if as_json:
        print_json(as_object(told, page))
    else:
        print_table(told)
        if evaluation.gains is not None:
            print_gains(evaluation.gains)


def _check(
    dataset: str | None,
    root: Path | None,
    subset: list[str] | None,
    clip: Path | None,
    worst: int,
) -> None:
    """Refuse options that contradict each other.

    Raises:
        OptionError: they do.
    """
    if clip is None and (dataset is None or root is None):
        given = "only --dataset" if dataset else "only --root" if root else "none of them"
        raise OptionError(f"expected --dataset and --root, or --clip, found {given}")
    if clip is not None:
        for name, value in (("--dataset", dataset), ("--root", root), ("--subset", subset)):
            if value:
                raise OptionError(f"expected {name} or --clip, found both")
    if worst < 1:
        raise OptionError(f"--worst must be at least 1, found {worst}")


def _samples(
    dataset: str | None,
    root: Path | None,
    subsets: list[str],
    clip: Path | None,
    limit: int | None,
    in_runs: bool,
) -> tuple[Samples, list[str]]:
    """The samples, and what makes their number doubtful."""
    from dain.evaluation import ClipSamples, doubts, find_samples

    if clip is not None:
        return ClipSamples(clip, limit, in_runs), []
    assert dataset is not None
    assert root is not None
    samples = find_samples(dataset, root, subsets, limit)
    return samples, doubts(dataset, samples, subsets) if limit is None else []
