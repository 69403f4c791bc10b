"""Whether doubt knows where new frames are wrong, and what falling back does to them.

The middle of triplets, and every other frame of clips, are made by `dain-lite` in float32 and
compared with the truth. Per pixel means per square of 4 by 4 pixels, ranked within each frame;
per frame is ranked over all frames of a kind. The excess of risk is 0 where the true error itself
ranks, and 1 for a random order.

    python -m benchmarks.judgement.doubt TRIPLETS CLIPS [--samples 4] [--fit]
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from benchmarks.judgement.ranking import Floats, rank
from benchmarks.judgement.sharpness import reduced
from torch import Tensor

import dain
from dain.engine.doubt import (
    around,
    doubt_of_frame,
    fall_back,
    fallback_share,
    odds_evidence,
)
from dain.evaluation import find_samples
from dain.evaluation.clip import ClipSamples
from dain.evaluation.measures import psnr
from dain.networks import certainty as parts
from dain.networks.certainty import difference, expected_error, mean_of_cells
from dain.settings import DOUBT, Doubt

Picture = npt.NDArray[np.uint8]

_WIDTH = 854  # pixels; wider clips are reduced
_EXACT = 60.0  # dB, for frames that are made without error
_DISTRUST = 0.05  # kept by hand: see `dain.networks.certainty`
_DRAWN = 2000  # squares of each frame, to fit by


class Tried(NamedTuple):
    """A frame whose truth is known, made in every way.

    Attributes:
        error: ``(h, w)``, true mean absolute error of the plain frame, grey levels.
        expected: likewise, as the certainty tells it.
        doubt: of the frame.
        psnr: of each way, dB.
        given_up: share of the frame, for each way.
        evidence: ``(h * w, 4)``: see `dain.networks.certainty.evidence`.
        odds: ``(n, 2)``: see `dain.engine.doubt.odds_evidence`.
        odds_error: ``(n, 3)``, true squared errors around, of the plain frame and of either
            fallback.
    """

    error: Floats
    expected: Floats
    doubt: float
    psnr: dict[Doubt, float]
    given_up: dict[Doubt, float]
    evidence: Floats
    odds: Floats
    odds_error: Floats


class Maker:
    """Makes a frame in every way, with the network's work done once."""

    def __init__(self) -> None:
        self._network = dain.load_network("dain-lite")
        self._network.prepare("fp32")

    def __call__(self, first: Picture, truth: Picture, last: Picture) -> Tried:
        """Make the frame half way, and compare it."""
        old0, true, old1 = (_tensor(picture) for picture in (first, truth, last))
        features = self._network.encode(old0), self._network.encode(old1)
        with _watching("evidence") as seen:
            made = self._network.synthesise(*features, self._network.relate(*features), 0.5)
        pictures: dict[Doubt, Tensor] = {"off": made.frame}
        given_up: dict[Doubt, float] = {"off": 0.0}
        for way in ("blend", "hold"):
            share = fallback_share(made.certainty, old0, old1, way)
            pictures[way] = fall_back(made.frame, (old0, old1), 0.5, share, way)
            given_up[way] = float(share.mean())
        fallbacks = (torch.lerp(old0, old1, 0.5), old0)
        squared = [
            around(mean_of_cells((255 * (one - true)).square().mean(1, keepdim=True)))
            for one in (made.frame, *fallbacks)
        ]
        return Tried(
            error=255 * _array(mean_of_cells(difference(made.frame.clamp(0, 1), true)))[0],
            expected=_array(expected_error(made.certainty))[0],
            doubt=doubt_of_frame(made.certainty),
            psnr={way: min(psnr(_rounded(each), truth), _EXACT) for way, each in pictures.items()},
            given_up=given_up,
            evidence=_array(seen[0]).reshape(4, -1).T,
            odds=_array(odds_evidence(made.certainty, old0, old1)).reshape(2, -1).T,
            odds_error=_array(torch.cat(squared, dim=1)).reshape(3, -1).T,
        )


class _watching:  # noqa: N801 - reads as a statement
    """Keeps what a function of the module of certainty returns while in the context."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._function: Callable[..., Tensor] = getattr(parts, name)

    def __enter__(self) -> list[Tensor]:
        kept: list[Tensor] = []

        def watched(*arguments: Any) -> Tensor:
            kept.append(self._function(*arguments))
            return kept[-1]

        setattr(parts, self._name, watched)
        return kept

    def __exit__(self, *_: object) -> None:
        setattr(parts, self._name, self._function)


def main() -> None:
    """Measure triplets and clips, and fit the weights where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("triplets", type=Path)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--samples", type=int, default=4, help="of each clip")
    parser.add_argument("--fit", action="store_true", help="print weights fitted on the clips")
    arguments = parser.parse_args()
    maker, found = Maker(), defaultdict[str, list[Tried]](list)
    with torch.inference_mode():
        for group, pictures in samples(arguments.triplets, arguments.clips, arguments.samples):
            found[group].append(maker(*pictures))
    triplets = found.pop("triplets")
    clips = [tried for group in found.values() for tried in group]
    print("                      off     blend     hold    given up")
    for group, tried in {"triplets": triplets, "all clips": clips, **found}.items():
        show_gains(group, tried)
    for group, tried in {"triplets": triplets, "clips": clips}.items():
        show_ranking(group, tried)
    if arguments.fit:
        fit(clips)


def samples(
    triplets: Path, clips: Path, count: int
) -> Iterator[tuple[str, tuple[Picture, Picture, Picture]]]:
    """Group, and three frames that follow each other."""
    for sample in find_samples("triplets", triplets):
        loaded = sample.load()
        yield "triplets", (loaded.first, next(iter(loaded.truths)).picture, loaded.last)
    for clip in sorted(path for path in clips.iterdir() if path.is_file()):
        for each in ClipSamples(clip, count):
            loaded = each.load()
            three = (loaded.first, next(iter(loaded.truths)).picture, loaded.last)
            first, truth, last = (reduced(picture, _WIDTH) for picture in three)
            yield clip.stem, (first, truth, last)


def show_gains(group: str, tried: list[Tried]) -> None:
    """A line: mean PSNR of each way, and how much of the frames fell back."""
    means = {way: float(np.mean([one.psnr[way] for one in tried])) for way in DOUBT}
    shares = {way: float(np.mean([one.given_up[way] for one in tried])) for way in DOUBT}
    print(
        f"{group:22}{means['off']:6.3f}{means['blend'] - means['off']:+9.3f}"
        f"{means['hold'] - means['off']:+9.3f}{shares['blend']:9.1%}{shares['hold']:7.1%}"
    )


def show_ranking(group: str, tried: list[Tried]) -> None:
    """Two lines: how well doubt ranks error, within frames and over frames."""
    moving = [one for one in tried if np.ptp(one.error) > 0]
    pixels = [rank(one.expected, one.error) for one in moving]
    frames = rank([one.doubt for one in tried], [one.error.mean() for one in tried])
    print(f"\n{group}: rank correlation, risk (AURC), of the best order, at random, excess")
    means = [np.mean([getattr(one, name) for one in pixels]) for name in frames._fields]
    excess = np.mean([one.excess for one in pixels])
    print("  per pixel", *(f"{value:8.3f}" for value in (*means, excess)))
    print("  per frame", *(f"{value:8.3f}" for value in (*frames, frames.excess)))


def fit(tried: list[Tried]) -> None:
    """Print the weights of certainty, and of the odds of either fallback."""
    generator = np.random.default_rng(0)
    drawn = [generator.choice(one.error.size, _DRAWN) for one in tried]
    evidence = np.concatenate([one.evidence[at] for one, at in zip(tried, drawn, strict=True)])
    error = np.concatenate([one.error.ravel()[at] for one, at in zip(tried, drawn, strict=True)])
    target = np.log1p(error) - _DISTRUST * evidence[:, 3]
    weights = _least_squares(evidence[:, :3], target)
    expected = np.expm1(weights[0] + evidence @ [*weights[1:], _DISTRUST])
    print("\ncertainty: always, apart, contrast, change", np.round(weights, 3))
    print(f"spread {error.mean() / expected.clip(0).mean():.2f}")
    drawn = [generator.choice(len(one.odds), _DRAWN // 4) for one in tried]
    odds = np.concatenate([one.odds[at] for one, at in zip(tried, drawn, strict=True)])
    squares = np.concatenate([one.odds_error[at] for one, at in zip(tried, drawn, strict=True)])
    for way, place in (("blend", 1), ("hold", 2)):
        ratio = np.log(squares[:, 0] + 4) - np.log(squares[:, place] + 4)  # 2 levels: noise
        # What is the same either way matters to nobody.
        matter = np.sqrt(np.abs(np.sqrt(squares[:, 0]) - np.sqrt(squares[:, place])) + 0.2)
        print(
            f"odds of {way}: always, made, differ", np.round(_least_squares(odds, ratio, matter), 3)
        )


def _least_squares(
    features: Floats, target: Floats, matter: Floats | None = None
) -> npt.NDArray[np.float64]:
    """A constant, and a weight for each feature."""
    columns = np.column_stack([np.ones(len(features)), features])
    scale = np.ones(len(features)) if matter is None else matter
    found = np.linalg.lstsq(columns * scale[:, None], target * scale, rcond=None)
    return np.asarray(found[0])


def _tensor(picture: Picture) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def _array(tensor: Tensor) -> Floats:
    return tensor[0].numpy().astype(np.float64)


def _rounded(frame: Tensor) -> Picture:
    levels = (frame[0].permute(1, 2, 0) * 255).round().clamp(0, 255)
    return levels.to(torch.uint8).contiguous().numpy()


if __name__ == "__main__":
    main()
